/** `sallyport rules install crs`, from a server of the test and from files, and what `crs` in a configuration finds then. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../src/runtime/rule-archive/crs-release.ts';
import { makeTar } from '../support/make-tar.ts';
import { makeFolder, runCommand } from './command.ts';
import type { Ended } from './command.ts';

const TOP = 'coreruleset-9.1.0';
const RELEASE = [
  { path: `${TOP}/crs-setup.conf.example`, text: 'SecAction "id:900990,phase:1,pass,nolog,setvar:tx.a=1"\n' },
  {
    path: `${TOP}/rules/REQUEST-942.conf`,
    text: 'SecRule ARGS "@pmFromFile words.data" "id:942100,phase:2,deny"\n',
  },
  { path: `${TOP}/rules/words.data`, text: 'evil\n' },
];
const ARCHIVE = gzipSync(makeTar(RELEASE));
const DIGEST = sha256(ARCHIVE);
const CONFIG = `listeners: { web: { bind: "127.0.0.1:0", pool: app } }
pools: { app: { servers: ["127.0.0.1:1"] } }
inspection: { rules: [crs] }
`;

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a port has an address with one.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function sends(archive: Uint8Array): RequestListener {
  return (request, response) => {
    if (request.url === '/moved') response.writeHead(302, { Location: '/crs.tar.gz' }).end();
    else if (request.url === '/crs.tar.gz') response.end(archive);
    else response.writeHead(404).end('nothing here');
  };
}

async function install(t: TestContext, cwd: string, ...args: string[]): Promise<Ended> {
  return await runCommand(t, ['rules', 'install', 'crs', ...args], { cwd });
}

test('the CRS is fetched, checked, installed, and found by the configuration', async (t) => {
  const cwd = makeFolder(t, {
    'sallyport.yaml': CONFIG,
    'evil.http': 'GET /?a=evil HTTP/1.1\r\nHost: x\r\n\r\n',
  });
  const before = await runCommand(t, ['check'], { cwd });
  assert.equal(before.code, 1);
  assert.match(
    before.stderr,
    /\.sallyport\/rules\/crs\/crs\.conf": no file has this name .*\n {2}"sallyport rules install crs" puts it there/,
  );
  const url = await serve(t, sends(ARCHIVE));
  const installed = await install(
    t,
    cwd,
    '--from',
    `${url}/moved`,
    '--digest',
    `sha256:${DIGEST.toUpperCase()}`,
  );
  assert.deepEqual([installed.code, installed.stderr], [0, '']);
  assert.match(installed.stdout, /^CRS 9\.1\.0 is installed in .*\.sallyport\/rules\/crs, with 2 rules; /);
  const check = await runCommand(t, ['check'], { cwd });
  assert.match(check.stdout, /^sallyport\.yaml: good \(.*, 2 rules\)$/m, check.stderr);
  const inspected = await runCommand(t, ['inspect', 'evil.http'], { cwd });
  assert.match(inspected.stdout, /rule 942100 \(.*9\.1\.0\/rules\/REQUEST-942\.conf:1\)/);
  const alone = await runCommand(t, ['inspect', 'evil.http', '--rules', 'crs'], { cwd });
  assert.match(alone.stdout, /rule 942100/);
});

test('the CRS is installed from a file, beside the configuration that is named, or elsewhere', async (t) => {
  const cwd = makeFolder(t, { 'crs.tar.gz': ARCHIVE });
  const place = makeFolder(t, { 'x.yaml': CONFIG });
  const beside = await install(
    t,
    cwd,
    '--from',
    'crs.tar.gz',
    '--digest',
    DIGEST,
    '-c',
    join(place, 'x.yaml'),
  );
  assert.equal(beside.code, 0, beside.stderr);
  const check = await runCommand(t, ['check', '-c', join(place, 'x.yaml')], { cwd });
  assert.equal(check.code, 0, check.stderr);
  const elsewhere = await install(t, cwd, '--from', 'crs.tar.gz', '--digest', DIGEST, '--into', 'own');
  assert.match(elsewhere.stdout, /rules: \[".*\/own\/crs\.conf"\]/);
  assert.equal(existsSync(join(cwd, 'own/9.1.0/rules/words.data')), true);
});

const EVIL = gzipSync(
  makeTar([...RELEASE, { path: `${TOP}/rules/../../../../evil.conf`, text: 'SecRuleEngine Off' }]),
);

const FAILED: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
  ['no digest', ['--from', 'crs.tar.gz'], /^Cannot install version 9\.1\.0: its digest is not known here/],
  [
    'another digest',
    ['--from', 'crs.tar.gz', '--digest', 'a'.repeat(64)],
    /^Cannot install: the archive has the digest/,
  ],
  [
    'a digest that is none',
    ['--from', 'crs.tar.gz', '--digest', 'md5:abc'],
    /^Cannot install: "md5:abc" is no SHA-256 digest/,
  ],
  [
    'another version',
    ['--from', 'crs.tar.gz', '--digest', DIGEST, '--version', 'v4.28.0'],
    /the archive is version 9\.1\.0/,
  ],
  ['a version that is none', ['--version', '../4'], /^Cannot install: "\.\.\/4" is no version/],
  [
    'no file',
    ['--from', 'missing.tar.gz', '--digest', DIGEST],
    /^Cannot read .*missing\.tar\.gz: there is no such file$/m,
  ],
  [
    'something else',
    ['--from', 'sallyport.yaml', '--digest', sha256(Buffer.from(CONFIG))],
    /^Cannot unpack the archive: /,
  ],
  [
    'a hostile archive',
    ['--from', 'evil.tar.gz', '--digest', sha256(EVIL)],
    /^Cannot use the archive: it names/,
  ],
  [
    'no server',
    ['--from', 'http://127.0.0.1:1/crs.tar.gz', '--digest', DIGEST],
    /^Cannot fetch http:\/\/127\.0\.0\.1:1\/crs\.tar\.gz: /,
  ],
];

for (const [what, args, message] of FAILED) {
  test(`rules install crs with ${what} fails in one line, and installs nothing`, async (t) => {
    const cwd = makeFolder(t, { 'sallyport.yaml': CONFIG, 'crs.tar.gz': ARCHIVE, 'evil.tar.gz': EVIL });
    const ended = await install(t, cwd, ...args);
    assert.deepEqual([ended.code, ended.stdout], [1, '']);
    assert.match(ended.stderr, message);
    assert.doesNotMatch(ended.stderr, /^\s+at /m);
    assert.equal(existsSync(join(cwd, '.sallyport')), false);
  });
}

test('a server that has no archive, or too much, is told of', async (t) => {
  const cwd = makeFolder(t);
  const url = await serve(t, (request, response) => {
    if (request.url !== '/endless') {
      sends(ARCHIVE)(request, response);
      return;
    }
    const send = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
      response.once('drain', send);
    };
    send();
  });
  const missing = await install(t, cwd, '--from', `${url}/other`, '--digest', DIGEST);
  assert.match(missing.stderr, /^Cannot fetch .*\/other: the answer is 404$/m);
  const endless = await install(t, cwd, '--from', `${url}/endless`, '--digest', DIGEST);
  assert.match(endless.stderr, /^Cannot fetch .*\/endless: it has more than 16 MiB$/m);
});

for (const args of [[], ['install'], ['install', 'snort'], ['remove', 'crs'], ['install', 'crs', 'more']]) {
  test(`rules ${args.join(' ')} says how it is called`, async (t) => {
    const ended = await runCommand(t, ['rules', ...args], { cwd: makeFolder(t) });
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /sallyport rules install crs \[--version V\]/);
  });
}

const DATA = join(process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../shared/data'), 'crs');

test(
  'the release that is known is installed without a digest',
  { skip: existsSync(DATA) ? false : `there is no ${DATA}` },
  async (t) => {
    const names = ['crs-setup.conf.example', ...globSync('rules/*.{conf,data}', { cwd: DATA })];
    const files = names.map((name) => ({
      path: `coreruleset-4.28.0/${name}`,
      text: readFileSync(join(DATA, name)),
    }));
    const cwd = makeFolder(t, { 'sallyport.yaml': CONFIG, 'crs.tar.gz': gzipSync(makeTar(files)) });
    const installed = await install(t, cwd, '--from', 'crs.tar.gz');
    assert.equal(installed.code, 0, installed.stderr);
    assert.match(installed.stdout, /^CRS 4\.28\.0 .* with \d{3} rules; its files are those of the release\./);
    writeFileSync(
      join(cwd, 'crs.tar.gz'),
      gzipSync(
        makeTar([
          ...files.slice(1),
          { path: 'coreruleset-4.28.0/crs-setup.conf.example', text: 'SecRuleEngine Off\n' },
        ]),
      ),
    );
    const changed = await install(t, cwd, '--from', 'crs.tar.gz');
    assert.match(changed.stderr, /^Cannot install version 4\.28\.0: its files have the digest/);
  },
);
