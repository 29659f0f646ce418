import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeTar } from '../../../test/support/make-tar.ts';
import type { Packed } from '../../../test/support/make-tar.ts';
import { compileRules } from '../../inspect/build.ts';
import { loadRules } from '../../inspect/load-rules.ts';
import { contentDigest, KNOWN_RELEASES, releaseOf, sha256 } from './crs-release.ts';
import { installCrs } from './install-crs.ts';
import type { InstallOptions } from './install-crs.ts';
import { unpack } from './read-archive.ts';
import { readTar } from './tar.ts';

const SETUP = 'SecAction "id:900990,phase:1,pass,nolog,setvar:tx.crs_setup_version=4280"\n';
const RULE = 'SecRule ARGS "@pmFromFile words.data" "id:942100,phase:2,deny"\n';

function release(changes: readonly Packed[] = [], top = 'coreruleset-9.1.0'): Packed[] {
  return [
    { path: `${top}/`, type: '5' },
    { path: `${top}/README.md`, text: 'a' },
    { path: `${top}/LICENSE`, text: 'free' },
    { path: `${top}/crs-setup.conf.example`, text: SETUP },
    { path: `${top}/rules/REQUEST-942.conf`, text: RULE },
    { path: `${top}/rules/words.data`, text: 'evil\n' },
    { path: `${top}/rules/REQUEST-900.conf.example`, text: 'SecRule broken' },
    { path: `${top}/tests/rules/a.conf`, text: 'SecRule broken' },
    { path: `${top}/link`, type: '2' },
    ...changes,
  ];
}

function archiveOf(files: readonly Packed[] = release()): Buffer {
  return gzipSync(makeTar(files));
}

/** What the release above is known by. */
function knownOf(files: readonly Packed[] = release()): Readonly<Record<string, string>> {
  return { '9.1.0': contentDigest(releaseOf(readTar(makeTar(files), { entriesMax: 100 }))) };
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-crs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'crs');
}

function optionsOf(into: string, changes: Partial<InstallOptions> = {}): InstallOptions {
  return { version: undefined, digest: undefined, into, known: knownOf(), ...changes };
}

test('a release that is known is installed, and can be loaded', (t) => {
  const into = folderOf(t);
  const installed = installCrs(archiveOf(), optionsOf(into));
  assert.deepEqual(
    { ...installed, path: '' },
    { version: '9.1.0', path: '', ruleCount: 2, knownBy: 'release', warnings: [] },
  );
  const loaded = loadRules([installed.path], into);
  assert(loaded.kind === 'ok');
  const compiled = compileRules(loaded.files, { exclude: ['942100'] });
  assert(compiled.kind === 'ok');
  assert.deepEqual(globSync('**', { cwd: into }).sort(), [
    '.',
    '9.1.0',
    '9.1.0/LICENSE',
    '9.1.0/crs-setup.conf.example',
    '9.1.0/rules',
    '9.1.0/rules/REQUEST-942.conf',
    '9.1.0/rules/words.data',
    'crs-setup.conf',
    'crs.conf',
  ]);
});

test('an archive is known by the digest that is given, whatever release it is', (t) => {
  const archive = archiveOf();
  const installed = installCrs(archive, optionsOf(folderOf(t), { known: {}, digest: sha256(archive) }));
  assert.equal(installed.knownBy, 'digest');
});

