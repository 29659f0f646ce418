import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Config } from '../config/config.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import { readConfig } from '../config/read.ts';
import type { HeaderFields } from '../inspect/inspector.ts';
import { FileRules } from './file-rules.ts';
import { inspectionUse } from './inspection-use.ts';
import { buildInspections } from './inspection.ts';
import type { BuiltInspections } from './inspection.ts';

const SNORT = `alert tcp any any -> $SHOP_NET any (msg:"Evil"; content:"evil"; http_uri; sid:2001; rev:1;)
alert tcp any any -> any any (msg:"Odd"; content:"odd"; http_uri; sid:2002; rev:1;)
alert tcp any any -> any any (msg:"New"; content:"new"; http_uri; unheard_of:1; sid:2003; rev:1;)
`;

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-inspection-'));
  const rule = (id: number, word: string): string =>
    `SecRule ARGS "@contains ${word}" "id:${id},phase:2,pass"\n`;
  writeFileSync(join(folder, 'a.conf'), rule(1, 'evil') + rule(2, 'odd'));
  writeFileSync(join(folder, 'b.conf'), rule(3, 'evil'));
  writeFileSync(join(folder, 'depth.conf'), `SecArgumentsLimit 3\n${rule(4, 'evil')}`);
  writeFileSync(
    join(folder, 'new.conf'),
    `${rule(5, 'evil')}SecRule ARGS "@fuzzyHash a 1" "id:6,phase:2,pass"\n`,
  );
  writeFileSync(join(folder, 'snort.rules'), SNORT.split('\n').slice(0, 2).join('\n'));
  writeFileSync(join(folder, 'plain.rules'), 'alert tcp any any -> any any (sid:2004;)\n');
  writeFileSync(join(folder, 'new.rules'), SNORT);
  writeFileSync(join(folder, 'wrong.conf'), 'SecRule ARGSS x id:7\n');
});
after(() => rmSync(folder, { recursive: true }));

const NONE = { read: 0, run: 0 };

const NO_HEADERS: HeaderFields = { count: 0, name: () => '', value: () => '' };

function configOf(web: string, routes: string, inspection: string): Config {
  const names = [...routes.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name).join(', ');
  const text = `listeners:
  web: { bind: ":80", pool: app, routes: [${names}], inspection: ${web} }
  raw: { bind: ":81", protocol: tcp, pool: app }
pools: { app: { servers: ["127.0.0.1:1"] } }
routes:
${routes}
inspection: ${inspection}
`;
  const read = readConfig(text, join(folder, 'x.yaml'), {});
  assert(read.kind === 'ok', read.diagnostics.map(formatDiagnostic).join('\n'));
  return read.config;
}

/** The ids that `target` hits on a route; `-` where nothing is inspected. */
function hitsOn(config: Config, built: BuiltInspections, route: string, target: string): string {
  assert(built.kind === 'ok', JSON.stringify(built));
  const { web } = config.listeners;
  assert(web !== undefined);
  const inspector = built.inspections.inspectorFor(inspectionUse(config, web, config.routes[route]));
  if (inspector === undefined) return '-';
  const transaction = inspector.begin({
    method: 'GET',
    target,
    version: 'HTTP/1.1',
    headers: NO_HEADERS,
    clientAddress: '192.0.2.1',
  });
  transaction.requestHead();
  transaction.requestBody({ bytes: new Uint8Array(), isPrefix: false });
  return transaction.hits.map(({ rule }) => rule).join(' ');
}

const ROUTES = `  plain: { pool: app }
  other: { pool: app, inspection: { set: b } }
  again: { pool: app, inspection: { set: b, mode: detect } }
  quiet: { pool: app, inspection: { exclude: [1] } }
  loud: { pool: app, inspection: { exclude: [] } }
  never: { pool: app, inspection: off }
  unseen: { pool: app, inspection: { sample: 0 } }
`;

