import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasHeldType } from './held-types.ts';

const TYPES: ReadonlySet<string> = new Set(['text/html', 'application/json', 'image/*']);

const HELD: readonly (readonly string[])[] = [
  ['text/html'],
  ['TEXT/HTML'],
  ['text/html; charset=utf-8'],
  ['  text/html\t;charset=utf-8'],
  ['text/html;'],
  ['image/png'],
  ['image/svg+xml; a="b"'],
  ['video/mp4, text/html'],
  ['video/mp4', 'text/html'],
  ['text/html', 'video/mp4'],
  [],
  [''],
  [';charset=utf-8'],
  ['html'],
  ['text/'],
  ['/html'],
  [','],
];

for (const values of HELD) {
  test(`a body of ${JSON.stringify(values)} is held`, () => assert(hasHeldType(values, TYPES)));
}

const OTHERS: readonly (readonly string[])[] = [
  ['text/htm'],
  ['text/html5'],
  ['text/*'],
  ['text/plain'],
  ['application/jsonp'],
  ['application/*'],
  ['xtext/html'],
  ['video/mp4', 'audio/mp3'],
  ['video/mp4; type=text/html'],
  ['text/event-stream'],
  ['Text/Event-Stream;charset=utf-8'],
  ['application/grpc'],
  ['application/grpc+proto'],
  ['application/grpc-web-text'],
  ['text/html, text/event-stream'],
  ['text/html', 'text/event-stream'],
];

for (const values of OTHERS) {
  test(`a body of ${JSON.stringify(values)} is not held`, () => assert(!hasHeldType(values, TYPES)));
}

test('what flows is not held, even where its type is listed', () => {
  for (const type of ['text/event-stream', 'application/grpc']) {
    assert(!hasHeldType([type], new Set([type, 'text/*', 'application/*'])), type);
  }
});

test('with no type listed only responses without one are held', () => {
  assert(!hasHeldType(['text/html'], new Set()));
  assert(hasHeldType([], new Set()));
});
