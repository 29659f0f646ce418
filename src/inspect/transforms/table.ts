/**
 * Every transformation that rules can name: the one place where they are registered.
 *
 * A transformation is a pure function of latin1 strings, one character a byte, in time linear in the value. Each one
 * answers its argument, the same string, when there is nothing to change. Expressions inside them are single classes
 * without neighbours to backtrack into; anything more is a loop.
 */
import { BASE64_ENDS, base64Bits, base64Decode, base64DecodeExt, base64Encode } from './base64.ts';
import { lowercase, uppercase } from './case.ts';
import { cmdLine } from './cmd-line.ts';
import { removeComments, removeCommentsChar, replaceComments } from './comments.ts';
import { cssDecode } from './css-decode.ts';
import { md5, sha1 } from './digest.ts';
import { escapeSeqDecode } from './escape-seq-decode.ts';
import { hexDecode, hexEncode, sqlHexDecode } from './hex.ts';
import { hasReference, htmlEntityDecode } from './html-entity-decode.ts';
import { jsDecode } from './js-decode.ts';
import { length } from './length.ts';
import { hasOddSegment, hasOddSegmentWin, normalizePath, normalizePathWin } from './normalize-path.ts';
import { removeNulls, replaceNulls } from './nulls.ts';
import { parityEven7bit, parityOdd7bit, parityZero7bit } from './parity.ts';
import { BYTES_PAY_FROM, inputBytes } from './scratch.ts';
import { bytesOf, combineTriggers } from './triggers.ts';
import type { TriggerClass } from './triggers.ts';
import { urlDecode } from './url-decode.ts';
import { urlDecodeUni, urlDecodeUniBits } from './url-decode-uni.ts';
import { urlEncode } from './url-encode.ts';
import { utf8toUnicode } from './utf8-to-unicode.ts';
import {
  compressWhitespace,
  REMOVED_BLANKS,
  removeWhitespace,
  trim,
  trimLeft,
  trimRight,
} from './whitespace.ts';

export interface Transformation {
  /** The name as SecLang's manual spells it; rules may use any case. */
  readonly name: string;
  readonly run: (value: string) => string;
  /**
   * This transformation's bit in what triggerBitsOf answers: when it is not set, `run` would answer its argument. 0 for
   * the few that change nearly every value: always run them.
   */
  readonly triggerBit: number;
  /** 1 for each byte that may make it change a value; see triggers.ts. Undefined when the bit is 0. */
  readonly mayChange: Uint8Array | undefined;
  /** Bytes that the result may hold though the value does not, case aside; undefined when they may be any. */
  readonly brings: string | undefined;
  /**
   * The bits of all bytes of the result together, perhaps with more, without making it; `bits` are those of the value.
   * Undefined when that is no cheaper.
   */
  readonly bitsAfter: ((value: string, table: Int32Array, bits: number) => number) | undefined;
  /**
   * If a value holds no byte of `unless`, each run of the result without bytes of `apart` is in the value too, case aside.
   * Undefined when nothing of the kind is known.
   */
  readonly keepsWords: { readonly unless: string; readonly apart: string } | undefined;
  /** If a value holds no byte of it, all that happens is that spaces take the place of other bytes. */
  readonly spacesUnless: string | undefined;
  /**
   * False where there is nothing in the value that it changes, with spaces in the place of any bytes neither, case aside;
   * undefined where its bytes say as much, or a space may be part of what it changes.
   */
  readonly isIn: ((value: string) => boolean) | undefined;
  /** 1 for each byte that it takes out, if that is all it does. */
  readonly removes: Uint8Array | undefined;
  /** 1 for each byte from which on it looks at nothing, if there are such. */
  readonly endsAt: Uint8Array | undefined;
}

/**
 * Name, function, the class of bytes without which the function changes nothing, and the bytes that it may bring in. Those
 * which decode or encode bring in any.
 */
type Row = readonly [name: string, run: (value: string) => string, triggers?: TriggerClass, brings?: string];

/** For those which bring in any byte, and nearly always change a value, or leave most of it as it is. */
const BITS_AFTER: ReadonlyMap<Row[1], NonNullable<Transformation['bitsAfter']>> = new Map([
  [base64Decode, base64Bits],
  [urlDecodeUni, urlDecodeUniBits],
]);

