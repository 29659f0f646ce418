import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposition, formatFor } from './exposition.ts';
import type { Family, Sample } from './family.ts';
import { BUCKETS } from './family.ts';
import { FAMILIES } from './families.ts';

const COUNTER: Family = {
  name: 'a_bytes',
  type: 'counter',
  unit: 'bytes',
  labels: ['pool'],
  help: 'A help.',
};
const GAUGE: Family = { name: 'b', type: 'gauge', labels: [], help: 'With a \\ and\na line.' };
const HISTOGRAM: Family = {
  name: 'c_seconds',
  type: 'histogram',
  unit: 'seconds',
  labels: ['pool'],
  help: 'Times.',
};

test('counters end in _total, for Prometheus in their name too', () => {
  const samples: Sample[] = [{ family: COUNTER, labels: ['app'], value: 3 }];
  assert.equal(
    exposition(samples, 'prometheus'),
    '# HELP a_bytes_total A help.\n# TYPE a_bytes_total counter\na_bytes_total{pool="app"} 3\n',
  );
  assert.equal(
    exposition(samples, 'openmetrics'),
    '# HELP a_bytes A help.\n# TYPE a_bytes counter\n# UNIT a_bytes bytes\na_bytes_total{pool="app"} 3\n# EOF\n',
  );
});

test('buckets are added up and end with all', () => {
  const counts = [2, 0, 1, ...new Array<number>(BUCKETS.length - 3).fill(0), 4];
  const lines = exposition(
    [{ family: HISTOGRAM, labels: ['app'], value: { counts, sum: 1.5 } }],
    'prometheus',
  ).split('\n');
  assert.equal(lines[2], 'c_seconds_bucket{pool="app",le="0.0005"} 2');
  assert.equal(lines[3], 'c_seconds_bucket{pool="app",le="0.001"} 2');
  assert.equal(lines[4], 'c_seconds_bucket{pool="app",le="0.0025"} 3');
  assert.deepEqual(lines.slice(-5), [
    'c_seconds_bucket{pool="app",le="30"} 3',
    'c_seconds_bucket{pool="app",le="+Inf"} 7',
    'c_seconds_sum{pool="app"} 1.5',
    'c_seconds_count{pool="app"} 7',
    '',
  ]);
});

test('whole bounds have a decimal in OpenMetrics', () => {
  const counts = new Array<number>(BUCKETS.length + 1).fill(0);
  const text = exposition([{ family: HISTOGRAM, labels: ['app'], value: { counts, sum: 0 } }], 'openmetrics');
  assert.match(text, /le="1\.0"/);
  assert.match(text, /le="2\.5"/);
});

const LABELS: readonly (readonly [raw: string, written: string])[] = [
  ['app', 'app'],
  ['a"b', 'a\\"b'],
  ['a\\', 'a\\\\'],
  ['a\nb 1', 'a\\nb 1'],
  ['\\n', '\\\\n'],
  ['"} 1\n', '\\"} 1\\n'],
];

for (const [raw, written] of LABELS) {
  test(`the label ${JSON.stringify(raw)} cannot end itself or its line`, () => {
    const text = exposition([{ family: COUNTER, labels: [raw], value: 1 }], 'prometheus');
    assert.equal(text.split('\n')[2], `a_bytes_total{pool="${written}"} 1`);
  });
}

test('a help is one line, and a metric without labels has no braces', () => {
  const text = exposition([{ family: GAUGE, labels: [], value: 0.5 }], 'prometheus');
  assert.equal(text, '# HELP b With a \\\\ and\\na line.\n# TYPE b gauge\nb 0.5\n');
});

test('samples of one family stand together', () => {
  const one: Sample = { family: GAUGE, labels: [], value: 1 };
  const other: Sample = { family: COUNTER, labels: ['x'], value: 1 };
  assert.equal(exposition([one, other, one], 'prometheus').match(/# TYPE/g)?.length, 2);
});

for (const [value, written] of [
  [1e21, '1e+21'],
  [NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
] as const) {
  test(`the number ${value} is written as ${written}`, () => {
    assert.match(
      exposition([{ family: GAUGE, labels: [], value }], 'prometheus'),
      new RegExp(`^b ${written.replace('+', '\\+')}$`, 'm'),
    );
  });
}

const ACCEPTED: readonly (readonly [accept: string, format: string])[] = [
  ['', 'prometheus'],
  ['*/*', 'prometheus'],
  ['text/plain;version=0.0.4', 'prometheus'],
  ['application/openmetrics-text', 'openmetrics'],
  ['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5', 'openmetrics'],
  ['text/plain, Application/OpenMetrics-Text; version=1.0.0', 'openmetrics'],
  ['application/openmetrics-text-not', 'prometheus'],
  ['x-application/openmetrics-text', 'prometheus'],
];

for (const [accept, format] of ACCEPTED) {
  test(`Accept "${accept}" gets ${format}`, () => assert.equal(formatFor(accept), format));
}

for (const family of Object.values(FAMILIES) as readonly Family[]) {
  test(`${family.name} is named by the conventions`, () => {
    assert.match(family.name, /^(?:sallyport|process)_[a-z_]+$/);
    assert.doesNotMatch(family.name, /_(?:total|count|sum|bucket)$/);
    if (family.unit !== undefined) assert.match(family.name, new RegExp(`_${family.unit}$`));
    if (family.type === 'histogram') assert.equal(family.unit, 'seconds');
    assert.match(family.help, /^[A-Z].*\.$/);
  });
}
