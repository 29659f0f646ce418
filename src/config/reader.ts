/**
 * A tree and a table of options → the values, and a diagnostic for everything that does not fit.
 *
 * What cannot be read is reported once and stands in the result as its default, or as a value that means nothing where
 * it has none, so that the rest can still be checked; no such result leaves this folder.
 */
import { CidrSet } from '../net/cidr.ts';
import { suggest } from '../base/suggest.ts';
import type {
  CidrsOption,
  EndpointsOption,
  ListOption,
  MapOption,
  Option,
  OptionTable,
  SectionOption,
} from '../base/option.ts';
import { defaultOf, makeNamed } from './defaults.ts';
import { diagnose, quote } from './diagnostic.ts';
import type { DiagnosticCode } from './diagnostic-codes.ts';
import type { Problems } from './problems.ts';
import { isFull, report } from './problems.ts';
import { didYouMean, readBindEndpoints, readCidr, readScalar } from './scalars.ts';
import type { Scalar, Surroundings } from './scalars.ts';
import { isSecret } from './secrets.ts';
import type { Source, Span } from './source.ts';
import { findEntry, isUnwritten } from './tree.ts';
import type { Entry, MapTree, ScalarTree, Tree } from './tree.ts';
import { describe, keyWithin, pathKey, thingWithin, topOf } from './where.ts';
import type { Where } from './where.ts';

/** Where a key stands in the file, for the checks that come after. */
export interface Place {
  /** What to underline: the value, or the key of a section. */
  readonly span: Span;
  /** Something within it was reported: what it holds is not what was meant. */
  readonly isBroken: boolean;
}

export interface Reading extends Surroundings {
  readonly source: Source;
  readonly problems: Problems;
  /** What was written, by its path (see pathKey). */
  readonly places: Map<string, Place>;
}

/** Reads the whole file. Its values have the type that OptionsOf gives to the table. */
export function readTop(reading: Reading, table: OptionTable, tree: Tree): Readonly<Record<string, unknown>> {
  return readTable(reading, table, tree, topOf(tree.span));
}

function readTable(
  reading: Reading,
  table: OptionTable,
  tree: Tree,
  where: Where,
  elsewhere?: SectionOption['elsewhere'],
): Readonly<Record<string, unknown>> {
  const map = expectMap(reading, tree, where, elsewhere?.hint);
  for (const entry of map?.entries ?? []) {
    if (Object.hasOwn(table, entry.key)) continue;
    reportUnknown(reading, table, entry, where, elsewhere);
  }
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(table)) {
    const entry = findEntry(map, key);
    if (entry !== undefined) values[key] = readKey(reading, option, entry, where);
    else {
      if (option.presence === 'required' && isMapOrUnwritten(tree)) reportMissing(reading, key, where);
      values[key] = defaultOf(option, reading);
    }
  }
  return values;
}

/** The map that `tree` is. Nothing written is an empty one; anything else is reported. */
function expectMap(reading: Reading, tree: Tree, where: Where, hint?: string): MapTree | undefined {
  if (tree.kind === 'map') return tree;
  if (!isUnwritten(tree)) reportType(reading, tree, where, 'a section', hint);
  return undefined;
}

/** Otherwise something else stands in its place, was reported, and has no keys to miss. */
function isMapOrUnwritten(tree: Tree): boolean {
  return tree.kind === 'map' || isUnwritten(tree);
}

function readKey(reading: Reading, option: Option, entry: Entry, where: Where): unknown {
  const here = keyWithin(where, entry);
  return remember(reading, here, entry, () => readOption(reading, option, entry.value, here));
}

/** Reads, and writes down where it was and whether it went well. */
function remember<T>(reading: Reading, where: Where, entry: Entry, read: () => T): T {
  const before = reading.problems.count;
  const value = read();
  const isBroken = reading.problems.count > before || isBrokenScalar(entry.value);
  const span = entry.value.kind === 'map' || isUnwritten(entry.value) ? entry.keySpan : entry.value.span;
  reading.places.set(pathKey(where.path), { span, isBroken });
  return value;
}

function isBrokenScalar(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.isBroken;
}

function readOption(reading: Reading, option: Option, tree: Tree, where: Where): unknown {
  if (isBrokenScalar(tree)) return defaultOf(option, reading);
  switch (option.kind) {
    case 'section':
      return readSection(reading, option, tree, where);
    case 'map':
      return readMap(reading, option, tree, where);
    case 'list':
    case 'endpoints':
    case 'cidrs':
      return readList(reading, option, tree, where) ?? defaultOf(option, reading);
    case 'duration':
    case 'size':
    case 'integer':
    case 'boolean':
    case 'text':
    case 'path':
    case 'choice':
    case 'endpoint':
    case 'reference': {
      if (!expectText(reading, tree, where)) return defaultOf(option, reading);
      const value = accept(reading, readScalar(option, tree.text, reading), tree, where);
      return value ?? defaultOf(option, reading);
    }
  }
}

/** A plain value stands for one key of the section, where the option allows that. */
function readSection(reading: Reading, option: SectionOption, tree: Tree, where: Where): unknown {
  if (option.short === undefined || tree.kind !== 'scalar' || !tree.isWritten) {
    return readTable(reading, option.table, tree, where, option.elsewhere);
  }
  const entries = [{ key: option.short, keySpan: tree.span, value: tree }];
  return readTable(reading, option.table, { kind: 'map', entries, span: tree.span }, where);
}

