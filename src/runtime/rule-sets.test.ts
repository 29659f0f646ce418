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
import type { RuleSets } from './rule-sets.ts';

/** A client is counted in a collection, which lives as long as the compiled rules. */
const MAIN = `SecAction "id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.seen=+1"
SecRule IP:seen "@gt 1" "id:2,phase:1,pass"
SecRule ARGS "@pmFromFile words.data" "id:3,phase:1,pass"
Include more*.conf
`;

const REQUEST: InspectedRequest = {
  method: 'GET',
  target: '/?a=evil',
  version: 'HTTP/1.1',
  headers: { count: 0, name: () => '', value: () => '' },
  clientAddress: '192.0.2.1',
};

interface Place {
  readonly folder: string;
  /** The hits of one request by rules that are built now. */
  readonly hits: (options?: string) => string;
}

function place(t: { after: (done: () => void) => void }): Place {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-rule-sets-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'main.conf'), MAIN);
  writeFileSync(join(folder, 'words.data'), 'evil\n');
  writeFileSync(join(folder, 'more.conf'), 'SecRule ARGS "@contains evil" "id:4,phase:1,pass"\n');
  let ruleSets: RuleSets | undefined;
  const hits = (options = ''): string => {
    const text = `listeners: { web: { bind: ":80", pool: app, inspection: on } }
pools: { app: { servers: ["127.0.0.1:1"] } }
inspection: { rules: [main.conf]${options} }
`;
    const read = readConfig(text, join(folder, 'x.yaml'), {});
    assert(read.kind === 'ok', read.diagnostics.map(formatDiagnostic).join('\n'));
    const built = buildInspections(read.config, ruleSets);
    assert(built.kind === 'ok', JSON.stringify(built));
    ruleSets = built.ruleSets;
    const { web } = read.config.listeners;
    assert(web !== undefined);
    const transaction = built.inspections.inspectorFor(inspectionUse(read.config, web))?.begin(REQUEST);
    transaction?.requestHead();
    return transaction?.hits.map(({ rule }) => rule).join(' ') ?? '-';
  };
  return { folder, hits };
}

test('rules that have not changed are used again, with what they have counted, however often', (t) => {
  const { hits } = place(t);
  assert.deepEqual([hits(), hits(), hits()], ['3 4', '2 3 4', '2 3 4']);
});

const CHANGES: readonly [string, string, string, string][] = [
  ['a rule file', 'main.conf', MAIN.replace('id:3', 'id:5'), '5 4'],
  ['a data file', 'words.data', 'odd\n', '4'],
  ['an included file', 'more.conf', 'SecRule ARGS "@contains evil" "id:6,phase:1,pass"\n', '3 6'],
  [
    'one more file that a glob finds',
    'more2.conf',
    'SecRule ARGS "@contains evil" "id:7,phase:1,pass"\n',
    '3 4 7',
  ],
];

for (const [name, file, text, expected] of CHANGES) {
  test(`${name} that changes makes them be compiled anew`, (t) => {
    const { folder, hits } = place(t);
    assert.equal(hits(), '3 4');
    writeFileSync(join(folder, file), text);
    assert.equal(hits(), expected);
  });
}

test('an exclusion that is added makes them be compiled anew', (t) => {
  const { hits } = place(t);
  assert.equal(hits(), '3 4');
  assert.equal(hits(', exclude: [4]'), '3');
});
