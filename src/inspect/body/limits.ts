/**
 * Bounds on taking a body apart. Beyond each, the body counts as not understood: REQBODY_ERROR is 1 and the raw bytes
 * are inspected, so that a bound is no way around the rules.
 *
 * How many arguments there may be is the caller's bound (`valuesMax`): query string and body share it.
 */
export interface BodyLimits {
  /** Nesting of JSON. Each level costs some 20 bytes while it is open. */
  readonly jsonDepthMax: number;
  /** Files of one multipart body. Beyond: MULTIPART_FILE_LIMIT_EXCEEDED is 1; the files are still told. */
  readonly filesMax: number;
  /** Header lines of one part of a multipart body, folded ones counted too. Browsers send two at the most. */
  readonly partHeadersMax: number;
  /** Bytes of one header of a part, with all its folded lines. ModSecurity has the same number. */
  readonly partHeaderBytesMax: number;
  /** Nesting of XML elements. */
  readonly xmlDepthMax: number;
  /** Elements, attributes, texts, comments and processing instructions of one XML body together. */
  readonly xmlNodesMax: number;
  /** Bytes of a body after its Content-Encoding was undone. */
  readonly decodedBytesMax: number;
  /** How many times larger than the encoded body the decoded may be. Text of web pages stays below 20. */
  readonly decodedRatioMax: number;
  /** Content codings one upon the other, `identity` not counted. */
  readonly encodingsMax: number;
}

/**
 * Depth 512 is where PHP stops; libxml2 stops at 256. 100 files are ModSecurity's default. DEFLATE cannot make more
 * than 1,032 bytes of one, so that a ratio of 100 leaves ten times less than a bomb needs.
 */
export const DEFAULT_BODY_LIMITS: BodyLimits = {
  jsonDepthMax: 512,
  filesMax: 100,
  partHeadersMax: 20,
  partHeaderBytesMax: 4096,
  xmlDepthMax: 256,
  xmlNodesMax: 20_000,
  decodedBytesMax: 1_048_576,
  decodedRatioMax: 100,
  encodingsMax: 2,
};