test('each route has its rule set, mode and exclusions, or those of its listener', () => {
  const config = configOf(
    '{ exclude: [2] }',
    ROUTES,
    '{ rules: [a.conf], sets: { b: { rules: [b.conf] } } }',
  );
  const built = buildInspections(config);
  const hits = ['', 'plain', 'other', 'again', 'quiet', 'loud', 'never', 'unseen'].map((route) =>
    hitsOn(config, built, route, '/?a=evil&b=odd'),
  );
  assert.deepEqual(hits, ['1', '1', '3', '3', '2', '1 2', '-', '-']);
  assert(built.kind === 'ok');
  assert.deepEqual(built.inspections.sets, [
    { name: '', rules: { read: 2, run: 2 }, snort: NONE },
    { name: 'b', rules: { read: 1, run: 1 }, snort: NONE },
  ]);
});

test('what nobody uses is not read', () => {
  const config = configOf('off', '  a: { pool: app }\n', '{ rules: [missing.conf], sets: {} }');
  assert.deepEqual(buildInspections(config).kind, 'ok');
});

test('mistakes of all rule sets are told, each once', () => {
  const routes = `  one: { pool: app, inspection: { set: one } }
  two: { pool: app, inspection: { set: two, mode: detect } }
  three: { pool: app, inspection: { set: three } }
`;
  const sets =
    '{ one: { rules: [wrong.conf] }, two: { rules: [wrong.conf, a.conf] }, three: { rules: [missing.conf] } }';
  const built = buildInspections(configOf('on', routes, `{ rules: [a.conf], exclude: [9], sets: ${sets} }`));
  assert(built.kind === 'bad');
  assert.deepEqual(
    built.problems.map((problem) => /\[([a-z-]+)\]$/.exec(problem)?.[1]),
    ['exclude-unknown', 'variable-unknown', 'rules-missing'],
  );
});

test('lenient leaves out what is not run, with a warning', () => {
  const strict = buildInspections(configOf('on', '', '{ rules: [new.conf] }'));
  assert(strict.kind === 'bad');
  const config = configOf('on', '', '{ rules: [new.conf], lenient: true }');
  const lenient = buildInspections(config);
  assert.equal(hitsOn(config, lenient, '', '/?a=evil'), '5');
  assert(lenient.kind === 'ok');
  assert.deepEqual(lenient.inspections.sets, [{ name: '', rules: { read: 2, run: 1 }, snort: NONE }]);
  assert.equal(lenient.warnings.length, 1);
  assert.match(lenient.warnings[0] ?? '', /new\.conf:2:\d+: .*@fuzzyHash.* \[operator-unsupported\]$/);
});

const LIMITS: readonly (readonly [top: string, web: string, route: string, hits: string])[] = [
  ['', 'on', '', 'depth'],
  ['limits: { arguments: 2 }', 'on', '', '2'],
  ['limits: { arguments: 2 }', '{ limits: { arguments: 5 } }', '', '5'],
  ['limits: { arguments: 2 }', '{ limits: { arguments: 5 } }', '{ limits: { arguments: 7 } }', '7'],
];

for (const [top, web, route, expected] of LIMITS) {
  test(`limits: ${[top, web, route].join(' / ')}`, () => {
    const config = configOf(
      web,
      `  a: { pool: app${route === '' ? '' : `, inspection: ${route}`} }\n`,
      `{ rules: [depth.conf]${top === '' ? '' : `, ${top}`} }`,
    );
    const { web: listener } = config.listeners;
    assert(listener !== undefined);
    const use = inspectionUse(config, listener, config.routes['a']);
    assert.equal(use.limits.argumentsMax ?? 'depth', expected === 'depth' ? 'depth' : Number(expected));
    assert.notEqual(hitsOn(config, buildInspections(config), 'a', '/?a=evil'), '-');
  });
}

test('a limit that the rules say holds where the configuration says none', () => {
  const count = 'SecRule &ARGS "@gt 3" "id:8,phase:2,pass"\n';
  writeFileSync(
    join(folder, 'count.conf'),
    `SecArgumentsLimit 3\n${count}SecRule ARGUMENTS_EXCEEDED "@eq 1" "id:9,phase:2,pass"\n`,
  );
  const target = '/?a=1&b=2&c=3&d=4&e=5';
  const said = configOf('on', '', '{ rules: [count.conf] }');
  const written = configOf('on', '', '{ rules: [count.conf], limits: { arguments: 5 } }');
  assert.deepEqual(
    [said, written].map((config) => hitsOn(config, buildInspections(config), '', target)),
    ['8 9', '8'],
  );
});

