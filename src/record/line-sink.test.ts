import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { Buffer } from 'node:buffer';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { openDescriptor, openLogFile } from './line-sink.ts';

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-log-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('a file is appended to and is closed to others', async (context) => {
  const path = join(temporaryFolder(context), 'access.log');
  for (const line of ['a\n', 'b\n']) {
    const sink = await openLogFile(path);
    await sink.write(bytes(line));
    await sink.close();
  }
  assert.equal(readFileSync(path, 'utf8'), 'a\nb\n');
  assert.equal(statSync(path).mode & 0o007, 0);
});

test('after a rename, reopen goes on in a new file', async (context) => {
  const path = join(temporaryFolder(context), 'access.log');
  const sink = await openLogFile(path);
  await sink.write(bytes('a\n'));
  renameSync(path, `${path}.1`);
  await sink.write(bytes('b\n'));
  await sink.reopen();
  await sink.write(bytes('c\n'));
  await sink.close();
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'a\nb\n');
  assert.equal(readFileSync(path, 'utf8'), 'c\n');
});

test('a file that cannot be opened again leaves the old one in use', async (context) => {
  const folder = join(temporaryFolder(context), 'log');
  execFileSync('mkdir', [folder]);
  const sink = await openLogFile(join(folder, 'access.log'));
  renameSync(folder, `${folder}.old`);
  await assert.rejects(sink.reopen(), /^Error: Cannot open the log ".*": ENOENT$/);
  await sink.write(bytes('a\n'));
  await sink.close();
  assert.equal(readFileSync(join(`${folder}.old`, 'access.log'), 'utf8'), 'a\n');
});

test('a folder is no log', async (context) => {
  await assert.rejects(openLogFile(temporaryFolder(context)), /^Error: Cannot open the log ".*": EISDIR$/);
});

test(
  'a full disk is an error of the write',
  { skip: existsSync('/dev/full') ? false : 'no /dev/full here' },
  async () => {
    const sink = await openLogFile('/dev/full');
    await assert.rejects(sink.write(bytes('a\n')), /ENOSPC/);
    await sink.close();
    await assert.rejects(sink.write(bytes('a\n')), /the log was closed/);
  },
);

/** A named pipe with both ends open, and nobody who reads. */
function namedPipe(context: TestContext): { readEnd: number; writeEnd: number } {
  const path = join(temporaryFolder(context), 'pipe');
  execFileSync('mkfifo', [path]);
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(path, constants.O_WRONLY);
  context.after(() => {
    closeSync(readEnd);
    closeSync(writeEnd);
  });
  return { readEnd, writeEnd };
}

const needsLinux = { skip: process.platform === 'linux' ? false : 'pipes are opened through /proc' };

test('a pipe gets everything, however slowly it is read', needsLinux, async (context) => {
  const { readEnd, writeEnd } = namedPipe(context);
  const sink = await openDescriptor(writeEnd);
  const sent = Buffer.from(Array.from({ length: 30_000 }, (_, line) => `line ${line}\n`).join(''));
  const written = sink.write(sent);
  const received = Buffer.alloc(sent.length);
  for (let offset = 0; offset < received.length;) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    offset += readNow(readEnd, received.subarray(offset, offset + 50_000));
  }
  await written;
  assert.ok(received.equals(sent));
  await sink.close();
});

test('a pipe whose reader is gone is an error of the write', needsLinux, async (context) => {
  const path = join(temporaryFolder(context), 'pipe');
  execFileSync('mkfifo', [path]);
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(path, constants.O_WRONLY);
  const sink = await openDescriptor(writeEnd);
  closeSync(readEnd);
  await assert.rejects(sink.write(bytes('a\n')), /EPIPE/);
  await sink.close();
  closeSync(writeEnd);
});

const CHILD = `
  const { openDescriptor } = await import(process.argv[1]);
  const sink = await openDescriptor(1);
  const line = Buffer.alloc(1_000_000, 'x');
  line[line.length - 1] = 10;
  const written = sink.write(line).then(() => 'written', () => 'given up');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await sink.close();
  process.exitCode = (await written) === 'given up' ? 0 : 1;
`;
const MODULE = new URL('line-sink.ts', import.meta.url).href;

test(
  'a reader of standard output that stops does not keep the process from ending: pipe',
  needsLinux,
  async (context) => {
    const { writeEnd } = namedPipe(context);
    const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD, MODULE], {
      stdio: ['ignore', writeEnd, 'inherit'],
    });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  },
);

test('a reader of standard output that stops does not keep the process from ending: socket', async () => {
  // Between two processes of Node a "pipe" is a pair of sockets, as between a service and its manager.
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD, MODULE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.pause();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  child.stdout.destroy();
});

/** What is there without waiting: 0 bytes when there is nothing. */
function readNow(descriptor: number, into: Buffer): number {
  try {
    return readSync(descriptor, into);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    return 0;
  }
}
