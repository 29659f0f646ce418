import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OPERATOR_NAMES } from './operators/table.ts';
import { TRANSFORMATION_NAMES } from './transforms/table.ts';
import { VARIABLE_NAMES } from './variables/catalog.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/compat/seclang.md'), 'utf8');

test('docs/compat/seclang.md names everything that is run, and nothing twice', () => {
  const names = [...VARIABLE_NAMES, ...OPERATOR_NAMES.map((name) => `@${name}`), ...TRANSFORMATION_NAMES];
  for (const name of names) assert(PAGE.includes(`\`${name}\``), `${name} is missing`);
  assert.equal(names.length, new Set(names).size);
});

test('docs/compat/seclang.md has every code of a mistake, and no other', () => {
  const source = readFileSync(join(import.meta.dirname, 'mistake.ts'), 'utf8');
  const codes = [...source.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map((match) => match[1] ?? '');
  const rows = PAGE.slice(PAGE.indexOf('## Mistakes'), PAGE.indexOf('## The shipped rules'));
  const told = [...rows.matchAll(/`([a-z]+-[a-z-]+)`/g)].map((match) => match[1] ?? '');
  assert(codes.length > 20);
  assert.deepEqual([...told].sort(), [...codes].sort());
});