function readMap(reading: Reading, option: MapOption, tree: Tree, where: Where): unknown {
  const entries = expectMap(reading, asNamed(option, tree), where)?.entries ?? [];
  expectCount(reading, entries.length, option.countMax, where);
  const values = makeNamed();
  for (const entry of entries.slice(0, option.countMax)) {
    const here = thingWithin(where, option.noun, entry);
    if (!NAME.test(entry.key))
      reportAt(reading, entry.keySpan, 'bad-name', here, 'it is not a name', NAME_HINT);
    values[entry.key] = remember(reading, here, entry, () =>
      readOption(reading, option.of, entry.value, here),
    );
  }
  return values;
}

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const NAME_HINT = 'a name is 1 to 64 letters, digits, "_", "." and "-"';

/** A list becomes a map with numbered names, where the option allows that. */
function asNamed(option: MapOption, tree: Tree): Tree {
  const prefix = option.listPrefix;
  if (prefix === undefined || tree.kind !== 'list') return tree;
  const entries = tree.items.map((value, index) => ({
    key: `${prefix}${index + 1}`,
    keySpan: value.span,
    value,
  }));
  return { kind: 'map', entries, span: tree.span };
}

/** A list of one may be written as the value alone. Undefined when it is no list. */
function readList(
  reading: Reading,
  option: ListOption | EndpointsOption | CidrsOption,
  tree: Tree,
  where: Where,
): unknown {
  if (tree.kind !== 'list' && !expectText(reading, tree, where, 'a list')) return undefined;
  const items = tree.kind === 'list' ? tree.items : [tree];
  expectCount(reading, items.length, option.countMax, where);
  const texts = items.slice(0, option.countMax).filter((item) => expectText(reading, item, where));
  switch (option.kind) {
    case 'cidrs':
      return CidrSet.of(readItems(reading, texts, readCidr, where));
    case 'endpoints':
      if (items.length === 0) reportAt(reading, tree.span, 'missing-value', where, 'it is an empty list');
      return readItems(reading, texts, readBindEndpoints, where).flat();
    case 'list':
      reportDuplicates(reading, texts, where, isSecret(option.of));
      return readItems(reading, texts, (text) => readScalar(option.of, text, reading), where);
  }
}

function readItems<T>(
  reading: Reading,
  items: readonly ScalarTree[],
  read: (text: string) => Scalar<T>,
  where: Where,
): T[] {
  return items
    .map((item) => accept(reading, read(item.text), item, where))
    .filter((value) => value !== undefined);
}

/** True when `tree` is a text that was written; otherwise that is reported, unless it was before. */
function expectText(
  reading: Reading,
  tree: Tree,
  where: Where,
  expected: string = 'a plain value',
): tree is ScalarTree {
  if (tree.kind !== 'scalar') reportType(reading, tree, where, expected);
  else if (!tree.isWritten) reportAt(reading, where.span, 'missing-value', where, 'it has no value');
  else return !tree.isBroken;
  return false;
}

function expectCount(reading: Reading, count: number, countMax: number, where: Where): void {
  if (count <= countMax) return;
  reportAt(
    reading,
    where.span,
    'too-many',
    where,
    `it has ${count} entries, and at most ${countMax} are allowed`,
  );
}

/** The value that was read, or undefined after a report. */
function accept<T>(reading: Reading, scalar: Scalar<T>, tree: ScalarTree, where: Where): T | undefined {
  if (scalar.kind === 'ok') return scalar.value;
  reportAt(reading, tree.span, scalar.code, where, scalar.problem, scalar.hint);
  return undefined;
}

function reportUnknown(
  reading: Reading,
  table: OptionTable,
  entry: Entry,
  where: Where,
  elsewhere: SectionOption['elsewhere'],
): void {
  if (isFull(reading.problems)) return;
  const known = Object.keys(table);
  const isElsewhere = elsewhere?.keys.includes(entry.key) === true;
  const meant = suggest(entry.key, known);
  const hint = meant === undefined ? `known here: ${known.join(', ')}` : didYouMean(meant);
  const problem = 'it is not known';
  const here = keyWithin(where, entry);
  reportAt(reading, entry.keySpan, 'unknown-key', here, problem, isElsewhere ? elsewhere.hint : hint);
}

function reportMissing(reading: Reading, key: string, where: Where): void {
  const missing = keyWithin(where, { key, keySpan: where.span });
  reportAt(reading, where.span, 'missing-key', missing, 'it is missing');
}

function reportDuplicates(
  reading: Reading,
  items: readonly ScalarTree[],
  where: Where,
  isHidden: boolean,
): void {
  const seen = new Set<string>();
  for (const item of items) {
    const problem = `${isHidden ? 'something' : quote(item.text)} is in it twice`;
    if (seen.has(item.text)) reportAt(reading, item.span, 'duplicate-item', where, problem);
    seen.add(item.text);
  }
}

function reportType(reading: Reading, tree: Tree, where: Where, expected: string, hint?: string): void {
  if (isBrokenScalar(tree)) return;
  const found = { scalar: 'a plain value', list: 'a list', map: 'a section' }[tree.kind];
  reportAt(
    reading,
    tree.span,
    'wrong-type',
    where,
    `expected ${expected}, found ${found}`,
    tree.kind === 'scalar' ? hint : undefined,
  );
}

function reportAt(
  reading: Reading,
  span: Span,
  code: DiagnosticCode,
  where: Where,
  problem: string,
  hint?: string,
): void {
  const message = `Cannot read ${describe(where)}: ${problem}`;
  report(reading.problems, diagnose(reading.source, span, code, message, hint));
}
