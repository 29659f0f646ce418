/**
 * The data that the detectors are judged by; it is not part of the project.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DATA = process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../../shared/data');
const LISTS = join(DATA, 'libinjection-tests');
const PARAMETERS = join(DATA, 'traffic/http-params-train.csv');
const VECTORS = join(DATA, 'secrules-vectors/operators');
const RULE_TESTS = join(DATA, 'crs/tests/regression/tests');

export interface List {
  readonly name: string;
  readonly values: readonly string[];
}

export interface Parameter {
  readonly value: string;
  readonly kind: string;
}

/** Why tests of this data are skipped, or false. */
export function skipWithout(folder: 'lists' | 'parameters' | 'vectors' | 'rules'): string | false {
  const path = { lists: LISTS, parameters: PARAMETERS, vectors: VECTORS, rules: RULE_TESTS }[folder];
  return existsSync(path) ? false : `there is no ${path} (SALLYPORT_DATA)`;
}

/** The lists whose names begin so: a value a line, URL-encoded; lines with `#` and blank ones are none. */
export function readLists(prefix: string): readonly List[] {
  return readdirSync(LISTS)
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => ({ name, values: linesOf(name).map(unescapeOnce) }));
}

function linesOf(name: string): readonly string[] {
  const lines = readFileSync(join(LISTS, name), 'latin1').split('\n');
  return lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** The labelled values of parameters. A comma within quotes is text, a doubled quote is one. */
export function readParameters(): readonly Parameter[] {
  const parameters: Parameter[] = [];
  for (const line of readFileSync(PARAMETERS, 'latin1').split('\n').slice(1)) {
    const match = /^"((?:[^"]|"")*)","\d+","([^"]*)"/.exec(line);
    if (match !== null) parameters.push({ value: match[1]!.replaceAll('""', '"'), kind: match[2]! });
  }
  return parameters;
}

export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(join(VECTORS, `${name}.json`), 'utf8'));
}

/** The file of regression tests of a rule, such as 942100. */
export function readRuleTests(rule: string): string {
  const folder = readdirSync(RULE_TESTS).find((name) => name.startsWith(`REQUEST-${rule.slice(0, 3)}-`));
  return readFileSync(join(RULE_TESTS, folder ?? '', `${rule}.yaml`), 'utf8');
}

/** Undoes the encoding of a query once, as the parser of parameters does. */
export function unescapeOnce(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}
