/** What rules remember is one for all workers, and for the configurations after this one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatDiagnostic } from '../config/diagnostic.ts';
import { readConfig } from '../config/read.ts';
import type { InspectedRequest } from '../inspect/inspector.ts';
import { inspectionUse } from './inspection-use.ts';
import { buildInspections } from './inspection.ts';
import { RuleState } from './rule-state.ts';

const COUNT = 'SecAction "id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.seen=+1"';
const FILES: Readonly<Record<string, string>> = {
  'two.conf': `${COUNT}\nSecRule IP:seen "@gt 2" "id:2,phase:1,pass"`,
  'four.conf': `${COUNT}\nSecRule IP:seen "@gt 4" "id:2,phase:1,pass"`,
  'filter.rules':
    'alert http any any -> any any (msg:"m"; http.uri; content:"evil"; detection_filter:track by_src, count 2, seconds 600; sid:7;)',
};

const REQUEST: InspectedRequest = {
  method: 'GET',
  target: '/?a=evil',
  version: 'HTTP/1.1',
  headers: { count: 0, name: () => '', value: () => '' },
  clientAddress: '192.0.2.1',
};

interface Scene {
  readonly state: RuleState;
  /** The hits of one request at a listener, in a worker of this number that has just built its rules. */
  readonly hits: (worker: number, inspection: string, listener?: string) => string;
}

function scene(t: { after: (done: () => void) => void }): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-rule-state-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const state = RuleState.create();
  const hits: Scene['hits'] = (worker, inspection, listener = 'web') => {
    const text = `listeners:
  web: { bind: ":80", pool: app, inspection: on }
  api: { bind: ":81", pool: app, inspection: { mode: on, set: api } }
pools: { app: { servers: ["127.0.0.1:1"] } }
inspection: ${inspection}
`;
    const read = readConfig(text, join(folder, 'x.yaml'), {});
    assert(read.kind === 'ok', read.diagnostics.map(formatDiagnostic).join('\n'));
    const built = buildInspections(read.config, undefined, new RuleState(state.shared, worker + 2));
    assert(built.kind === 'ok', JSON.stringify(built));
    const options = read.config.listeners[listener];
    assert(options !== undefined);
    const transaction = built.inspections.inspectorFor(inspectionUse(read.config, options))?.begin(REQUEST);
    transaction?.requestHead();
    transaction?.requestBody({ bytes: new Uint8Array(), isPrefix: false });
    return transaction?.hits.map(({ rule }) => rule).join(' ') ?? '-';
  };
  return { state, hits };
}

test('collections are those of the rule set, whichever worker and whatever rules', (t) => {
  const { state, hits } = scene(t);
  const two = '{ rules: [two.conf], sets: { api: { rules: [two.conf] } } }';
  assert.deepEqual([hits(0, two), hits(1, two), hits(0, two), hits(1, two)], ['', '', '2', '2']);
  // With other rules, counting goes on; another rule set has its own.
  const four = '{ rules: [four.conf], sets: { api: { rules: [two.conf] } } }';
  assert.deepEqual(
    [hits(0, four), hits(0, four, 'api'), hits(1, four, 'api'), hits(1, four, 'api')],
    ['2', '', '', '2'],
  );
  assert.deepEqual(
    state.counts().map(({ kind, entries }) => `${kind} ${entries}`),
    ['collections 2', 'counters 0', 'bits 0'],
  );
});

test('counters of Snort are those of the rule set, whichever worker and whatever rules', (t) => {
  const { state, hits } = scene(t);
  const rules = (exclude: string): string =>
    `{ rules: [two.conf], snort: { rules: [filter.rules] }${exclude}, sets: { api: { snort: { rules: [filter.rules] } } } }`;
  const quiet = rules(', exclude: [2]');
  assert.deepEqual([hits(0, quiet), hits(1, quiet), hits(0, quiet)], ['', '', 'snort-7']);
  assert.equal(hits(1, rules('')), '2 snort-7');
  assert.equal(state.counts().find(({ kind }) => kind === 'counters')?.entries, 1);
});

test('what a dead worker held of any kind is given back', (t) => {
  const { state, hits } = scene(t);
  const text = '{ rules: [two.conf], snort: { rules: [filter.rules] }, sets: { api: { rules: [] } } }';
  // The lock is the first cell of each part: as if worker 7 had died with all of them.
  for (const { parts } of Object.values(state.shared) as (typeof state.shared.bits)[])
    for (const part of parts) new Int32Array(part)[0] = 9;
  state.releaseHolder(9);
  assert.deepEqual([hits(0, text), hits(1, text), hits(0, text)], ['', '', '2 snort-7']);
  assert.deepEqual(
    state.counts().map(({ refused, dropped }) => refused + dropped),
    [0, 0, 0],
  );
});
