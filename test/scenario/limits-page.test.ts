/**
 * docs/LIMITS.md names configuration keys and constants: each must be there, and defaults must be those that it says.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Option, OptionTable } from '../../src/base/option.ts';
import { configOptions } from '../../src/config/schema.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/LIMITS.md'), 'utf8');
const KEY = /`((?:listeners|pools|inspection)\.[A-Za-z.*]+)`/g;

/** The option that a path such as `pools.*.connections.max` leads to. */
function find(path: string): Option | undefined {
  let table: OptionTable | undefined = configOptions;
  let option: Option | undefined;
  for (const key of path.split('.')) {
    if (key === '*') {
      table = option?.kind === 'map' ? option.of.table : undefined;
      continue;
    }
    option = table?.[key];
    table = option?.kind === 'section' ? option.table : undefined;
  }
  return option;
}

/** `64KiB` as the page writes it: `64 KiB`. */
function written(value: string | number): string {
  const text = String(value).replace(/^([0-9]+)([a-zA-Z]+)$/, '$1 $2');
  return text.replace(/\B(?=(?:[0-9]{3})+$)/g, ',');
}

test('each key on the page is an option, and its row says its default', () => {
  let count = 0;
  for (const row of PAGE.split('\n').filter((line) => line.startsWith('|'))) {
    for (const [, path = ''] of row.matchAll(KEY)) {
      const option = find(path);
      assert(option !== undefined, `there is no option ${path}`);
      if (!('default' in option) || option.kind === 'choice' || path.endsWith('retries')) continue;
      const value = option.default;
      assert(typeof value === 'string' || typeof value === 'number', path);
      const expected = value === 'off' || value === 0 ? 'none' : value === '60s' ? '60 s' : written(value);
      assert(row.includes(expected), `the default of ${path} is ${expected}: ${row}`);
      count++;
    }
  }
  assert(count >= 30, `${count} defaults were compared`);
});

test('each constant on the page is in the file that it names', () => {
  let count = 0;
  for (const row of PAGE.split('\n').filter((line) => /`[A-Z_]+`/.test(line))) {
    const files = [...row.matchAll(/`([a-z-]+(?:\/[a-z0-9-]+)+\.ts)`/g)].map(([, file = '']) =>
      readFileSync(join(ROOT, 'src', file), 'utf8'),
    );
    for (const [, name = ''] of row.matchAll(/`([A-Z][A-Z_]+)`/g)) {
      // A constant that was named with its file in a row before needs no file again.
      if (files.length === 0) continue;
      assert(
        files.some((text) => text.includes(`const ${name}`)),
        `${name} is not there: ${row}`,
      );
      count++;
    }
  }
  assert(count >= 15, `${count} constants were looked for`);
});
