import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose, diagnoseFile, formatDiagnostic, printable, quote } from './diagnostic.ts';
import { makeSource, positionOf } from './source.ts';

test('formatDiagnostic shows the line, a mark below the text that is meant, and the hint', () => {
  const text = 'pools:\n  app:\n      timeuot: 3s # x\n';
  const start = text.indexOf('timeuot');
  const message = 'Cannot read key "timeuot" of pool "app": it is not known';
  const source = makeSource('sallyport.yaml', text);
  const diagnostic = diagnose(
    source,
    { start, end: start + 7 },
    'unknown-key',
    message,
    'did you mean "timeouts"?',
  );
  assert.equal(
    formatDiagnostic(diagnostic),
    [
      'sallyport.yaml:3:7: error unknown-key: Cannot read key "timeuot" of pool "app": it is not known',
      '  3 |       timeuot: 3s # x',
      '    |       ^^^^^^^',
      '  did you mean "timeouts"?',
    ].join('\n'),
  );
});

test('formatDiagnostic of a file has no place in it', () => {
  const text = formatDiagnostic(diagnoseFile('a\nb.yaml', 'file-missing', 'Cannot read "a"'));
  assert.equal(text, 'a\\x0ab.yaml: error file-missing: Cannot read "a"');
});

test('the mark stands below the text whatever comes before it', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['key', 'key'],
    ['\tkey', ' key'],
    ['\u202ekey', '\\u{202e}key'],
    ['👾é key', '👾é key'],
    ['\u{e000}\ud800key', '\\u{e000}\\u{d800}key'],
    [`${'x'.repeat(500)}key${'y'.repeat(500)}`, `…${'x'.repeat(60)}key${'y'.repeat(57)}…`],
    [`key${'y'.repeat(500)}`, `key${'y'.repeat(117)}…`],
  ];
  for (const [line, shown] of rows) {
    const start = line.indexOf('key');
    const { excerpt } = diagnose(makeSource('x', line), { start, end: start + 3 }, 'unknown-key', '');
    assert.equal(excerpt?.text, shown);
    assert.equal(Array.from(shown).slice(excerpt.start, excerpt.end).join(''), 'key', line);
  }
});

test('something that spans lines is marked in its first line only', () => {
  const { excerpt } = diagnose(makeSource('x', 'a: [1,\n2]\n'), { start: 3, end: 9 }, 'wrong-type', '');
  assert.deepEqual(excerpt, { text: 'a: [1,', start: 3, end: 6 });
});

test('positions count lines and characters from 1, at every offset', () => {
  const text = 'ab\r\n👾c\n\nd';
  const source = makeSource('x', text);
  const places = Array.from({ length: text.length + 1 }, (_, offset) => {
    const { line, column } = positionOf(source, offset);
    return `${line}:${column}`;
  });
  assert.deepEqual(places, ['1:1', '1:2', '1:3', '1:4', '2:1', '2:2', '2:2', '2:3', '3:1', '4:1', '4:2']);
});

test('no control or format character passes printable', () => {
  for (let code = 0; code < 0x2100; code++) {
    const shown = printable(String.fromCharCode(code));
    assert.doesNotMatch(shown, /[\p{C}\p{Zl}\p{Zp}]/u, code.toString(16));
  }
  for (const text of ['\u{e0041}', '\ufeff', '\ufff9', '\u{1bca0}', '\udc00'])
    assert.match(printable(text), /^\\u\{/);
  for (const text of ['abc', 'é', '漢字', '👾', '"\\']) assert.equal(printable(text), text);
});

test('quote cuts what is long and never cuts a character', () => {
  assert.equal(quote(''), '""');
  assert.equal(quote('x'.repeat(80)), `"${'x'.repeat(80)}"`);
  assert.equal(quote('x'.repeat(81)), `"${'x'.repeat(80)}…"`);
  assert.equal(quote('👾'.repeat(80)), `"${'👾'.repeat(80)}"`);
  assert.equal(quote('👾'.repeat(81)), `"${'👾'.repeat(80)}…"`);
  assert.ok(quote('\x00'.repeat(1e6)).length < 400);
});
