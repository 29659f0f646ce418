/**
 * The public SecLang vectors: what is in them, and the bytes that they stand for.
 *
 * They are JSON made from test tables of another language, so that bytes are written in several ways: text is UTF-8;
 * `\u0000` written out stands for NUL everywhere; `\xHH` written out stands for a byte in outputs, in the inputs of the
 * transformations named below, and in those of operators, where `\0` stands for NUL too.
 */
import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Vector {
  readonly name: string;
  readonly input: string;
  readonly output?: string;
  readonly param?: string;
  readonly ret: number;
  readonly re_groups?: readonly string[];
}

const FOLDER = join(
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../../shared/data'),
  'secrules-vectors',
);

/** What to give `skip`: why the vectors cannot be run, or false. */
export const SKIP: string | false = existsSync(FOLDER)
  ? false
  : 'the data folder with secrules-vectors is not there (SALLYPORT_DATA)';

/** The names of the files of a kind, without their ending: each is the name of a transformation or operator. */
export function vectorNames(kind: 'operators' | 'transformations'): readonly string[] {
  const files = readdirSync(join(FOLDER, kind)).filter((file) => file.endsWith('.json'));
  return files.map((file) => file.replace('.json', '')).sort();
}

export function readVectors(kind: 'operators' | 'transformations', name: string): readonly Vector[] {
  // The shape of the vectors is theirs; what is used of it is checked by the comparisons.
  return JSON.parse(readFileSync(join(FOLDER, kind, `${name}.json`), 'utf8')) as readonly Vector[];
}

/** A data file that vectors of operators name. */
export function readDataFile(name: string): string {
  return readFileSync(join(FOLDER, 'operators/op', name), 'latin1');
}

/** Transformations whose inputs hold bytes as `\xHH`; in the others that is text which they decode themselves. */
const HEX_INPUTS: ReadonlySet<string> = new Set(['md5', 'sha1', 'removeNulls', 'base64Encode', 'hexEncode']);

export function transformationInput(name: string, vector: Vector): string {
  return bytesOf(vector.input, HEX_INPUTS.has(name));
}

export function transformationOutput(vector: Vector): string {
  return bytesOf(vector.output ?? '', true);
}

export function operatorInput(vector: Vector): string {
  return bytesOf(vector.input, true).replaceAll('\\0', '\0');
}

/** The bytes that a text of the vectors stands for, as latin1. */
function bytesOf(text: string, withHex: boolean): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1').replaceAll('\\u0000', '\0');
  return withHex
    ? bytes.replace(/\\x[0-9a-fA-F]{2}/g, (escape) => String.fromCharCode(Number(`0${escape.slice(1)}`)))
    : bytes;
}
