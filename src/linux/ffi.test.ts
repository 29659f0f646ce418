import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openLibc, SystemError } from './ffi.ts';

const SKIP = process.platform === 'linux' ? false : 'libc is called on Linux alone';

test('a function of libc answers', { skip: SKIP }, () => {
  const { functions } = openLibc({ getpid: { arguments: [], return: 'i32' } });
  assert.equal(functions.getpid(), process.pid);
});

test('a call that fails is an error with the name of errno', { skip: SKIP }, () => {
  const { functions, check } = openLibc({ close: { arguments: ['i32'], return: 'i32' } });
  assert.throws(
    () => check('close', functions.close(999_999)),
    (error) => error instanceof SystemError && error.code === 'EBADF' && error.call === 'close',
  );
});

test('nobody is warned that node:ffi is an experiment, and other warnings still come', { skip: SKIP }, () => {
  const file = fileURLToPath(new URL('ffi.ts', import.meta.url));
  const code = `
    const { openLibc } = await import(${JSON.stringify(file)});
    openLibc({ getpid: { arguments: [], return: 'i32' } });
    process.emitWarning('another one');`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  assert.match(stderr, /another one/);
  assert.doesNotMatch(stderr, /FFI/i);
});
