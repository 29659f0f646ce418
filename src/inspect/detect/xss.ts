/**
 * Tells whether a value would run script in a page that it is put into: the detector of `@detectXSS`.
 *
 * The value is read as it would stand in the page's text, and in the value of an attribute that is not quoted, or within
 * single, double or back quotes. docs/decisions/detectors.md has the whole story, and what is not found.
 *
 * Linear in the value: each of the five readings goes over it once. Values without a sign of markup are answered by one
 * scan, without allocating.
 */
import { BEHIND_QUOTE, hasScriptInAttributes, hasScriptInData, IN_PROSE } from './html-tags.ts';
import { isScriptUrl } from './script-url.ts';

const HAS_LESS = 1;
const HAS_EQUALS = 2;
const HAS_COLON = 4;
const FLAGS = makeFlags();

/** 1 for each byte of which every value with script holds one. */
export const NEEDED_BYTES: Uint8Array = FLAGS.map((flags) => (flags === 0 ? 0 : 1));

/** Whether a value holds script for a page. */
export function detectXss(value: string): boolean {
  const found = scan(value);
  if ((found & HAS_LESS) !== 0 && hasScriptInData(value, 0)) return true;
  if ((found & HAS_EQUALS) !== 0 && isInAttribute(value)) return true;
  return (found & HAS_COLON) !== 0 && isScriptUrl(value, 0, value.length) && isCode(value);
}

function scan(value: string): number {
  let found = 0;
  for (let at = 0; at < value.length; at++) found |= FLAGS[value.charCodeAt(at)]!; // Values are latin1.
  return found;
}

/** Behind the quote that would close the attribute it stands in, or, for one without quotes, anywhere. */
function isInAttribute(value: string): boolean {
  return (
    hasScriptInAttributes(value, 0, IN_PROSE) ||
    isBehind(value, "'") ||
    isBehind(value, '"') ||
    isBehind(value, '`')
  );
}

function isBehind(value: string, quote: string): boolean {
  const at = value.indexOf(quote);
  return at !== -1 && hasScriptInAttributes(value, at + 1, BEHIND_QUOTE);
}

/** Whether an address that is the whole value is more than a mention of it: `javascript: the good parts`. */
function isCode(value: string): boolean {
  return /[(=`;<]|%28|&lpar;|&#|\/\/|base64/i.test(value);
}

function makeFlags(): Uint8Array {
  const flags = new Uint8Array(256);
  flags[0x3c] = HAS_LESS;
  flags[0x3d] = HAS_EQUALS;
  flags[0x3a] = HAS_COLON;
  flags[0x26] = HAS_COLON; // A reference may stand for the colon.
  return flags;
}
