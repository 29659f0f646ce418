/**
 * What our pages say can be typed exists: options, commands, samples of configurations.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Option, OptionTable } from '../../src/base/option.ts';
import { commands } from '../../src/cli/commands.ts';
import { readConfig } from '../../src/config/read.ts';
import { configOptions } from '../../src/config/schema.ts';
import { FAILURES } from '../../src/proxy/failure.ts';
import { prepareConfig } from '../../src/runtime/prepare.ts';
import { blocksOf, codeSpansOf, readPages } from './markdown.ts';

const pages = readPages();

test('every option that a page names is in a table', () => {
  const known = new Set(endingsOf(pathsOf(configOptions)));
  const first = new Set([...known].map((path) => path.split('.', 1)[0]));
  const unknown: string[] = [];
  let count = 0;
  for (const page of pages) {
    for (const { line, text } of codeSpansOf(page)) {
      const name = text.replace(/: .*$/, '');
      if (!/^[a-z]\w*(?:\.(?:\w+|\*))+$/.test(name) || !first.has(name.split('.', 1)[0]) || isFile(name))
        continue;
      count++;
      // A name that the user gives stands as `*` or in capitals.
      const path = name.replace(/\.(?:[A-Z]+|\*)(?=\.|$)/g, '.*');
      if (!known.has(path)) unknown.push(`${page.path}:${line}: ${text}`);
    }
  }
  assert.deepEqual(unknown, []);
  assert(count > 50, `only ${count} options were found`);
});

test('every command that a page names is one', () => {
  const names = new Set(commands.map(({ name }) => name));
  const unknown: string[] = [];
  let count = 0;
  for (const page of pages) {
    const lines = [...page.text.matchAll(/(?:^ {4}(?:npx )?|`(?:npx )?|^\$ (?:npx )?)sallyport ([a-z]+)/gm)];
    count += lines.length;
    for (const [text, name = ''] of lines) if (!names.has(name)) unknown.push(`${page.path}: ${text.trim()}`);
  }
  assert.deepEqual(unknown, []);
  assert(count > 10, `only ${count} commands were found`);
});

test('every configuration that a page shows is one, without a warning', () => {
  const bad: string[] = [];
  let count = 0;
  for (const page of pages) {
    for (const { line, text } of blocksOf(page, 'yaml')) {
      count++;
      const made = prepareConfig(readConfig(text, `${page.path}:${line}`, {}));
      bad.push(...(made.kind === 'ok' ? made.prepared.warnings : made.problems));
    }
  }
  assert.deepEqual(bad, []);
  assert(count > 5, `only ${count} configurations were found`);
});

test('the page on the access log has a row for every failure, with its fault and status', () => {
  const page = pages.find(({ path }) => path === 'docs/guide/access-log.md');
  const rows = [...(page?.text ?? '').matchAll(/^\| `([a-z-]+)` +\| (client|origin|us) +\| (\d*) +\|$/gm)];
  assert.deepEqual(
    rows.map(([, code, fault, status]) => [code, fault, Number(status)]),
    Object.entries(FAILURES).map(([code, { fault, status }]) => [code, fault, status]),
  );
});

/** Paths of all options, `*` for a name that the user gives. */
function pathsOf(table: OptionTable): readonly string[] {
  return Object.entries(table).flatMap(([key, option]) => [
    key,
    ...below(option).map((path) => `${key}.${path}`),
  ]);
}

function below(option: Option): readonly string[] {
  if (option.kind === 'section') return pathsOf(option.table);
  if (option.kind === 'map') return ['*', ...pathsOf(option.of.table).map((path) => `*.${path}`)];
  return [];
}

/** A path and all of its ends: a page may leave out where an option stands. */
function endingsOf(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    const parts = path.split('.');
    return parts.map((_, index) => parts.slice(index).join('.'));
  });
}

function isFile(name: string): boolean {
  return /\.(?:ts|js|md|yaml|conf|json|cfg|lua)$/.test(name);
}
