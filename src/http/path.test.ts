import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalPath } from './path.ts';

const ROWS: readonly (readonly [string, string])[] = [
  ['/', '/'],
  ['/admin', '/admin'],
  ['/admin?a=/../b', '/admin'],
  ['/v1.2../x', '/v1.2../x'],
  ['/a..b/c', '/a..b/c'],
  ['/static/../admin', '/admin'],
  ['/static/..', '/'],
  ['/static/./x/', '/static/x/'],
  ['/../../admin', '/admin'],
  ['//admin', '/admin'],
  ['/a//b', '/a/b'],
  ['/%61dmin', '/admin'],
  ['/static/%2e%2E/admin', '/admin'],
  ['/static%2f..%2fadmin', '/admin'],
  ['/static\\..\\admin', '/admin'],
  ['/static/%5c../admin', '/admin'],
  ['/%252e%252e/x', '/%2e%2e/x'],
  ['/100%', '/100%'],
  ['/%zz/..', '/'],
  ['*', '*'],
];

test('normalPath sees through what an origin may see through', () => {
  for (const [target, path] of ROWS) assert.equal(normalPath(target), path, target);
  assert.equal(ROWS.length, 20);
});

test('normalPath of a normal path is itself', () => {
  for (const [, path] of ROWS) if (!path.includes('%')) assert.equal(normalPath(path), path);
});
