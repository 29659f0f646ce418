/**
 * What a reader of bodies answers: always something, and whether it is the whole truth.
 */
import type { Places } from '../variables/urlencoded.ts';
import type { Value } from '../variables/value.ts';
import { NO_FLAGS } from './multipart-flags.ts';
import type { MultipartFlags } from './multipart-flags.ts';

export type { MultipartFlags } from './multipart-flags.ts';

/** The readers, as REQBODY_PROCESSOR and `ctl:requestBodyProcessor` name them. */
export type BodyProcessor = 'URLENCODED' | 'MULTIPART' | 'JSON' | 'XML';

export interface ParsedBody {
  /** The reader that ran; empty when the type has none and none was forced. */
  readonly processor: '' | BodyProcessor;
  /** Arguments, in order. XML has none: see `xml`. */
  readonly values: readonly Value[];
  /** Where all of these stand, when they stand in one text. */
  readonly places: Places | undefined;
  /** FILES: name of the field, name of the file as the client gave it; as often as a part gives one. */
  readonly files: readonly Value[];
  /** FILES_TMP_CONTENT: name of the field, the bytes of the file. */
  readonly fileContents: readonly Value[];
  /** FILES_SIZES: name of the field, how many bytes the file has. */
  readonly fileSizes: readonly Value[];
  /** FILES_COMBINED_SIZE. */
  readonly filesBytes: number;
  /** True when there were more arguments than are split out. The last value is then the rest. */
  readonly isExceeded: boolean;
  /** Why the body may mean something else than `values`; undefined when it cannot. REQBODY_ERROR and its message. */
  readonly error: string | undefined;
  /** URLENCODED_ERROR: some `%` is not followed by two hexadecimal digits. */
  readonly hasInvalidEscape: boolean;
  /** True when a rule chose the reader and the type would have chosen another: the origin may read it otherwise. */
  readonly isForced: boolean;
  /** The MULTIPART_* variables that are flags; all false when the reader was another. */
  readonly multipart: MultipartFlags;
  /** MULTIPART_NAME: the name of each part, as key and as text. */
  readonly partNames: readonly Value[];
  /** MULTIPART_FILENAME: each `filename` and `filename*`, as key and as text. */
  readonly partFilenames: readonly Value[];
  /** MULTIPART_PART_HEADERS: name of the part, one whole header line without its end; folded lines are joined. */
  readonly partHeaders: readonly Value[];
  /**
   * The document, by XPath: one value `/*` with all text of the root element, one `//@*` for each attribute, and one for
   * each comment and the like, which those do not select (`//comment()`, `//processing-instruction()`, `//namespace::*`,
   * `doctype`). Empty when the reader was another.
   */
  readonly xml: readonly Value[];
  /**
   * The body without its Content-Encoding, or as much of it as could be had; undefined when there was none. All of the
   * above is read from it. An origin that does not decode sees the bytes as they arrived, which can be made to mean
   * something else: where it is not known that the origin decodes, those are to be inspected too.
   */
  readonly decoded: string | undefined;
}

/** The body of a type that nobody takes apart, and what all readers begin with. */
export const UNREAD_BODY: ParsedBody = {
  processor: '',
  values: [],
  places: undefined,
  files: [],
  fileContents: [],
  fileSizes: [],
  filesBytes: 0,
  isExceeded: false,
  error: undefined,
  hasInvalidEscape: false,
  isForced: false,
  multipart: NO_FLAGS,
  partNames: [],
  partFilenames: [],
  partHeaders: [],
  xml: [],
  decoded: undefined,
};
