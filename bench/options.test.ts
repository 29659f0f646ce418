import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HELP, readOptions } from './options.ts';
import { WORKLOADS } from './workloads.ts';

test('without flags every workload runs that is not opt-in, with every peer', () => {
  const options = readOptions([]);
  assert.ok(options !== 'help');
  assert.equal(options.workloads.length, WORKLOADS.filter((workload) => !workload.isOptIn).length);
  assert.deepEqual(
    options.peers.map((peer) => peer.name),
    ['sallyport', 'haproxy', 'nginx', 'nginx+modsecurity', 'apache+modsecurity'],
  );
});

test('an opt-in workload runs when it is named, in the order of the table', () => {
  const options = readOptions([
    '--only',
    'idle-10000, small-page',
    '--peers=nginx',
    '--rounds=7',
    '--seconds',
    '1',
  ]);
  assert.ok(options !== 'help');
  assert.deepEqual(
    options.workloads.map((workload) => workload.name),
    ['small-page', 'idle-10000'],
  );
  assert.equal(options.rounds, 7);
  assert.equal(options.seconds, 1);
});

const REFUSED: readonly [argv: readonly string[], message: RegExp][] = [
  [['--only', 'small'], /Cannot read --only: "small" is none of small-page, /],
  [['--only', ''], /Cannot read --only: ""/],
  [['--only', 'small-page,'], /Cannot read --only: ""/],
  [['--peers', 'apache'], /Cannot read --peers: "apache"/],
  [['--rounds', '0'], /Cannot read --rounds: "0"/],
  [['--rounds', '101'], /from 1 to 100/],
  [['--rounds', '2.5'], /"2.5"/],
  [['--seconds', '-1'], /./],
  [['--seconds', '1e2'], /"1e2"/],
  [['--record', '../x'], /Cannot read --record/],
  [['--record', ''], /Cannot read --record/],
  [['--unknown'], /unknown/i],
  [['stray'], /stray/],
];
for (const [argv, message] of REFUSED) {
  test(`readOptions refuses ${JSON.stringify(argv)}`, () =>
    assert.throws(() => readOptions(argv), { message }));
}

test('the names of workloads are unique, and the help lists each', () => {
  assert.equal(new Set(WORKLOADS.map((workload) => workload.name)).size, WORKLOADS.length);
  for (const { name } of WORKLOADS) assert.ok(HELP.includes(`  ${name} `));
});