test('how much of a body is held is what the route, the listener or the top says', () => {
  const routes = `  a: { pool: app }
  b: { pool: app, inspection: { body: { beyond: pass } } }
`;
  const config = configOf(
    '{ body: { held: 2KiB } }',
    routes,
    '{ body: { held: 1KiB, beyond: prefix, heldTotal: 1MiB } }',
  );
  const { web } = config.listeners;
  assert(web !== undefined);
  const holds = ['a', 'b'].map((route) => inspectionUse(config, web, config.routes[route]).hold);
  assert.deepEqual(holds, [
    { held: 2048, beyond: 'prefix', heldTotal: 1_048_576 },
    { held: 2048, beyond: 'pass', heldTotal: 1_048_576 },
  ]);
});

const SNORT_SETS: readonly (readonly [what: string, inspection: string, hits: string])[] = [
  ['beside rules of SecLang', 'rules: [a.conf]', '1 2 snort-2001 snort-2002'],
  ['alone', 'rules: []', 'snort-2001 snort-2002'],
  ['without one of them', 'rules: [b.conf], exclude: [snort-2002]', '3 snort-2001'],
];

for (const [what, inspection, hits] of SNORT_SETS) {
  test(`rules of Snort ${what}`, () => {
    const snort = 'snort: { rules: [snort.rules], variables: { SHOP_NET: any }, onAlert: continue }';
    const config = configOf('detect', '', `{ ${inspection}, ${snort} }`);
    assert.equal(hitsOn(config, buildInspections(config), '', '/?a=evil&b=odd'), hits);
  });
}

