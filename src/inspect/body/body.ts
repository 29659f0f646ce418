/**
 * What a reader of bodies answers: always something, and whether it is the whole truth.
 */
import type { Value } from '../variables/value.ts';

export interface ParsedBody {
  /** The reader's name as REQBODY_PROCESSOR says it; empty when the type has none. */
  readonly processor: '' | 'URLENCODED' | 'MULTIPART' | 'JSON';
  /** Arguments, in order. */
  readonly values: readonly Value[];
  /** Uploaded files: name of the field, name of the file. */
  readonly files: readonly Value[];
  /** True when there were more arguments than are split out. */
  readonly isExceeded: boolean;
  /** Why the body may mean something else than `values`; undefined when it cannot. */
  readonly error: string | undefined;
}

/** The body of a type that nobody takes apart. */
export const UNREAD_BODY: ParsedBody = {
  processor: '',
  values: [],
  files: [],
  isExceeded: false,
  error: undefined,
};
