/**
 * The whole OWASP CRS is read unchanged: every rule, no mistake. What the rules then find is the business of the
 * regression runner.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadRules } from '../../src/inspect/load-rules.ts';
import { formatMistake } from '../../src/inspect/mistake.ts';
import type { Rule } from '../../src/inspect/rule/sec-rule.ts';
import { readRules } from '../../src/inspect/seclang/read-rules.ts';
import type { ReadRules } from '../../src/inspect/seclang/read-rules.ts';

const DATA = process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
const CRS = join(DATA, 'crs');
const IS_MISSING = !existsSync(join(CRS, 'rules'));
const skip = IS_MISSING && process.env['SALLYPORT_TEST_ALL'] !== '1' ? `there is no ${CRS}` : false;

function readCrs(): ReadRules {
  const loaded = loadRules(['crs-setup.conf.example', 'rules/*.conf'], CRS);
  assert(loaded.kind === 'ok', 'the files of the CRS are found');
  return readRules(loaded.files);
}

function rulesOf({ ruleSet }: ReadRules): readonly Rule[] {
  return ruleSet.items.flatMap((item) => (item.kind === 'rule' ? [item.rule] : []));
}

test('the CRS is read without a mistake or a warning', { skip }, () => {
  const { mistakes, warnings } = readCrs();
  assert.deepEqual(mistakes.map(formatMistake), []);
  assert.deepEqual(warnings.map(formatMistake), []);
});

test('every rule of the CRS is there, in its phase', { skip }, () => {
  const crs = readCrs();
  const rules = rulesOf(crs);
  const links = rules.flatMap((rule) => rule.links);
  assert.equal(links.filter((link) => link.targets.length > 0).length, 695, 'SecRule');
  assert.equal(links.filter((link) => link.targets.length === 0).length, 8, 'SecAction');
  assert.equal(crs.ruleSet.items.length - rules.length, 30, 'SecMarker');
  const byPhase = Map.groupBy(rules, (rule) => rule.phase);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((phase) => byPhase.get(phase as Rule['phase'])?.length ?? 0),
    [173, 292, 43, 109, 13],
  );
});

test('what the CRS says of its rules is read', { skip }, () => {
  const rules = rulesOf(readCrs());
  const rule = rules.find(({ id }) => id === '942100');
  assert(rule !== undefined);
  assert.deepEqual(rule.disruption, { do: 'pass' }, 'block is what SecDefaultAction says');
  const [link] = rule.links;
  assert.equal(link?.testText, '@detectSQLi');
  assert.deepEqual([link.isCapturing, link.isMultiMatch], [true, true]);
});

test('the exclusions of the CRS take their cookies out of the rules', { skip }, () => {
  const rule = rulesOf(readCrs()).find(({ id }) => id === '942420');
  const cookies = rule?.links[0]?.targets.find(({ variable }) => variable.name === 'REQUEST_COOKIES');
  assert.deepEqual(
    cookies?.excluded.map((selector) => (selector.kind === 'name' ? selector.name : `/${selector.text}/`)),
    ['__gads', '__gpi', 'fccdcf', '__eoi', 'fcnec', '/^pbjs-\\w+$/', '/^_pk_ref/'],
  );
});

/** Debian's modsecurity-crs: rules, and the setup file with Debian's changes. */
const DEBIAN = process.env['SALLYPORT_DEBIAN_CRS'] ?? '/';
const DEBIAN_FILES = ['etc/modsecurity/crs/*.conf', 'usr/share/modsecurity-crs/rules/*.conf'];

// Told to nobody where the package is not installed: it is an addition to the CRS above, not a part of every run.
if (existsSync(join(DEBIAN, 'usr/share/modsecurity-crs/rules'))) {
  test('the CRS 3.3 of Debian is read without a mistake, but for rules that ask for what is not there', () => {
    const loaded = loadRules(DEBIAN_FILES, DEBIAN);
    assert(loaded.kind === 'ok');
    const { ruleSet, mistakes, warnings, ids } = readRules(loaded.files);
    assert.deepEqual(mistakes.map(formatMistake), []);
    const read = new Set(ruleSet.items.map((item) => (item.kind === 'rule' ? item.rule.id : '')));
    assert.deepEqual(
      [...ids].filter((id) => !read.has(id)),
      // @geoLookup and @rbl.
      ['910100', '910140'],
    );
    assert(ids.size > 600, `${ids.size} rules`);
    const codes = new Set(warnings.map(({ code }) => code));
    assert.deepEqual([...codes].sort(), ['action-ignored', 'operator-unsupported', 'variable-unsupported']);
  });
}
