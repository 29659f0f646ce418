/**
 * Every transformation that rules can name: the one place where they are registered.
 *
 * A transformation is a pure function of latin1 strings, one character a byte, in time linear in the value. Each one
 * answers its argument when there is nothing to change. Expressions inside them are single classes without neighbours
 * to backtrack into; anything more is a loop.
 */
import { base64Decode, base64DecodeExt, base64Encode } from './base64.ts';
import { lowercase, uppercase } from './case.ts';
import { cmdLine } from './cmd-line.ts';
import { removeComments, removeCommentsChar, replaceComments } from './comments.ts';
import { cssDecode } from './css-decode.ts';
import { md5, sha1 } from './digest.ts';
import { escapeSeqDecode } from './escape-seq-decode.ts';
import { hexDecode, hexEncode, sqlHexDecode } from './hex.ts';
import { htmlEntityDecode } from './html-entity-decode.ts';
import { jsDecode } from './js-decode.ts';
import { length } from './length.ts';
import { normalizePath, normalizePathWin } from './normalize-path.ts';
import { removeNulls, replaceNulls } from './nulls.ts';
import { parityEven7bit, parityOdd7bit, parityZero7bit } from './parity.ts';
import { urlDecode } from './url-decode.ts';
import { urlDecodeUni } from './url-decode-uni.ts';
import { urlEncode } from './url-encode.ts';
import { utf8toUnicode } from './utf8-to-unicode.ts';
import { compressWhitespace, removeWhitespace, trim, trimLeft, trimRight } from './whitespace.ts';

export interface Transformation {
  /** The name as SecLang's manual spells it; rules may use any case. */
  readonly name: string;
  readonly run: (value: string) => string;
}

const TRANSFORMATIONS: readonly Transformation[] = [
  { name: 'base64Decode', run: base64Decode },
  { name: 'base64DecodeExt', run: base64DecodeExt },
  { name: 'base64Encode', run: base64Encode },
  { name: 'cmdLine', run: cmdLine },
  { name: 'compressWhitespace', run: compressWhitespace },
  { name: 'cssDecode', run: cssDecode },
  { name: 'escapeSeqDecode', run: escapeSeqDecode },
  { name: 'hexDecode', run: hexDecode },
  { name: 'hexEncode', run: hexEncode },
  { name: 'htmlEntityDecode', run: htmlEntityDecode },
  { name: 'jsDecode', run: jsDecode },
  { name: 'length', run: length },
  { name: 'lowercase', run: lowercase },
  { name: 'md5', run: md5 },
  { name: 'normalisePath', run: normalizePath },
  { name: 'normalisePathWin', run: normalizePathWin },
  { name: 'normalizePath', run: normalizePath },
  { name: 'normalizePathWin', run: normalizePathWin },
  { name: 'parityEven7bit', run: parityEven7bit },
  { name: 'parityOdd7bit', run: parityOdd7bit },
  { name: 'parityZero7bit', run: parityZero7bit },
  { name: 'removeComments', run: removeComments },
  { name: 'removeCommentsChar', run: removeCommentsChar },
  { name: 'removeNulls', run: removeNulls },
  { name: 'removeWhitespace', run: removeWhitespace },
  { name: 'replaceComments', run: replaceComments },
  { name: 'replaceNulls', run: replaceNulls },
  { name: 'sha1', run: sha1 },
  { name: 'sqlHexDecode', run: sqlHexDecode },
  { name: 'trim', run: trim },
  { name: 'trimLeft', run: trimLeft },
  { name: 'trimRight', run: trimRight },
  { name: 'uppercase', run: uppercase },
  { name: 'urlDecode', run: urlDecode },
  { name: 'urlDecodeUni', run: urlDecodeUni },
  { name: 'urlEncode', run: urlEncode },
  { name: 'utf8toUnicode', run: utf8toUnicode },
];

const BY_NAME: ReadonlyMap<string, Transformation> = new Map(
  TRANSFORMATIONS.map((transformation) => [transformation.name.toLowerCase(), transformation]),
);

export function transformationNamed(name: string): Transformation | undefined {
  return BY_NAME.get(name.toLowerCase());
}

export const TRANSFORMATION_NAMES: readonly string[] = TRANSFORMATIONS.map(
  (transformation) => transformation.name,
);
