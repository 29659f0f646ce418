import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { closeDescriptor, duplicate, hasDescriptors } from './descriptor.ts';

const skip = hasDescriptors() ? false : 'only on Linux';

test('duplicate makes a descriptor of the same file that lives on its own', { skip }, () => {
  const first = openSync(import.meta.filename, 'r');
  const second = duplicate(first);
  assert.notEqual(second, first);
  const { ino } = fstatSync(first);
  closeSync(first);
  assert.equal(fstatSync(second).ino, ino);
  closeDescriptor(second);
  assert.throws(() => fstatSync(second), { code: 'EBADF' });
});

test('what is no descriptor is a system error', { skip }, () => {
  assert.throws(() => duplicate(-1), { message: 'fcntl failed: EBADF', code: 'EBADF' });
  assert.throws(() => closeDescriptor(-1), { message: 'close failed: EBADF', code: 'EBADF' });
});
