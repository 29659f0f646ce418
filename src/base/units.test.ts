import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, formatSize, readDuration, readInteger, readSize } from './units.ts';

const DURATIONS: readonly (readonly [string, number])[] = [
  ['0ms', 0],
  ['0s', 0],
  ['1ms', 1],
  ['500ms', 500],
  ['3s', 3000],
  ['90s', 90_000],
  ['10m', 600_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['9007199254740991ms', Number.MAX_SAFE_INTEGER],
];

const NO_DURATIONS: readonly string[] = [
  ...[
    '',
    ' ',
    '0',
    '3',
    '-1s',
    '+1s',
    '1.5s',
    '1,5s',
    '1e3s',
    '0x1s',
    '01s',
    '00s',
    '3 s',
    ' 3s',
    '3s ',
    '3s\n',
  ],
  ...[
    's',
    'ms',
    '3S',
    '3H',
    '3M',
    '3D',
    '3Ms',
    '3sec',
    '3min',
    '3w',
    '3y',
    '1h30m',
    '1m 30s',
    '3us',
    '3µs',
    '٣s',
  ],
  ...[
    '9007199254740992ms',
    '9007199254740991s',
    '99999999999999999ms',
    'Infinitys',
    'NaNs',
    'off',
    'never',
    '3s\0',
  ],
];

const SIZES: readonly (readonly [string, number])[] = [
  ['0', 0],
  ['0B', 0],
  ['1', 1],
  ['512B', 512],
  ['1kB', 1000],
  ['1KB', 1000],
  ['1MB', 1_000_000],
  ['2GB', 2_000_000_000],
  ['1TB', 1_000_000_000_000],
  ['64KiB', 65_536],
  ['1MiB', 1_048_576],
  ['1GiB', 1_073_741_824],
  ['1TiB', 1_099_511_627_776],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
];

const NO_SIZES: readonly string[] = [
  ...[
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1.5MiB',
    '1,000',
    '1_000',
    '1e3',
    '0x10',
    '0o7',
    '01',
    '00',
    '1 KiB',
    ' 1',
    '1 ',
  ],
  ...[
    'KiB',
    'B',
    '1b',
    '1k',
    '1K',
    '1M',
    '1G',
    '1kb',
    '1kib',
    '1Kib',
    '1kiB',
    '1KIB',
    '1mb',
    '1mB',
    '1PiB',
    '1bytes',
  ],
  ...[
    '9007199254740992',
    '9007199254740991KiB',
    '99999999999999999',
    '1KiB1',
    '1KiBB',
    'off',
    '1\n',
    '１KiB',
    '1B\0',
  ],
];

const INTEGERS: readonly (readonly [string, number])[] = [
  ['0', 0],
  ['7', 7],
  ['-7', -7],
  ['65535', 65_535],
];

const NO_INTEGERS: readonly string[] = [
  ...[
    '',
    '-',
    '-0',
    '+1',
    '01',
    '-01',
    '1.0',
    '1e3',
    '0x1',
    '1_000',
    ' 1',
    '1 ',
    '1\n',
    'one',
    '９',
    '9007199254740992',
  ],
];

test('readDuration reads a whole number and a unit', () => {
  for (const [text, ms] of DURATIONS) assert.equal(readDuration(text), ms, text);
});

test('readDuration refuses everything else', () => {
  for (const text of NO_DURATIONS) assert.equal(readDuration(text), undefined, JSON.stringify(text));
});

test('readSize reads a whole number and perhaps a unit', () => {
  for (const [text, bytes] of SIZES) assert.equal(readSize(text), bytes, text);
});

test('readSize refuses everything else', () => {
  for (const text of NO_SIZES) assert.equal(readSize(text), undefined, JSON.stringify(text));
});

test('readInteger reads decimal whole numbers and nothing else', () => {
  for (const [text, value] of INTEGERS) assert.equal(readInteger(text), value, text);
  for (const text of NO_INTEGERS) assert.equal(readInteger(text), undefined, JSON.stringify(text));
});

test('what is formatted reads back as the same number', () => {
  for (const [, ms] of DURATIONS) assert.equal(readDuration(formatDuration(ms)), ms);
  for (const [, bytes] of SIZES) assert.equal(readSize(formatSize(bytes)), bytes);
});

test('values are formatted in the largest unit that keeps them whole', () => {
  assert.equal(formatDuration(90_000), '90s');
  assert.equal(formatDuration(86_400_000), '1d');
  assert.equal(formatDuration(0), '0ms');
  assert.equal(formatSize(65_536), '64KiB');
  assert.equal(formatSize(1000), '1000B');
  assert.equal(formatSize(0), '0B');
});
