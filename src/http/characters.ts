/**
 * Which bytes may stand where in HTTP/1.1: one table, one bit a class, indexed by the byte.
 *
 * A byte outside its class is refused, never repaired: what two parsers could read in two ways must not be passed on.
 */

/** tchar (RFC 9110 §5.6.2): methods and field names. */
export const TOKEN = 1;
/** Field content (RFC 9110 §5.5): VCHAR, obs-text, SP and HTAB. No other control byte, so no CR, LF, NUL or DEL. */
export const FIELD = 2;
/**
 * Request target: the visible ASCII of RFC 3986 §2 without `#`, plus the bytes that browsers and scanners send
 * unescaped and that no origin reads as a delimiter of the request line (`"<>\^`{|}` and 0x80–0xFF). They are passed on
 * as they are, so what was inspected is what is forwarded. Never SP, control bytes, DEL, or a fragment.
 */
export const TARGET = 4;
/** HEXDIG (RFC 5234): chunk sizes. */
export const HEX = 8;
/** DIGIT (RFC 5234): Content-Length, status. */
export const DIGIT = 16;
/** reg-name, IPv4 and IPv6 literals and ports (RFC 3986 §3.2.2): what a Host may hold. No userinfo, no `%`, no `,`. */
export const HOST = 32;
/**
 * tchar other than letters, digits and `-`. Origins that make variables of field names (CGI, WSGI, PHP) write several of
 * them as the `_` that also stands for `-`, so that two names become one.
 */
export const ALIAS = 64;

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;

/** The classes of each byte, as a set of the bits above. */
export const CLASS: Uint8Array = makeTable();

/** Each byte with A–Z folded to a–z. ASCII only: field names have no others. */
export const LOWER: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

function makeTable(): Uint8Array {
  const table = new Uint8Array(256);
  const add = (bits: number, characters: string): void => {
    for (const character of characters) table[character.charCodeAt(0)]! |= bits; // Every character here is below 256.
  };
  const alpha = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const digit = '0123456789';
  add(TOKEN, `-${digit}${alpha}`);
  add(TOKEN | ALIAS, "!#$%&'*+.^_`|~");
  add(HEX, `${digit}ABCDEFabcdef`);
  add(DIGIT, digit);
  add(HOST, `${digit}${alpha}-._~!$&'()*+;=:[]`);
  for (let byte = 0; byte < 256; byte++) {
    const isVisible = byte > 0x20 && byte !== 0x7f;
    if (isVisible || byte === SP || byte === HTAB) table[byte]! |= FIELD;
    if (isVisible && byte !== 0x23) table[byte]! |= TARGET;
  }
  return table;
}
