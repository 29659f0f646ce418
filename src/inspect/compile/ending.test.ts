import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRegex, SECLANG_OPTIONS } from '../rx/regex.ts';
import { byteBeforeEnding } from './ending.ts';

const TEXTS = ['', '.', 'a', 'a.', '.a', 'a.b', 'a.b.c', 'a..', '..a', '/a/b.html', 'x.\xe9\0', '.A.b '];

for (const [pattern, byte] of [
  ['\\.([^.]+)$', '.'],
  ['/([^/]+)$', '/'],
  ['\\.([^.]+)\\z', '.'],
] as const) {
  test(`/${pattern}/ captures what stands behind the last ${byte}, if anything does`, () => {
    const regex = compileRegex(pattern, SECLANG_OPTIONS);
    assert.equal(byteBeforeEnding(regex), byte);
    for (const text of TEXTS) {
      const at = text.lastIndexOf(byte);
      const span = regex.find(text)?.captures(1);
      const captured = span === undefined ? undefined : text.slice(span.start, span.end);
      assert.equal(captured, at < 0 || at === text.length - 1 ? undefined : text.slice(at + 1), text);
    }
  });
}

for (const pattern of [
  '\\.([^.]*)$',
  '\\.([^.]+)',
  '\\.([^.]+)$x',
  '^\\.([^.]+)$',
  '\\.([^./]+)$',
  '\\.([^/]+)$',
  '\\.(.+)$',
  '\\.([^.]{1,5})$',
  '\\.([^.]{2,})$',
  '\\.(?:[^.]+)$',
  '\\.([^.]+)(?!x)',
  '[./]([^./]+)$',
  '(?i)a([^a]+)$',
  '\\.([^.]+)\\b',
  '\\.(([^.])+)$',
  'a',
]) {
  test(`/${pattern}/ is not about an ending alone`, () => {
    assert.equal(byteBeforeEnding(compileRegex(pattern, SECLANG_OPTIONS)), undefined);
  });
}
