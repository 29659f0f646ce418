/**
 * What a reader of a byte stream answers. A stream arrives in pieces of any size, so "not yet" is an answer of its own.
 *
 * - `need`: what is there so far is a valid beginning; call again with more.
 * - `ok`: a whole value was read; `end` is the offset of the first byte after it.
 * - `bad`: no continuation can make it valid; `code` is stable and machine-readable, `text` is for people.
 */
export type Read<T, Code extends string = string> =
  | { readonly kind: 'need' }
  | { readonly kind: 'ok'; readonly value: T; readonly end: number }
  | { readonly kind: 'bad'; readonly code: Code; readonly text: string };

/** The one `need` answer, shared so that waiting allocates nothing. */
export const NEED: { readonly kind: 'need' } = Object.freeze({ kind: 'need' });