test('the settings of the user stay, and so do other releases', (t) => {
  const into = folderOf(t);
  installCrs(archiveOf(), optionsOf(into));
  writeFileSync(join(into, 'crs-setup.conf'), `${SETUP}# mine\n`);
  writeFileSync(join(into, '9.1.0/rules/left-over.conf'), '');
  const next = archiveOf(release([], 'coreruleset-9.2.0'));
  installCrs(next, optionsOf(into, { digest: sha256(next) }));
  installCrs(archiveOf(), optionsOf(into));
  assert.match(readFileSync(join(into, 'crs-setup.conf'), 'utf8'), /# mine/);
  assert.match(readFileSync(join(into, 'crs.conf'), 'utf8'), /^Include \.\/9\.1\.0\/rules/m);
  assert.equal(existsSync(join(into, '9.2.0/rules/REQUEST-942.conf')), true);
  assert.equal(
    existsSync(join(into, '9.1.0/rules/left-over.conf')),
    false,
    'a release is replaced as a whole',
  );
});

interface Refused {
  readonly what: string;
  readonly archive: Uint8Array;
  readonly options?: Partial<InstallOptions>;
  readonly message: RegExp;
}

const OTHER = 'a'.repeat(64);
const TOP = 'coreruleset-9.1.0';

const REFUSED: readonly Refused[] = [
  {
    what: 'another digest',
    archive: archiveOf(),
    options: { digest: OTHER },
    message: /has the digest sha256:[0-9a-f]{64}, not sha256:a{64}/,
  },
  {
    what: 'a release that is not known',
    archive: archiveOf(),
    options: { known: {} },
    message: /its digest is not known here; .*--digest \(this one has sha256:[0-9a-f]{64}\)/,
  },
  {
    what: 'a version called constructor',
    archive: archiveOf(release([], 'x')),
    options: { version: 'constructor' },
    message: /digest is not known/,
  },
  {
    what: 'other files than the release has',
    archive: archiveOf(release([{ path: `${TOP}/rules/more.conf`, text: '' }])),
    message: /its files have the digest/,
  },
  {
    what: 'another version than is wanted',
    archive: archiveOf(),
    options: { version: '9.2.0' },
    message: /the archive is version 9\.1\.0/,
  },
  {
    what: 'an archive that does not say its version',
    archive: archiveOf(release([], 'top')),
    message: /name it with --version/,
  },
  { what: 'no gzip', archive: makeTar(release()), message: /Cannot unpack/ },
  { what: 'half an archive', archive: archiveOf().subarray(0, 200), message: /Cannot unpack/ },
  { what: 'a bomb', archive: gzipSync(new Uint8Array(70 * 1024 * 1024)), message: /Cannot unpack/ },
  { what: 'no tar', archive: gzipSync('x'.repeat(5000)), message: /not a tar archive/ },
  {
    what: 'something else',
    archive: archiveOf([{ path: 'a/b', text: 'c' }]),
    message: /it is no release of the CRS/,
  },
  {
    what: 'settings without rules',
    archive: archiveOf([{ path: `${TOP}/crs-setup.conf.example`, text: SETUP }]),
    message: /it is no release of the CRS/,
  },
  {
    what: 'two releases',
    archive: archiveOf([...release(), ...release([], 'coreruleset-9.0.0')]),
    message: /more than one release/,
  },
  {
    what: 'a file twice',
    archive: archiveOf(release([{ path: `${TOP}/rules/words.data` }])),
    message: /is in it twice/,
  },
  {
    what: 'a link for rules',
    archive: archiveOf(release([{ path: `${TOP}/rules/more.conf`, type: '2' }])),
    message: /not a regular file/,
  },
  {
    what: 'a hard link for rules',
    archive: archiveOf(release([{ path: `${TOP}/rules/more.data`, type: '1' }])),
    message: /not a regular file/,
  },
  {
    what: 'a path out of the archive',
    archive: archiveOf(release([{ path: `${TOP}/rules/../../../evil.conf` }])),
    message: /it names "coreruleset-9\.1\.0\/rules\/\.\.\/\.\./,
  },
  {
    what: 'a path from the root',
    archive: archiveOf(release([{ path: '/etc/cron.d/evil' }])),
    message: /it names "\/etc/,
  },
  {
    what: 'a path with backslashes',
    archive: archiveOf(release([{ path: `${TOP}\\..\\evil` }])),
    message: /it names/,
  },
  {
    what: 'a file that is too large',
    archive: archiveOf(release([{ path: `${TOP}/rules/big.data`, text: 'x'.repeat(4 * 1024 * 1024 + 1) }])),
    message: /larger than 4 MiB/,
  },
  {
    what: 'too many files',
    archive: archiveOf(
      release(Array.from({ length: 500 }, (_, index) => ({ path: `${TOP}/rules/${index}.data` }))),
    ),
    message: /more than 500 files/,
  },
  {
    what: 'too many entries',
    archive: archiveOf(release(Array.from({ length: 5001 }, () => ({ path: 'x', type: 'g' })))),
    message: /more than 5000 entries/,
  },
];

for (const { what, archive, options, message } of REFUSED) {
  test(`${what}: nothing is installed`, (t) => {
    const into = folderOf(t);
    assert.throws(
      () => installCrs(archive, optionsOf(into, options)),
      (error) => error instanceof Error && message.test(error.message),
    );
    assert.equal(existsSync(into), false);
  });
}

test('a release whose rules cannot be loaded takes the place of nothing', (t) => {
  const into = folderOf(t);
  installCrs(archiveOf(), optionsOf(into));
  const before = globSync('**', { cwd: into }).sort();
  const broken = archiveOf(
    release([{ path: 'coreruleset-9.2.0/rules/broken.conf', text: 'SecRule' }], 'coreruleset-9.2.0'),
  );
  assert.throws(
    () => installCrs(broken, optionsOf(into, { digest: sha256(broken) })),
    /rules cannot be loaded\n.*broken\.conf:1/,
  );
  assert.deepEqual(globSync('**', { cwd: into }).sort(), before);
});

test('what stands in the way is told', (t) => {
  const into = folderOf(t);
  mkdirSync(join(into, '..'), { recursive: true });
  writeFileSync(into, '');
  assert.throws(() => installCrs(archiveOf(), optionsOf(into)), /is there and is no folder$/);
});

test('a digest of contents is what sha256sum makes of the files', () => {
  const { files } = releaseOf(readTar(unpack(archiveOf()), { entriesMax: 100 }));
  const named = ['crs-setup.conf.example', 'rules/REQUEST-942.conf', 'rules/words.data'];
  const lines = named.map((name) => {
    const file = files.find(({ path }) => path === name);
    assert(file !== undefined);
    return `${sha256(file.bytes)}  ${name}\n`;
  });
  assert.equal(
    contentDigest({ files, version: undefined }),
    sha256(new TextEncoder().encode(lines.join(''))),
  );
});

test('known digests are digests', () => {
  for (const [version, digest] of Object.entries(KNOWN_RELEASES)) {
    assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.match(digest, /^[0-9a-f]{64}$/);
  }
});

test('a folder that cannot be made is told, and what is around it is made', (t) => {
  const around = folderOf(t);
  const into = join(around, 'more', 'crs');
  installCrs(archiveOf(), optionsOf(into));
  assert.equal(existsSync(join(into, 'crs.conf')), true);
  const file = join(into, 'crs.conf');
  for (const [place, message] of [
    [file, `Cannot install: ${file} is there and is no folder`],
    [join(file, 'crs'), `Cannot install: ${file} is there and is no folder`],
    ['/proc/nope/crs', 'Cannot install: folder /proc/nope cannot be made: the system makes no folders there'],
  ] as const) {
    assert.throws(() => installCrs(archiveOf(), optionsOf(place)), { message });
  }
});
