/** `sallyport check`: a good configuration in one line, everything that is wrong with a bad one. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder, runCommand } from './command.ts';

const GOOD = `listeners:
  web: { bind: "127.0.0.1:0", pool: app, decoy: trap, inspection: off }
pools:
  app: { servers: ["127.0.0.1:9001", "127.0.0.1:9002"] }
decoys:
  trap: {}
`;

const BAD = `listeners:
  web: { bind: "127.0.0.1:99999", pol: app, timeouts: { head: 3 parsecs } }
pools:
  app: { servers: [localhost] }
`;

test('check of a good configuration says what is in it', async (t) => {
  const ended = await runCommand(t, ['check'], { cwd: makeFolder(t, { 'sallyport.yaml': GOOD }) });
  assert.deepEqual(
    [ended.code, ended.stdout, ended.stderr],
    [0, 'sallyport.yaml: good (1 listener, 0 routes, 1 pool, 1 decoy, 0 rules)\n', ''],
  );
});

test('check reads the file that -c names', async (t) => {
  const folder = makeFolder(t, { 'sallyport.yaml': BAD, 'other.yaml': GOOD });
  const ended = await runCommand(t, ['check', '-c', 'other.yaml'], { cwd: folder });
  assert.equal(ended.code, 0);
  assert.match(ended.stdout, /^other\.yaml: good/);
});

test('check prints every mistake with its place, and fails', async (t) => {
  const ended = await runCommand(t, ['check'], { cwd: makeFolder(t, { 'sallyport.yaml': BAD }) });
  assert.equal(ended.code, 1);
  assert.equal(ended.stdout, '');
  const places = [...ended.stderr.matchAll(/^sallyport\.yaml:(\d+):(\d+): error ([a-z-]+): /gm)];
  assert.deepEqual(
    places.map(([, line, , code]) => `${line ?? ''} ${code ?? ''}`),
    ['2 no-pool', '2 bad-value', '2 unknown-key', '2 bad-value', '4 bad-value'],
    ended.stderr,
  );
  assert.match(ended.stderr, /did you mean "pool"/, 'the misspelt key is put right');
  assert.match(ended.stderr, /^ +\| +\^+$/m, 'the place is underlined');
  assert.match(ended.stderr, /^sallyport\.yaml: 5 mistakes$/m);
});

test('check prints every mistake in the rules', async (t) => {
  const folder = makeFolder(t, {
    'sallyport.yaml': `${GOOD.replace('inspection: off', 'inspection: on')}inspection: { rules: [own.conf] }\n`,
    'own.conf': 'SecRule ARGS "@foo x" "id:1,phase:2,deny"\nSecRule ARGSS "@rx x" "id:2,phase:2,deny"\n',
  });
  const ended = await runCommand(t, ['check'], { cwd: folder });
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /own\.conf:1:\d+: .*@foo/);
  assert.match(ended.stderr, /own\.conf:2:\d+: .*ARGSS/);
});

const WARNED = `SecAuditLog /var/log/audit
SecRule ARGS "@contains evil" "id:1,phase:2,deny"
SecRuleRemoveById 1 4711
`;

test('check prints a warning about rules once, whatever the number of modes, and says that all is good', async (t) => {
  const detect = GOOD.replace('inspection: off', 'inspection: detect').replace(
    'pools:',
    '  two: { bind: "127.0.0.1:0", pool: app }\npools:',
  );
  const folder = makeFolder(t, {
    'sallyport.yaml': `${detect}inspection: { rules: [own.conf] }\n`,
    'own.conf': WARNED.replace('1 4711', '4711'),
  });
  const ended = await runCommand(t, ['check'], { cwd: folder });
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /good \(2 listeners, .*, 1 rule\)/);
  assert.deepEqual(
    ended.stderr
      .trim()
      .split('\n')
      .map((line) => /own\.conf:(\d+:\d+): .*\[([a-z-]+)\]$/.exec(line)?.slice(1)),
    [
      ['1:1', 'directive-ignored'],
      ['3:1', 'rule-unknown'],
    ],
  );
});

test('check takes an excluded rule that the rules themselves remove', async (t) => {
  const folder = makeFolder(t, {
    'sallyport.yaml': `${GOOD.replace('inspection: off', 'inspection: on')}inspection: { rules: [own.conf], exclude: ["1", "2"] }\n`,
    'own.conf': WARNED.replace('1 4711', '1'),
  });
  const ended = await runCommand(t, ['check'], { cwd: folder });
  assert.equal(ended.code, 1);
  assert.doesNotMatch(ended.stderr, /"1"/);
  assert.match(ended.stderr, /Cannot exclude rule "2": no rule has this id/);
});

test('rules named in the configuration may include others', async (t) => {
  const folder = makeFolder(t, {
    'sallyport.yaml': `${GOOD.replace('inspection: off', 'inspection: on')}inspection: { rules: [own.conf] }\n`,
    'own.conf': 'Include more/*.conf\n',
  });
  mkdirSync(join(folder, 'more'));
  writeFileSync(join(folder, 'more/a.conf'), WARNED.split('\n')[1] ?? '');
  const ended = await runCommand(t, ['check'], { cwd: folder });
  assert.match(ended.stdout, /, 1 rule\)/, ended.stderr);
});

test('check of rules that are not there fails', async (t) => {
  const folder = makeFolder(t, {
    'sallyport.yaml': `${GOOD.replace('inspection: off', 'inspection: on')}inspection: { rules: ["own/*.conf"] }\n`,
  });
  const ended = await runCommand(t, ['check'], { cwd: folder });
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /Cannot read rules ".*own\/\*\.conf": no file has this name/);
});

const UNREADABLE: readonly (readonly [name: string, message: RegExp])[] = [
  ['missing.yaml', /Cannot read "missing\.yaml": there is no such file/],
  ['folder', /Cannot read "folder": it is a folder/],
  ['latin1.yaml', /Cannot read "latin1\.yaml": it is not UTF-8/],
];

for (const command of ['check', 'run']) {
  for (const [name, message] of UNREADABLE) {
    test(`${command} -c ${name} fails with one clear line`, async (t) => {
      const folder = makeFolder(t, { 'latin1.yaml': Buffer.from('# \xe9', 'latin1') });
      mkdirSync(join(folder, 'folder'));
      const ended = await runCommand(t, [command, '-c', name], { cwd: folder });
      assert.equal(ended.code, 1);
      assert.equal(ended.stdout, '');
      assert.match(ended.stderr, message);
      assert.equal(/^\s+at /m.test(ended.stderr), false, 'no stack');
    });
  }
}
