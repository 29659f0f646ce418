/** `sallyport inspect`: stored exchanges in, verdicts with their reasons out. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { InspectedView } from '../../src/runtime/offline/inspect-exchanges.ts';
import { makeFolder, runCommand } from './command.ts';
import type { Ended } from './command.ts';

const RULES = `SecRule ARGS|REQUEST_HEADERS "@contains evil" "id:4711,phase:2,deny,severity:CRITICAL,t:lowercase,msg:'Evil',tag:'attack',tag:'mine',logdata:'found %{MATCHED_VAR} in %{MATCHED_VAR_NAME}'"
SecRule RESPONSE_STATUS "@streq 500" "id:4712,phase:3,deny,status:502,msg:'Trouble'"
`;
const CONFIG = `listeners:
  raw: { bind: ":81", protocol: tcp, pool: app }
  web: { bind: ":80", pool: app, routes: [seen, never] }
  other: { bind: ":82", pool: app, inspection: off }
routes:
  seen: { paths: /seen/, pool: app, inspection: detect }
  never: { paths: /never/, pool: app, inspection: off }
pools: { app: { servers: ["127.0.0.1:1"] } }
inspection: { rules: [own.conf], body: { held: 1KiB } }
`;

const CLEAN = 'GET /?q=good HTTP/1.1\r\nHost: shop.example\r\n\r\n';
const EVIL = 'GET /?q=EVIL HTTP/1.1\r\nHost: shop.example\r\n\r\n';

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'own.conf': RULES,
  'no-words.conf': 'SecRule ARGS "@pmFromFile no-words" "id:1,phase:2,deny"\n',
  'x.rules': 'alert tcp any any -> any any (content:"evil"; sid:1;)\n'.repeat(3),
  'sallyport.yaml': CONFIG,
  'clean.http': CLEAN,
  'evil.http': EVIL,
  'both.http': `${CLEAN}HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n${EVIL}`,
  'three.http': CLEAN + EVIL + CLEAN,
  'clean.har': JSON.stringify({
    log: {
      entries: Array.from({ length: 1200 }, () => ({
        request: { method: 'GET', url: 'http://shop.example/', headers: [] },
      })),
    },
  }),
  'broken.har': '{',
  'seen.http': EVIL.replace('/?', '/seen/?'),
  'never.http': EVIL.replace('/?', '/never/?'),
  'never-read.http': EVIL.replace('/?', '/never/ ?'),
  'secret.http': EVIL.replace('q=EVIL', 'password=hunter2evil').replace(
    '\r\n\r\n',
    '\r\nAuthorization: evil-hunter2\r\n\r\n',
  ),
  'long.http': `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(2000)}`,
  'nasty.http': Buffer.from('GET /?q=evil%1b[2J HTTP/1.1\r\nHost: x\r\nX: \x9bevil\r\n\r\n', 'latin1'),
  'one.har': JSON.stringify({
    log: {
      entries: [
        {
          request: {
            method: 'POST',
            url: 'http://shop.example/',
            headers: [{ name: 'Content-Type', value: 'application/json' }],
            postData: { text: '{"a":["evil"]}' },
          },
        },
      ],
    },
  }),
};

async function inspect(t: Parameters<typeof makeFolder>[0], ...args: string[]): Promise<Ended> {
  return await runCommand(t, ['inspect', ...args], { cwd: makeFolder(t, FILES) });
}

const VERDICTS: readonly (readonly [args: readonly string[], code: number, verdicts: string])[] = [
  [['clean.http'], 0, 'continue'],
  [['evil.http'], 2, 'deceive request body 4711'],
  [['both.http'], 2, 'reply response head 502 4712, deceive request body 4711'],
  [['seen.http'], 0, 'continue 4711 (deceive)'],
  [['never.http'], 0, 'continue 4711 (deceive)'],
  [['never-read.http'], 2, 'reply reading 400'],
  [['long.http'], 2, 'reply request body 413'],
  [['one.har'], 2, 'deceive request body 4711'],
  [['evil.http', '--listener', 'other'], 0, 'continue 4711 (deceive)'],
  [['evil.http', '-c', 'sallyport.yaml'], 2, 'deceive request body 4711'],
  [['evil.http', '--rules', 'default'], 0, 'continue'],
  [['seen.http', '--rules', 'own.conf'], 2, 'deceive request body 4711'],
  [['seen.http', '--rules', 'own.conf', '-c', 'sallyport.yaml'], 0, 'continue 4711 (deceive)'],
];

for (const [args, code, verdicts] of VERDICTS) {
  test(`inspect ${args.join(' ')}: ${verdicts}`, async (t) => {
    const ended = await inspect(t, ...args, '--json');
    assert.equal(ended.code, code, ended.stderr);
    // Its shape is our own; a field that is not there fails the comparison.
    const { exchanges } = JSON.parse(ended.stdout) as { readonly exchanges: readonly InspectedView[] };
    const told = exchanges.map(({ verdict, verdictWhenOn, decidedAt, status, hits }) =>
      [
        verdict,
        decidedAt,
        status === 0 ? '' : String(status),
        ...hits.map(({ rule }) => rule),
        verdict === verdictWhenOn ? '' : `(${verdictWhenOn})`,
      ]
        .filter((part) => part !== '')
        .join(' '),
    );
    assert.equal(told.join(', '), verdicts);
  });
}

test('inspect tells the whole story of a request', async (t) => {
  const { stdout } = await inspect(t, 'evil.http', '--rules', 'own.conf');
  assert.equal(
    stdout,
    `Request    GET /?q=EVIL HTTP/1.1, host shop.example
Way        listener web
Rules      2 rules, mode on
Verdict    deceive, at the request body: moved to the decoy
Because    Rule 4711 (own.conf:1) matched: Evil (rule-4711)
Hits       rule 4711 (own.conf:1): Evil
             in ARGS:q: "evil" after lowercase
             CRITICAL, tags attack, mine
             says "found evil in ARGS:q"
`,
  );
});

test('inspect of several requests tells those that something is to be said of, or all, and counts', async (t) => {
  for (const [more, told] of [
    [[], ['/?q=EVIL']],
    [['--all'], ['/?q=good', '/?q=EVIL', '/?q=good']],
  ] as const) {
    const { stdout } = await inspect(t, 'three.http', ...more);
    assert.deepEqual(
      [...stdout.matchAll(/^Request {4}GET (\S+) /gm)].map(([, target]) => target),
      told,
    );
    assert.match(stdout, /\n\n3 requests: 2 pass, 1 deceive\n$/);
  }
  const { stdout } = await inspect(t, 'clean.har');
  assert.equal(stdout, '1,200 requests: 1,200 pass\n');
});

test('inspect takes secrets out unless it is told not to', async (t) => {
  for (const more of [[], ['--json']]) {
    const ended = await inspect(t, 'secret.http', ...more);
    assert.equal(ended.code, 2);
    assert.doesNotMatch(ended.stdout, /hunter2/);
    assert.match(ended.stdout, /\[redacted:\d+\]/);
    const shown = await inspect(t, 'secret.http', '--show-secrets', ...more);
    assert.match(shown.stdout, /password=hunter2evil/);
  }
});

test('inspect prints nothing that could command a terminal', async (t) => {
  for (const more of [[], ['--json']]) {
    const ended = await inspect(t, 'nasty.http', ...more);
    assert.equal(ended.code, 2, ended.stderr);
    assert.match(ended.stdout, /evil/);
    assert.doesNotMatch(ended.stdout, /[^\x20-\x7e\n]/);
  }
});

test('inspect reads standard input', async (t) => {
  const cwd = makeFolder(t, FILES);
  const ended = await runCommand(t, ['inspect', '/dev/stdin'], {
    cwd,
    prefix: ['/bin/sh', '-c', '"$@" < evil.http', 'sh'],
  });
  const dash = await runCommand(t, ['inspect', '-'], {
    cwd,
    prefix: ['/bin/sh', '-c', '"$@" < evil.http', 'sh'],
  });
  assert.deepEqual([ended.code, dash.code, dash.stdout], [2, 2, ended.stdout]);
});

const FAILED: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [[], /^Cannot run: file is missing/],
  [['a.http', 'b.http'], /there is more than one file/],
  [['missing.http'], /^Cannot read "missing\.http": there is no such file$/m],
  [['broken.har'], /^broken\.har: Cannot read the HAR: it is not JSON\n$/],
  [['.'], /^Cannot read "\.": it is a folder$/m],
  [
    ['own.conf', '--rules', 'missing.conf'],
    /^--rules: Cannot read rules ".*missing\.conf": no file has this name/,
  ],
  [
    ['evil.http', '--rules', 'no-words.conf'],
    /file "no-words" cannot be read: there is no such file \[operator-argument\]$/m,
  ],
  [
    ['evil.http', '--rules', 'x.rules'],
    /^--rules: .*x\.rules": these are rules of Snort: list them under inspection\.snort\.rules of a configuration, and name it with -c \[rules-kind\]\n$/,
  ],
  [['evil.http', '--rules', 'sallyport.yaml'], /\[directive-unknown\]/],
  [['evil.http', '--listener', 'raw'], /"raw" is no listener for HTTP; there are web, other/],
  [['evil.http', '--client', '1..1'], /"1\.\.1" is not an address/],
  [['evil.http', '-c', 'own.conf'], /^own\.conf:1:/],
];

for (const [args, message] of FAILED) {
  test(`inspect ${args.join(' ')} fails with exit code 1`, async (t) => {
    const ended = await inspect(t, ...args);
    assert.deepEqual([ended.code, ended.stdout], [1, '']);
    assert.match(ended.stderr, message);
    assert.doesNotMatch(ended.stderr, /^\s+at /m);
  });
}