const ROWS: readonly Row[] = [
  ['base64Decode', base64Decode],
  ['base64DecodeExt', base64DecodeExt],
  ['base64Encode', base64Encode],
  ['cmdLine', cmdLine, /[\\"'^,;\t\r\n A-Z]/, ' '],
  ['compressWhitespace', compressWhitespace, /[\t-\r \xa0]/, ' '],
  ['cssDecode', cssDecode, /\\/],
  ['escapeSeqDecode', escapeSeqDecode, /\\/],
  ['hexDecode', hexDecode],
  ['hexEncode', hexEncode],
  ['htmlEntityDecode', htmlEntityDecode, /&/],
  ['jsDecode', jsDecode, /\\/],
  ['length', length],
  ['lowercase', lowercase, /[A-Z]/, ''],
  ['md5', md5],
  ['normalisePath', normalizePath, /[./]/, ''],
  ['normalisePathWin', normalizePathWin, /[./\\]/, '/'],
  ['normalizePath', normalizePath, /[./]/, ''],
  ['normalizePathWin', normalizePathWin, /[./\\]/, '/'],
  ['parityEven7bit', parityEven7bit],
  ['parityOdd7bit', parityOdd7bit],
  ['parityZero7bit', parityZero7bit, /[\x80-\xff]/],
  ['removeComments', removeComments, /[*#-]/, ' \0'],
  ['removeCommentsChar', removeCommentsChar, /[*#-]/, ''],
  ['removeNulls', removeNulls, /\0/, ''],
  ['removeWhitespace', removeWhitespace, /[\t-\r \xa0\xc2]/, ''],
  ['replaceComments', replaceComments, /\*/, ' '],
  ['replaceNulls', replaceNulls, /\0/, ' '],
  ['sha1', sha1],
  ['sqlHexDecode', sqlHexDecode, /[xX]/],
  ['trim', trim, /[\t-\r ]/, ''],
  ['trimLeft', trimLeft, /[\t-\r ]/, ''],
  ['trimRight', trimRight, /[\t-\r ]/, ''],
  ['uppercase', uppercase, /[a-z]/, ''],
  ['urlDecode', urlDecode, /[%+]/],
  ['urlDecodeUni', urlDecodeUni, /[%+]/],
  ['urlEncode', urlEncode, /[^A-Za-z0-9*]/],
  ['utf8toUnicode', utf8toUnicode, /[\xc0-\xf7]/],
];

const WORDS_KEPT: ReadonlyMap<Row[1], Transformation['keepsWords']> = new Map([
  [cmdLine, { unless: '\\"\'^', apart: ' ,;\t\r\n/(' }],
]);

const SPACES_UNLESS: ReadonlyMap<Row[1], string> = new Map([
  [urlDecode, '%'],
  [urlDecodeUni, '%'],
]);

const IS_IN: ReadonlyMap<Row[1], NonNullable<Transformation['isIn']>> = new Map([
  [htmlEntityDecode, hasReference],
  [normalizePath, hasOddSegment],
  [normalizePathWin, hasOddSegmentWin],
]);

/** Those that do nothing but take out bytes, where that is worth knowing. */
const REMOVED: ReadonlyMap<Row[1], Uint8Array> = new Map([[removeWhitespace, REMOVED_BLANKS]]);

const ENDS: ReadonlyMap<Row[1], Uint8Array> = new Map([[base64Decode, BASE64_ENDS]]);

const TRANSFORMATIONS: readonly Transformation[] = makeTransformations();

/** For each byte the trigger bits of all transformations that it may make change a value. */
export const TRIGGERS: Uint32Array = combineTriggers(TRANSFORMATIONS);

/** One pass over the value: the bits of the transformations that may change it. */
export function triggerBitsOf(value: string): number {
  if (value.length >= BYTES_PAY_FROM) return triggerBitsOfBytes(inputBytes(value), value.length);
  let bits = 0;
  for (let at = 0; at < value.length; at++) bits |= TRIGGERS[value.charCodeAt(at) & 0xff]!; // 256 entries.
  return bits;
}

/** As triggerBitsOf, for the first `length` bytes. */
export function triggerBitsOfBytes(bytes: Uint8Array, length: number): number {
  let bits = 0;
  for (let at = 0; at < length; at++) bits |= TRIGGERS[bytes[at]!]!; // Within the bytes; 256 entries.
  return bits;
}

const BY_NAME: ReadonlyMap<string, Transformation> = new Map(
  TRANSFORMATIONS.map((transformation) => [transformation.name.toLowerCase(), transformation]),
);

export function transformationNamed(name: string): Transformation | undefined {
  return BY_NAME.get(name.toLowerCase());
}

export const TRANSFORMATION_NAMES: readonly string[] = TRANSFORMATIONS.map(
  (transformation) => transformation.name,
);

/** Gives the bits from 1 up; two names of one function share one. */
function makeTransformations(): readonly Transformation[] {
  const bitOf = new Map<(value: string) => string, number>();
  return ROWS.map(([name, run, triggers, brings]) => {
    const row = {
      name,
      run,
      brings,
      bitsAfter: BITS_AFTER.get(run),
      keepsWords: WORDS_KEPT.get(run),
      spacesUnless: SPACES_UNLESS.get(run),
      isIn: IS_IN.get(run),
      removes: REMOVED.get(run),
      endsAt: ENDS.get(run),
    };
    if (triggers === undefined) return { ...row, triggerBit: 0, mayChange: undefined };
    const triggerBit = bitOf.get(run) ?? 1 << bitOf.size;
    bitOf.set(run, triggerBit);
    return { ...row, triggerBit, mayChange: bytesOf(triggers) };
  });
}
