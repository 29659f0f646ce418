/**
 * The package as npm publishes it: what is in it, and that it works where it is installed.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  globSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command, makeFolder, runCommand } from '../cli/command.ts';
import { get, startOrigin } from '../cli/web.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Of npm, which has a build and downloads to do. */
const NPM_MS = 600_000;

/** Building takes seconds of a processor, and installing takes what the package depends on from the npm registry. */
const skip =
  process.env['SALLYPORT_TEST_ALL'] === '1' ? false : 'needs the npm registry: set SALLYPORT_TEST_ALL=1';

test('the package', { skip }, async (t) => {
  const installed = install(t);

  await t.test('holds what is needed to run it and to read about it', () => {
    const { files } = installed;
    for (const name of [
      'package.json',
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'bin/sallyport.js',
      'docs/reference/configuration.md',
    ]) {
      assert(files.includes(name), `${name} is missing`);
    }
    const sources = globSync('src/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] });
    const compiled = sources.flatMap((source) =>
      ['.js', '.d.ts', '.js.map'].map((end) => source.replace(/^src(.*)\.ts$/, `dist$1${end}`)),
    );
    const shipped = globSync(['rules/*.conf', 'examples/*.yaml'], { cwd: ROOT });
    assert(sources.length > 100 && shipped.length > 10, 'the lists are of this project');
    assert.deepEqual(
      [...compiled, ...shipped].filter((name) => !files.includes(name)),
      [],
    );
  });

  await t.test('holds nothing else', () => {
    const allowed = /^(?:bin|dist|rules|examples|docs\/reference)\/|^(?:package\.json|[A-Z]+(?:\.md)?)$/;
    const unwanted = /\.test\.|(?:^|\/)(?:src|test|node_modules)\/|^dist\/.*(?<!\.d)\.ts$/;
    assert.deepEqual(
      installed.files.filter((name) => !allowed.test(name) || unwanted.test(name)),
      [],
    );
  });

  await t.test('says nothing about the machine that made it', () => {
    const { files, folder } = installed;
    assert.deepEqual(
      files.filter((name) => readFileSync(join(folder, name), 'latin1').includes(ROOT)),
      [],
    );
  });

  await t.test('has types that a compiler can follow', (t) => {
    const folder = makeFolder(t, {
      'package.json': '{"type":"module"}',
      'use.ts': `import type { Config } from '${installed.folder}/dist/config/config.js';
import { readConfig } from '${installed.folder}/dist/config/read.js';
export const level: Config['log']['level'] = 'warn';
// @ts-expect-error -- only with its types is this known to be wrong
export const wrong: Config['log']['level'] = 'loud';
export const kind: 'ok' | 'bad' = readConfig('', '', {}).kind;
`,
    });
    compile(join(folder, 'use.ts'));
  });

  await t.test('is a library that programs can import by its name, with types', (t) => {
    const folder = makeFolder(t, { 'package.json': '{"type":"module"}', 'use.ts': LIBRARY_USE });
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(installed.folder, join(folder, 'node_modules/sallyport'));
    compile(join(folder, 'use.ts'));
    const run = spawnSync(process.execPath, ['use.ts'], { cwd: folder, encoding: 'utf8' });
    assert.deepEqual([run.stdout, run.stderr], ['deceive 11030\n', '']);
    const example = join(folder, 'node_modules/sallyport/examples/node/inspect-requests.js');
    const middleware = `import { inspectRequests, loadInspector } from ${JSON.stringify(example)};
process.stdout.write(typeof inspectRequests(loadInspector()));`;
    const made = spawnSync(process.execPath, ['--input-type=module', '--eval', middleware], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.deepEqual([made.stdout, made.stderr], ['function', '']);
    const inner = `import 'sallyport/dist/inspect/build.js';`;
    const refused = spawnSync(process.execPath, ['--input-type=module', '--eval', inner], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.match(refused.stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/, 'what is not promised cannot be imported');
  });

  const own = nodeOfMachine();
  const isThere = own === undefined ? 'there is no Node.js beside that of this project' : false;
  await t.test('is a library for the Node.js of the machine, too', { skip: isThere }, (t) => {
    const folder = makeFolder(t, {
      'package.json': '{"type":"module"}',
      'use.js': stripTypeScriptTypes(LIBRARY_USE),
    });
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(installed.folder, join(folder, 'node_modules/sallyport'));
    const run = spawnSync(own ?? '', ['use.js'], { cwd: folder, encoding: 'utf8' });
    assert.deepEqual([run.stdout, run.stderr], ['deceive 11030\n', '']);
  });

  for (const [what, program] of [
    ['the Node.js of this project', process.execPath],
    ['the Node.js of the machine', own],
  ] as const) {
    const why = program === undefined ? 'there is no Node.js beside that of this project' : false;
    await t.test(`runs when it is started by ${what}`, { skip: why }, async (t) => {
      // `env node` in the first line of the command finds it first.
      const path = [dirname(program ?? ''), '/usr/bin', '/bin'].join(delimiter);
      const options = { program: [installed.command], env: { PATH: path, NODE_COMPILE_CACHE: '' } };
      const version = await runCommand(t, ['version'], options);
      assert.match(version.stdout, /^sallyport \d+\.\d+\.\d+ \(node 26\.\d+\.\d+\)\n$/, version.stderr);
      const example = join(installed.folder, 'examples/minimal.yaml');
      const check = await runCommand(t, ['check', '-c', example], options);
      assert.match(check.stdout, /minimal\.yaml: good \(1 listener, .*, [1-9]\d* rules\)\n$/, check.stderr);

      const origin = await startOrigin(t, 'one');
      const cwd = makeFolder(t, {
        'sallyport.yaml': `listeners: { web: { bind: "127.0.0.1:0", pool: app, decoy: trap } }
pools: { app: { servers: ["127.0.0.1:${origin.port}"] } }
decoys: { trap: {} }
`,
      });
      const running = new Command(t, ['run'], { ...options, cwd });
      const port = await running.port('web');
      assert.match((await get(port, '/')).body, /^one\n/);
      assert.doesNotMatch((await get(port, `/?id=1'%20OR%20'1'='1`)).body, /^one\n/, 'its rules are with it');
      running.signal('SIGTERM');
      const ended = await running.ended();
      assert.deepEqual([ended.code, ended.signal], [0, null], ended.stderr);
    });
  }
});

/** A program of somebody who installed the package. */
const LIBRARY_USE = `import { compileRules, createTransaction, headersOf, loadRules } from 'sallyport/inspect';
import type { Verdict } from 'sallyport/inspect';
const loaded = loadRules(['default'], '/');
if (loaded.kind === 'bad') throw new Error('no rules');
const rules = compileRules(loaded.files);
if (rules.kind === 'bad') throw new Error('bad rules');
const transaction = createTransaction(rules, {
  method: 'GET',
  target: "/?id=1'%20OR%20'1'='1",
  version: 'HTTP/1.1',
  headers: headersOf(['Host', 'shop.example']),
  clientAddress: '192.0.2.1',
});
let verdict: Verdict = transaction.requestHead();
if (verdict.do === 'continue') verdict = transaction.requestBody({ bytes: new Uint8Array(), isPrefix: false });
// @ts-expect-error -- a verdict has no such thing
void verdict.maybe;
process.stdout.write(\`\${verdict.do} \${transaction.hits[0]?.rule ?? ''}\\n\`);
`;

/** Fails unless the file is right as TypeScript. */
function compile(path: string): void {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node'];
  const options = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024'];
  const result = spawnSync(process.execPath, [compiler, ...options, ...types, path], { encoding: 'utf8' });
  assert.equal(result.stdout, '');
  assert.equal(result.status, 0);
}

interface Installed {
  /** Where the package was installed. */
  readonly folder: string;
  /** Its files, from there. */
  readonly files: readonly string[];
  readonly command: string;
}

/** Packs this project and installs it as `npm install -g` does, below a folder that ends with the test. */
function install(t: TestContext): Installed {
  const prefix = makeFolder(t);
  const packed = join(prefix, 'packed');
  mkdirSync(packed);
  npm(['pack', '--pack-destination', packed], ROOT);
  const [archive = ''] = globSync('*.tgz', { cwd: packed });
  // Of a project around it, npm would take settings and the place to install to.
  writeFileSync(join(prefix, 'package.json'), '{}');
  npm(['install', '--global', '--prefix', prefix, join(packed, archive)], prefix);
  const folder = join(prefix, 'lib/node_modules/sallyport');
  const files = globSync('**/*', { cwd: folder, exclude: ['node_modules'] }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return { folder, files, command: join(prefix, 'bin/sallyport') };
}

function npm(args: readonly string[], cwd: string): void {
  const result = spawnSync('npm', args, { cwd, encoding: 'utf8', timeout: NPM_MS });
  assert.equal(result.status, 0, `npm ${args.join(' ')}: ${result.stdout}${result.stderr}`);
}

/** The first `node` on the PATH that npm has not put there for this project. */
function nodeOfMachine(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => join(folder, 'node'))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  return found !== undefined && realpathSync(found) !== realpathSync(process.execPath) ? found : undefined;
}