const GOOD_SNORT = 'snort: { rules: [snort.rules], variables: { SHOP_NET: any } }';
const SNORT_BAD: readonly (readonly [inspection: string, problem: RegExp])[] = [
  ['snort: { rules: [missing.rules] }', /missing\.rules": no file has this name \[rules-missing\]$/],
  ['snort: { rules: [snort.rules] }', /snort\.rules:1:\d+: .*SHOP_NET.* \[variable-unknown\]$/],
  [
    'snort: { rules: [new.rules], variables: { SHOP_NET: any } }',
    /new\.rules:3:\d+: .*unheard_of.* \[option-unknown\]$/,
  ],
  [`${GOOD_SNORT}, exclude: [snort-9]`, /Cannot exclude rule "snort-9": no rule has this id/],
  [
    `${GOOD_SNORT}, exclude: [{ rule: snort-2001, path: /a }]`,
    /^inspection\.exclude\[0\]: .* excluded as a whole/,
  ],
];

for (const [inspection, problem] of SNORT_BAD) {
  test(`rules of Snort cannot be run with ${inspection}`, () => {
    const built = buildInspections(configOf('on', '', `{ rules: [], ${inspection} }`));
    assert(built.kind === 'bad', 'it is fine');
    assert.match(built.problems.join('\n'), problem);
  });
}

const PLACES: readonly (readonly [web: string, inspection: string, problem: RegExp])[] = [
  [
    'on',
    'rules: ["no/*.conf"]',
    /^inspection\.rules: Cannot read rules "\S+no\/\*\.conf": no file has this name \[rules-missing\]$/,
  ],
  ['on', 'rules: [a.conf], exclude: [1, 99999]', /^inspection\.exclude\[1\]: .*"99999"/],
  [
    'on',
    'rules: [a.conf], exclude: { odd: { rule: 1, target: "ARGSS:x" } }',
    /^inspection\.exclude\.odd: .*ARGSS/,
  ],
  [
    '{ exclude: [99999] }',
    'rules: [a.conf], exclude: [1]',
    /^inspection\.exclude\[0\] of a listener or a route: .*"99999"/,
  ],
  [
    '{ set: other }',
    'rules: [a.conf], sets: { other: { rules: [b.conf], exclude: [99999] } }',
    /^inspection\.sets\.other\.exclude\[0\]: /,
  ],
  [
    'on',
    'rules: [], snort: { rules: [plain.rules], variables: { SHOP_NET: "10.0.0" } }',
    /^inspection\.snort\.variables\.SHOP_NET: /,
  ],
  ['on', `rules: [], ${GOOD_SNORT}, exclude: [snort-9]`, /^inspection\.exclude\[0\]: .*"snort-9"/],
  [
    'on',
    'rules: [snort.rules]',
    /^inspection\.rules: .*snort\.rules": these are rules of Snort: list them under inspection\.snort\.rules \[rules-kind\]$/,
  ],
  [
    '{ set: other }',
    'sets: { other: { snort: { rules: [a.conf] } } }',
    /^inspection\.sets\.other\.snort\.rules: .*a\.conf": these are rules of SecLang: list them under inspection\.sets\.other\.rules \[rules-kind\]$/,
  ],
];

for (const [web, inspection, problem] of PLACES) {
  test(`what is wrong is told once, with its key: ${web} ${inspection}`, () => {
    const built = buildInspections(configOf(web, '', `{ ${inspection} }`));
    assert(built.kind === 'bad', 'it is fine');
    assert.equal(built.problems.length, 1, built.problems.join('\n'));
    assert.match(built.problems[0] ?? '', problem);
  });
}

test('mistakes of Snort rules come in the order of files and lines, a hundred at most', () => {
  const wrong = (sid: number): string => `alert tcp any any -> $NO_NET any (sid:${sid};)\n`;
  const form = 'alert tcp any any -> any any (sid:no;)\n';
  writeFileSync(join(folder, 'z.rules'), wrong(1) + form + wrong(2));
  writeFileSync(join(folder, 'y.rules'), Array.from({ length: 1649 }, () => 'garbage\n').join('') + wrong(3));
  const config = configOf('on', '', '{ rules: [], snort: { rules: [z.rules, y.rules] } }');
  const built = buildInspections(config);
  assert(built.kind === 'bad', 'it is fine');
  assert.equal(built.problems.length, 101);
  const all = buildInspections(config, new FileRules(undefined, true));
  assert.equal(all.kind === 'bad' ? all.problems.length : 0, built.count, 'unless all are asked for');
  const places = built.problems.slice(0, 5).map((problem) => /\w\.rules:\d+/.exec(problem)?.[0]);
  assert.deepEqual([...new Set(places)], ['z.rules:1', 'z.rules:2', 'z.rules:3', 'y.rules:1']);
  const more = (built.count - 100).toLocaleString('en-US');
  assert.equal(built.problems.at(-1), `Cannot show everything: there are ${more} more problems`);
  assert(built.count >= 1653);
});

test('rules of Snort that are left out are counted, with a warning each', () => {
  const snort = 'snort: { rules: [new.rules], variables: { SHOP_NET: any } }';
  const built = buildInspections(
    configOf('on', '', `{ rules: [], lenient: true, exclude: [snort-2002], ${snort} }`),
  );
  assert(built.kind === 'ok');
  assert.deepEqual(built.inspections.sets, [{ name: '', rules: NONE, snort: { read: 3, run: 1 } }]);
  assert.equal(built.warnings.length, 1);
  assert.match(built.warnings[0] ?? '', /new\.rules:3:\d+: .*unheard_of/);
});

test('a tcp listener has the rules of Snort of its set, without those that are excluded', () => {
  const snort = 'rules: [], snort: { rules: [snort.rules], variables: { SHOP_NET: any } }';
  for (const [inspection, expected] of [
    [`{ ${snort} }`, 2],
    [`{ ${snort}, exclude: [snort-2001] }`, 1],
    ['{ rules: [a.conf] }', undefined],
  ] as const) {
    const config = configOf('off', '', inspection);
    const built = buildInspections(config);
    const { raw } = config.listeners;
    assert(built.kind === 'ok' && raw !== undefined);
    const streams = built.inspections.streamsFor(inspectionUse(config, raw));
    assert.equal(streams?.ruleCount, expected);
  }
});
