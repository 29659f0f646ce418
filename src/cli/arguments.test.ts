import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onePositional, readArguments, readOptions, UsageError } from './arguments.ts';

const OPTIONS = { config: { type: 'string', short: 'c' }, json: { type: 'boolean' } } as const;

test('readArguments finds options in every form, and what is no option', () => {
  for (const args of [
    ['-c', 'a', '--json', 'b'],
    ['b', '--config=a', '--json'],
    ['--json', '-ca', '--', 'b'],
  ]) {
    const found = readArguments(args, OPTIONS);
    assert.deepEqual([found.text('config'), found.flag('json'), found.positionals], ['a', true, ['b']]);
  }
});

test('readArguments says of what was not given that it was not', () => {
  const found = readArguments([], OPTIONS);
  assert.deepEqual([found.text('config'), found.flag('json'), found.positionals], [undefined, false, []]);
  assert.equal(found.text('json'), undefined, 'a flag has no text');
  assert.equal(found.flag('config'), false, 'a text is no flag');
});

const WRONG: readonly (readonly [args: readonly string[], message: string])[] = [
  [['--confg', 'a'], "Cannot read the command line: Unknown option '--confg'"],
  [['-x'], "Cannot read the command line: Unknown option '-x'"],
  [['-c'], "Cannot read the command line: Option '-c, --config <value>' argument missing"],
  [['--json=yes'], "Cannot read the command line: Option '--json' does not take an argument"],
  [['--\x1b[2J'], "Cannot read the command line: Unknown option '--\\x1b[2J'"],
  [['--\u202ename'], "Cannot read the command line: Unknown option '--\\u{202e}name'"],
];

for (const [args, message] of WRONG) {
  test(`readArguments refuses ${JSON.stringify(args)}`, () => {
    assert.throws(() => readArguments(args, OPTIONS), new UsageError(message));
  });
}

test('readOptions refuses what is no option', () => {
  assert.equal(readOptions(['-c', 'a'], OPTIONS).text('config'), 'a');
  assert.throws(() => readOptions(['a'], OPTIONS), new UsageError('Cannot run: "a" is not expected'));
  assert.throws(() => readOptions(['--', '-c'], OPTIONS), new UsageError('Cannot run: "-c" is not expected'));
  assert.throws(() => readOptions(['\x07'], OPTIONS), new UsageError('Cannot run: "\\x07" is not expected'));
});

test('onePositional wants exactly one', () => {
  const one = (args: readonly string[]): string => onePositional(readArguments(args, {}), 'address');
  assert.equal(one(['a']), 'a');
  assert.throws(() => one([]), new UsageError('Cannot run: address is missing'));
  assert.throws(() => one(['a', 'b']), new UsageError('Cannot run: there is more than one address'));
});
