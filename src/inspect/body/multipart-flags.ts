/**
 * The MULTIPART_* variables: how a multipart body departs from the form that every server reads alike.
 */
/** Named as the variables of the ModSecurity Reference Manual, without MULTIPART_. */
export interface MultipartFlags {
  /** `boundary="x"` in the Content-Type. */
  readonly boundaryQuoted: boolean;
  /** White space around the `=` of the boundary. */
  readonly boundaryWhitespace: boolean;
  /** Something comes before the first boundary. */
  readonly dataBefore: boolean;
  /** Something comes after the line of the last boundary. */
  readonly dataAfter: boolean;
  /** A header of a part goes on in the next line. */
  readonly headerFolding: boolean;
  /** ... and that line begins with something else than spaces and tabs. */
  readonly invalidHeaderFolding: boolean;
  /** A line of a boundary or header, or the one before a boundary, ends with a bare line feed. */
  readonly lfLine: boolean;
  /** ... and others end with CRLF. */
  readonly crlfLfLines: boolean;
  /** No semicolon before the boundary parameter. */
  readonly missingSemicolon: boolean;
  /** Names in single quotes, or something behind a closing quote. */
  readonly invalidQuoting: boolean;
  /** A part without a name, or with a boundary where its content begins. */
  readonly invalidPart: boolean;
  /** More files than `filesMax`. */
  readonly fileLimitExceeded: boolean;
  /**
   * A line looks like a boundary and is none. The manual's meaning: 1 whenever such a line occurs. ModSecurity since
   * 3.0.4 changes it to 2 when a true boundary follows.
   */
  readonly unmatchedBoundary: boolean;
  /** An error, or any of the above but crlfLfLines and unmatchedBoundary. */
  readonly strictError: boolean;
}

/** The same while the body is being read. */
export type FlagsBeingSet = { -readonly [Name in keyof MultipartFlags]: boolean } & {
  /** Some line ended with CRLF; not a variable of its own. */
  crlfLine: boolean;
};

/** Of a body that is not multipart. */
export const NO_FLAGS: MultipartFlags = {
  boundaryQuoted: false,
  boundaryWhitespace: false,
  dataBefore: false,
  dataAfter: false,
  headerFolding: false,
  invalidHeaderFolding: false,
  lfLine: false,
  crlfLfLines: false,
  missingSemicolon: false,
  invalidQuoting: false,
  invalidPart: false,
  fileLimitExceeded: false,
  unmatchedBoundary: false,
  strictError: false,
};

export function newFlags(): FlagsBeingSet {
  return { ...NO_FLAGS, crlfLine: false };
}

/** `hasError`: the body as a whole could not be read beyond doubt. */
export function finishFlags(flags: FlagsBeingSet, hasError: boolean): MultipartFlags {
  const { crlfLine, ...named } = flags;
  const strictError =
    hasError ||
    flags.boundaryQuoted ||
    flags.boundaryWhitespace ||
    flags.dataBefore ||
    flags.dataAfter ||
    flags.headerFolding ||
    flags.invalidHeaderFolding ||
    flags.lfLine ||
    flags.missingSemicolon ||
    flags.invalidQuoting ||
    flags.invalidPart ||
    flags.fileLimitExceeded;
  return { ...named, crlfLfLines: crlfLine && flags.lfLine, strictError };
}
