/**
 * The detectors on lists of attacks and of harmless look-alikes that others collected, and on labelled parameters.
 *
 * Each list has its number of values and of values that are not found: a change in either direction shows. What is not
 * found, and why, is in docs/decisions/detectors.md.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectSqli } from '../../../src/inspect/detect/sqli.ts';
import { detectXss } from '../../../src/inspect/detect/xss.ts';
import { readLists, readParameters, readVectors, skipWithout } from './data.ts';

/** Values of each list, and how many of them are not found; lists that are not here are found whole. */
const SQL_LISTS = 28;
const SQL_VALUES = 2765;
const SQL_MISSED: Readonly<Record<string, number>> = {
  'sqli-fullqueries.txt': 1,
  'sqli-misc.txt': 6,
  'sqli-rsalgado-bhusa2013.txt': 5,
  'sqli-themole.txt': 1,
};
const SCRIPT_LISTS = 10;
const SCRIPT_VALUES = 1410;
const SCRIPT_MISSED: Readonly<Record<string, number>> = {
  'xss-soaj1664ashar-pastebin-u6FY1xDA.txt': 1,
  'xss-xenotix.txt': 10,
};
const HARMLESS_VALUES = 421;

/** Values of each kind of the labelled parameters: how many, how many are SQL, how many are script. */
const PARAMETERS: Readonly<Record<string, readonly [count: number, sql: number, script: number]>> = {
  norm: [12_870, 0, 0],
  sqli: [7235, 7228, 0],
  xss: [355, 3, 298],
  cmdi: [59, 0, 2],
  'path-traversal': [193, 0, 0],
};

test('at least 99 % of the SQL injections of the lists are found', { skip: skipWithout('lists') }, (t) => {
  const { count, missed } = judge('sqli-', SQL_LISTS, SQL_MISSED, (value) => detectSqli(value) !== undefined);
  assert.equal(count, SQL_VALUES);
  assert(missed / count < 0.01);
  t.diagnostic(`${count - missed} of ${count} found, ${((100 * (count - missed)) / count).toFixed(2)} %`);
});

test('at least 99 % of the scripts of the lists are found', { skip: skipWithout('lists') }, (t) => {
  const { count, missed } = judge('xss-', SCRIPT_LISTS - 1, SCRIPT_MISSED, detectXss);
  const later = judge('tbd-xss-', 1, {}, detectXss);
  assert.equal(count + later.count, SCRIPT_VALUES);
  assert((missed + later.missed) / SCRIPT_VALUES < 0.01);
  t.diagnostic(`${SCRIPT_VALUES - missed} of ${SCRIPT_VALUES} found`);
});

test('no harmless look-alike of the list is taken for SQL', { skip: skipWithout('lists') }, () => {
  const values = readLists('false_positives').flatMap((list) => list.values);
  assert.equal(values.length, HARMLESS_VALUES);
  const taken = values.filter((value) => detectSqli(value) !== undefined);
  assert.deepEqual(taken, []);
});

test('labelled parameters are told apart', { skip: skipWithout('parameters') }, (t) => {
  const counts: Record<string, [number, number, number]> = {};
  for (const { value, kind } of readParameters()) {
    const count = (counts[kind] ??= [0, 0, 0]);
    count[0]++;
    if (detectSqli(value) !== undefined) count[1]++;
    if (detectXss(value)) count[2]++;
  }
  for (const [kind, [count, sql, script]] of Object.entries(counts)) {
    t.diagnostic(`${kind}: ${count} values, ${sql} SQL, ${script} script`);
  }
  assert.deepEqual(counts, PARAMETERS);
});

test('the public vectors of both operators hold', { skip: skipWithout('vectors') }, () => {
  let count = 0;
  for (const { input, ret } of vectorsOf('detectSQLi')) {
    assert.equal(detectSqli(input) !== undefined, ret === 1, input);
    count++;
  }
  for (const { input, ret } of vectorsOf('detectXSS')) {
    assert.equal(detectXss(input), ret === 1, input);
    count++;
  }
  assert.equal(count, 8);
});

function judge(
  prefix: string,
  lists: number,
  expected: Readonly<Record<string, number>>,
  detect: (value: string) => boolean,
): { readonly count: number; readonly missed: number } {
  const missedOf: Record<string, number> = {};
  let count = 0;
  const read = readLists(prefix);
  assert.equal(read.length, lists);
  for (const { name, values } of read) {
    count += values.length;
    const missed = values.filter((value) => !detect(value)).length;
    if (missed > 0) missedOf[name] = missed;
  }
  assert.deepEqual(missedOf, expected);
  return { count, missed: Object.values(missedOf).reduce((sum, each) => sum + each, 0) };
}

function vectorsOf(name: string): readonly { readonly input: string; readonly ret: number }[] {
  // The shape of the vectors is theirs; what is used of it is checked by the comparisons.
  return readVectors(name) as readonly { readonly input: string; readonly ret: number }[];
}
