/** Whatever the text of a configuration is, the reader ends with a whole configuration or with diagnostics in order. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { goesOnward } from '../../src/balance/destination-options.ts';
import type { Config } from '../../src/config/config.ts';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import type { Diagnostic } from '../../src/config/diagnostic.ts';
import { readConfig } from '../../src/config/read.ts';
import { fuzzSeed, seededRandom } from '../support/random.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 300);
const GOLDENS = new URL('../../src/config/goldens/', import.meta.url);
const ENVIRONMENT = { A: '1', B: '' };

const files = globSync('*.yaml', { cwd: GOLDENS }).sort();
const texts = files.map((file) => readFileSync(new URL(file, GOLDENS), 'utf8'));

/** What means something to YAML, to the environment, to our kinds, or to a terminal. */
const PIECES = [
  ...[
    '\n',
    '\n  ',
    '\n    ',
    ' ',
    '\t',
    '\r\n',
    ':',
    ': ',
    '- ',
    '? ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '#',
    ' #',
    '|\n',
    '>-\n',
  ],
  ...[
    '"',
    "'",
    '&a ',
    '*a',
    '!t ',
    '!!str ',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
    '<<: ',
    '@',
    '`',
    '~',
    'null',
    '\\',
    '\\x',
  ],
  ...[
    '${A}',
    '${B:-x}',
    '${',
    '$${',
    '}',
    'off',
    'on',
    'true',
    '0',
    '-1',
    '9007199254740993',
    '3s',
    '64KiB',
    '1e9',
    '.inf',
  ],
  ...[
    ':80',
    '127.0.0.1:1',
    '[::1]:2',
    '10.0.0.0/8',
    '10.0.0.1/8',
    'default',
    '../x',
    '/',
    'trap',
    'app',
    '__proto__',
  ],
  ...[
    'listeners:',
    'pools:',
    'routes:',
    'decoys:',
    'servers:',
    'bind:',
    'pool:',
    'identity:',
    'trust:',
    'timeouts:',
  ],
  ...['\0', '\x1b[2J', '\u202e', '\u2028', '\ufeff', '\ud800', '\udc00', '👾', 'é', '\x85', '\x7f', '\uffff'],
];

test('readConfig takes any mutation of any golden', () => {
  assert.ok(texts.length > 60, `only ${texts.length} goldens`);
  run('mutations', (random) => mutate(pick(texts, random), random, 1 + random(4)));
});

test('readConfig takes any heap of pieces', () => {
  run('pieces', (random) => Array.from({ length: random(60) }, () => pick(PIECES, random)).join(''));
});

test('readConfig takes any bytes', () => {
  run('bytes', (random) => String.fromCharCode(...Array.from({ length: random(80) }, () => random(256))));
});

test('readConfig takes hostile texts in a bounded time', () => {
  // Ten times the text is ten times the time: what is square would be seen at the longer runs.
  const count = Math.min(20_000, 5 * runs);
  const hostile: readonly string[] = [
    ...[
      '[',
      '{',
      '- ',
      '? ',
      '{a: ',
      '&a ',
      '*a ',
      '!a ',
      '"',
      '\n',
      ' ',
      '#',
      ': ',
      'a: ',
      '${',
      '👾',
      '\t',
      '|\n',
      '%',
    ],
    ...['- a\n', 'a\n', '"a": 1\n', '&a [*a, ', '---\n', ' \n', '\n ', "'", ',', '${A}'],
  ].map((piece) => piece.repeat(count));
  const deep = Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
  const wide = Array.from({ length: count }, (_, index) => `key${index}: 1`).join('\n');
  const bomb = Array.from(
    { length: 90 },
    (_, index) => `p${index + 1}: &p${index + 1} {servers: *p${index}, b: *p${index}}`,
  );
  for (const text of [
    ...hostile,
    deep,
    wide,
    `p0: &p0 {}\n${bomb.join('\n')}`,
    `pools:\n  p0: &p0 {}\n  ${bomb.join('\n  ')}`,
  ]) {
    const result = checkResult(text);
    assert.equal(result, 'bad', JSON.stringify(text.slice(0, 40)));
  }
});

function run(name: string, make: (random: (bound: number) => number) => string): void {
  const random = seededRandom(fuzzSeed);
  const kinds = { ok: 0, bad: 0 };
  for (let index = 0; index < runs; index++) {
    const text = make(random);
    try {
      kinds[checkResult(text)]++;
    } catch (cause) {
      throw new Error(`Cannot take ${name} (FUZZ_SEED=${fuzzSeed}, run ${index}): ${JSON.stringify(text)}`, {
        cause,
      });
    }
  }
  assert.equal(kinds.ok + kinds.bad, runs);
  assert.ok(kinds.bad > 0, 'nothing was refused');
}

function checkResult(text: string): 'ok' | 'bad' {
  const result = readConfig(text, '/etc/x.yaml', ENVIRONMENT);
  for (const diagnostic of result.diagnostics) checkDiagnostic(text, diagnostic);
  const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
  assert.equal(errors.length > 0, result.kind === 'bad');
  assert.ok(result.diagnostics.length <= 101);
  if (result.kind === 'ok') checkReferences(result.config);
  return result.kind;
}

function checkDiagnostic(text: string, diagnostic: Diagnostic): void {
  const { line, column, excerpt } = diagnostic;
  assert.ok(line >= 1 && line <= text.split('\n').length);
  assert.ok(column >= 1);
  assert.ok(excerpt !== undefined && excerpt.start >= 0 && excerpt.end >= excerpt.start);
  assert.ok(excerpt.end <= Array.from(excerpt.text).length);
  const lines = formatDiagnostic(diagnostic).split('\n');
  assert.ok(lines.length <= 4);
  for (const shown of lines) {
    assert.doesNotMatch(shown, /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.ok(shown.length < 2000);
  }
}

/** What a configuration promises to whoever runs it. */
function checkReferences(config: Config): void {
  assert.ok(Object.isFrozen(config));
  assert.ok(Object.keys(config.listeners).length > 0);
  for (const listener of Object.values(config.listeners)) {
    assert.ok(listener.bind.length > 0);
    assert.ok(listener.pool !== undefined || listener.routes.length > 0);
    for (const route of listener.routes) assert.ok(config.routes[route], route);
  }
  for (const user of [...Object.values(config.listeners), ...Object.values(config.routes)]) {
    assert.ok(user.pool === undefined || config.pools[user.pool]);
    assert.ok(user.decoy === undefined || config.decoys[user.decoy]);
  }
  for (const pool of Object.values(config.pools)) {
    const servers = Object.values(pool.servers);
    if (goesOnward(pool)) assert.deepEqual(servers, []);
    else assert.ok(servers.some(({ weight, address }) => weight > 0 && address.port > 0));
  }
}

/** Cuts, doubles, moves or replaces parts of a text. */
function mutate(text: string, random: (bound: number) => number, times: number): string {
  let mutated = text;
  for (let index = 0; index < times; index++) {
    const start = random(mutated.length + 1);
    const end = Math.min(mutated.length, start + random(12));
    const part = mutated.slice(start, end);
    const other = pick(texts, random);
    const from = random(other.length + 1);
    const replacement = [
      '',
      part + part,
      pick(PIECES, random),
      part + pick(PIECES, random),
      other.slice(from, from + random(80)),
    ];
    mutated = mutated.slice(0, start) + pick(replacement, random) + mutated.slice(end);
  }
  return mutated;
}

function pick<T>(values: readonly T[], random: (bound: number) => number): T {
  // In range: no list here is empty.
  return values[random(values.length)]!;
}
