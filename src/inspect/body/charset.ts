/**
 * Whether the bytes of a body mean what the rules look for.
 *
 * Rules compare bytes, and take those below 128 for ASCII. In UTF-7, UTF-16 or an EBCDIC code page `<script>` is other
 * bytes; in Shift JIS, Big5 and GBK a byte of ASCII may be the second half of a character, so that a quote or a
 * backslash is swallowed. A body in one of these cannot be inspected, only flagged.
 */
import type { TypedField } from './content-type.ts';

/** Every byte below 128 is itself in these, always. */
const PLAIN_CHARSETS: ReadonlySet<string> = new Set([
  'utf-8',
  'utf8',
  'us-ascii',
  'ascii',
  'koi8-r',
  'koi8-u',
  'windows-874',
  ...Array.from({ length: 16 }, (_, index) => `iso-8859-${index + 1}`),
  ...Array.from({ length: 9 }, (_, index) => `windows-125${index}`),
]);

export function isPlainCharset(charset: string): boolean {
  return PLAIN_CHARSETS.has(charset.toLowerCase());
}

/**
 * Whether a Content-Type says nothing of a charset, or says one that is plain once and for everybody. Servers find it by
 * parsers that differ about space, quotes and `charset*` (RFC 2231 §4), and by looking for the word.
 */
export function hasPlainCharset(field: string, { parameters }: TypedField): boolean {
  const words = field.match(/charset/gi)?.length ?? 0;
  const charset = parameters.get('charset');
  return words === 0 || (words === 1 && charset !== undefined && isPlainCharset(charset));
}

/** The byte order marks of UTF-16 and UTF-32, big and little end first (Unicode Standard §23.8). */
export function hasWideMark(text: string): boolean {
  if (text.length < 2) return false;
  const first = text.charCodeAt(0);
  const second = text.charCodeAt(1);
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return first === 0 && text.startsWith('\0\0\xfe\xff');
}
