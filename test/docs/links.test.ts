/**
 * Links between our pages, and paths that they name, lead somewhere.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { anchorsOf, codeSpansOf, linksOf, readPages, ROOT } from './markdown.ts';
import type { Page } from './markdown.ts';

const pages = readPages();
const byPath = new Map(pages.map((page) => [page.path, page]));

test('every relative link of every page leads to a file, and to a heading where it names one', () => {
  const broken: string[] = [];
  let count = 0;
  for (const page of pages) {
    for (const { line, text } of linksOf(page)) {
      if (/^[a-z]+:/.test(text)) continue;
      count++;
      if (!leads(page, text)) broken.push(`${page.path}:${line}: ${text}`);
    }
  }
  assert.deepEqual(broken, []);
  assert(count > 20, `only ${count} links were found`);
});

test('every path of the repository that a page names is there', () => {
  const missing: string[] = [];
  let count = 0;
  for (const page of pages) {
    for (const { line, text } of codeSpansOf(page)) {
      if (!/^(?:src|test|docs|bench|tools|rules|examples|bin)\/[\w./*-]*$/.test(text)) continue;
      count++;
      if (!isThere(text)) missing.push(`${page.path}:${line}: ${text}`);
    }
  }
  assert.deepEqual(missing, []);
  assert(count > 20, `only ${count} paths were found`);
});

test('a link to nowhere is found', () => {
  const page = {
    path: 'docs/page.md',
    text: 'See [this](../README-not-there.md) and `[code](not-a-link.md)`.\n',
  };
  const links = linksOf(page);
  assert.deepEqual(
    links.map(({ text }) => text),
    ['../README-not-there.md'],
  );
  assert.equal(leads(page, '../README-not-there.md'), false);
  assert.equal(leads(page, '#no-such-heading'), false);
  assert.equal(isThere('src/no/such/file.ts'), false);
});

function leads(page: Page, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  if (!existsSync(join(ROOT, path))) return false;
  if (anchor === undefined) return true;
  const linked = file === '' ? page : byPath.get(path);
  return linked !== undefined && anchorsOf(linked).has(anchor);
}

/** A path, or a pattern that something matches. `x.test.ts` stands for the tests of any file. */
function isThere(path: string): boolean {
  if (!path.includes('*')) return existsSync(join(ROOT, path));
  return path.endsWith('/x.test.ts') || globSync(path, { cwd: ROOT }).length > 0;
}
