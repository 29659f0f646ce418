import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatDiagnostic } from '../config/diagnostic.ts';
import type { Config } from '../config/config.ts';
import { readConfig } from '../config/read.ts';
import type { InspectedRequest } from '../inspect/inspector.ts';
import { inspectionUse } from './inspection-use.ts';
import { buildInspections } from './inspection.ts';
import { AttachedRules, compileEdition, isCurrent } from './rule-edition.ts';
import type { RuleEdition } from './rule-edition.ts';

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
  /** The same by the rules that are compiled already, in another thread. */
  readonly attachAgain: () => string;
}

function place(t: { after: (done: () => void) => void }): Place {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-rule-sets-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'main.conf'), MAIN);
  writeFileSync(join(folder, 'words.data'), 'evil\n');
  writeFileSync(join(folder, 'more.conf'), 'SecRule ARGS "@contains evil" "id:4,phase:1,pass"\n');
  let edition: RuleEdition | undefined;
  let rules: AttachedRules | undefined;
  const read = (options: string): Config => {
    const text = `listeners: { web: { bind: ":80", pool: app, inspection: on } }
pools: { app: { servers: ["127.0.0.1:1"] } }
inspection: { rules: [main.conf]${options} }
`;
    const result = readConfig(text, join(folder, 'x.yaml'), {});
    assert(result.kind === 'ok', result.diagnostics.map(formatDiagnostic).join('\n'));
    return result.config;
  };
  const hits = (options = ''): string => {
    const config = read(options);
    if (edition === undefined || !isCurrent(edition, config)) edition = editionOf(config, edition);
    rules = new AttachedRules(edition, rules);
    return hitsBy(config, rules);
  };
  const attachAgain = (): string => {
    assert(edition !== undefined);
    return hitsBy(read(''), new AttachedRules(edition));
  };
  return { folder, hits, attachAgain };
}

function editionOf(config: Config, before: RuleEdition | undefined): RuleEdition {
  const compiled = compileEdition(config, before);
  assert(compiled.kind === 'ok', JSON.stringify(compiled));
  return compiled.edition;
}

function hitsBy(config: Config, rules: AttachedRules): string {
  const built = buildInspections(config, rules);
  assert(built.kind === 'ok', JSON.stringify(built));
  const { web } = config.listeners;
  assert(web !== undefined);
  const transaction = built.inspections.inspectorFor(inspectionUse(config, web))?.begin(REQUEST);
  transaction?.requestHead();
  return transaction?.hits.map(({ rule }) => rule).join(' ') ?? '-';
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

test('rules that are attached do not change when files do meanwhile', (t) => {
  const { folder, hits, attachAgain } = place(t);
  assert.equal(hits(), '3 4');
  for (const [, file, text] of CHANGES) writeFileSync(join(folder, file), text);
  assert.equal(attachAgain(), '3 4');
  assert.equal(hits(), '6 7');
});

test('an exclusion that is added makes them be compiled anew', (t) => {
  const { hits } = place(t);
  assert.equal(hits(), '3 4');
  assert.equal(hits(', exclude: [4]'), '3');
});

test('compileEdition tells everything that is wrong, and where', (t) => {
  const { folder } = place(t);
  writeFileSync(join(folder, 'main.conf'), 'SecRule ARGSS x id:7\nSecRule ARGS "@rx (" id:8\n');
  const text = `listeners: { web: { bind: ":80", pool: app, inspection: on } }
pools: { app: { servers: ["127.0.0.1:1"] } }
inspection: { rules: [main.conf, none.conf] }
`;
  const read = readConfig(text, join(folder, 'x.yaml'), {});
  assert(read.kind === 'ok');
  const compiled = compileEdition(read.config);
  assert(compiled.kind === 'bad');
  assert.match(compiled.problems.join('\n'), /none\.conf.*no file has this name/);
  writeFileSync(join(folder, 'none.conf'), '');
  const again = compileEdition(read.config);
  assert(again.kind === 'bad');
  assert.match(again.problems.join('\n'), /main\.conf:1:\d+: [^]*main\.conf:2:\d+: /);
});
