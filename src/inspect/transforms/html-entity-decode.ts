/**
 * `htmlEntityDecode`. Description: decodes `&#DDD;`, `&#xHHH;` (the semicolon may be missing, as browsers allow) and the
 * named references that stand for ASCII characters. Code points above 127 become UTF-8.
 * Example: `&lt;b&#62;&colon;` becomes `<b>:`.
 */
import { ByteOutput } from './byte-output.ts';
import { hexDigit } from './characters.ts';

/** Names of HTML's table that an attacker can use for bytes of ASCII; compared without regard to case. */
const NAMED: ReadonlyMap<string, number> = new Map([
  ['amp', 0x26],
  ['apos', 0x27],
  ['ast', 0x2a],
  ['bsol', 0x5c],
  ['colon', 0x3a],
  ['comma', 0x2c],
  ['commat', 0x40],
  ['dollar', 0x24],
  ['equals', 0x3d],
  ['excl', 0x21],
  ['grave', 0x60],
  ['gt', 0x3e],
  ['hat', 0x5e],
  ['lbrace', 0x7b],
  ['lbrack', 0x5b],
  ['lcub', 0x7b],
  ['lowbar', 0x5f],
  ['lpar', 0x28],
  ['lsqb', 0x5b],
  ['lt', 0x3c],
  ['nbsp', 0xa0],
  ['newline', 0x0a],
  ['num', 0x23],
  ['percnt', 0x25],
  ['period', 0x2e],
  ['plus', 0x2b],
  ['quest', 0x3f],
  ['quot', 0x22],
  ['rbrace', 0x7d],
  ['rbrack', 0x5d],
  ['rcub', 0x7d],
  ['rpar', 0x29],
  ['rsqb', 0x5d],
  ['semi', 0x3b],
  ['sol', 0x2f],
  ['tab', 0x09],
  ['verbar', 0x7c],
  ['vert', 0x7c],
]);
/** Those that browsers decode without the semicolon too. */
const WITHOUT_SEMICOLON: ReadonlySet<string> = new Set(['amp', 'gt', 'lt', 'nbsp', 'quot']);
/** Length of the longest name. */
const NAME_LENGTH_MAX = 7;

interface Reference {
  readonly code: number;
  readonly end: number;
}

export function htmlEntityDecode(value: string): string {
  if (!value.includes('&')) return value;
  const output = new ByteOutput(value.length);
  let at = 0;
  while (at < value.length) {
    const reference = value.charCodeAt(at) === 0x26 ? readReference(value, at + 1) : undefined;
    if (reference === undefined) {
      output.push(value.charCodeAt(at++));
    } else {
      output.pushCodePoint(reference.code);
      at = reference.end;
    }
  }
  return output.text();
}

function readReference(value: string, start: number): Reference | undefined {
  if (value.charCodeAt(start) !== 0x23) return readNamed(value, start);
  const isHex = (value.charCodeAt(start + 1) | 0x20) === 0x78;
  return readNumber(value, start + (isHex ? 2 : 1), isHex ? 16 : 10);
}

/** Any number of digits, leading zeros included; each is read once, because a reference without digits is none. */
function readNumber(value: string, start: number, base: number): Reference | undefined {
  let code = 0;
  let at = start;
  for (; at < value.length; at++) {
    const digit = hexDigit(value.charCodeAt(at));
    if (digit < 0 || digit >= base) break;
    code = Math.min(code * base + digit, 0x110000);
  }
  return at === start ? undefined : { code, end: behindSemicolon(value, at) };
}

function readNamed(value: string, start: number): Reference | undefined {
  const name = /^[A-Za-z]{2,7}/.exec(value.slice(start, start + NAME_LENGTH_MAX))?.[0].toLowerCase();
  if (name === undefined) return undefined;
  const code = NAMED.get(name);
  if (code !== undefined && value[start + name.length] === ';') return { code, end: start + name.length + 1 };
  for (const short of WITHOUT_SEMICOLON) {
    if (name.startsWith(short))
      return { code: NAMED.get(short) ?? 0, end: behindSemicolon(value, start + short.length) };
  }
  return undefined;
}

function behindSemicolon(value: string, at: number): number {
  return value.charCodeAt(at) === 0x3b ? at + 1 : at;
}
