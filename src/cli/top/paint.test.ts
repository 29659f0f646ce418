import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Style } from './line.ts';
import { span } from './line.ts';
import { Painter } from './paint.ts';

test('only lines that have changed are sent again', () => {
  const painter = new Painter(false);
  assert.equal(painter.draw([[span('a')], [span('b')]]), '\x1b[?2026h\x1b[1;1Ha\x1b[2;1Hb\x1b[?2026l');
  assert.equal(painter.draw([[span('a')], [span('c')]]), '\x1b[?2026h\x1b[2;1Hc\x1b[?2026l');
  assert.equal(painter.draw([[span('a')], [span('c')]]), '');
});

test('after the terminal was cleared everything is sent', () => {
  const painter = new Painter(false);
  painter.draw([[span('a')]]);
  assert.match(painter.clear(), /\x1b\[2J/);
  assert.notEqual(painter.draw([[span('a')]]), '');
});

test('no byte that comes from elsewhere is a command to the terminal', () => {
  for (let code = 0; code < 0x3000; code++) {
    const drawn = new Painter(true).draw([[span(String.fromCharCode(code))]]);
    const inner = drawn.slice('\x1b[?2026h\x1b[1;1H'.length, -'\x1b[?2026l'.length);
    assert.match(inner, /^[ -~\u2500\u2581-\u2588]$/, `character ${code}`);
  }
});

test('without colours there are none, and what is bad still stands out', () => {
  const styles: readonly Style[] = ['plain', 'bold', 'dim', 'good', 'warn', 'bad', 'decoy', 'heading', 'bar'];
  for (const style of styles) {
    const drawn = new Painter(false).draw([[span('x', style)]]);
    assert.doesNotMatch(drawn, /\[(?:\d+;)?[34]\d/, style);
  }
  assert.match(new Painter(false).draw([[span('x', 'bad')]]), /\[1mx/);
  assert.match(new Painter(true).draw([[span('x', 'bad')]]), /\[1;31mx/);
});
