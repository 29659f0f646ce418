import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../config/config.ts';
import { descriptorRoom } from './descriptor-room.ts';

/** A configuration with so many addresses in each of its listeners. */
function config(...addresses: readonly number[]): Config {
  const listeners = Object.fromEntries(
    addresses.map((count, index) => [`l${index}`, { bind: Array.from({ length: count }) }]),
  );
  return { listeners } as unknown as Config;
}

test('what is kept grows with the workers, and with the addresses that each of them listens on', () => {
  assert.equal(descriptorRoom(1, config(1), 1000), 760);
  assert.equal(descriptorRoom(2, config(1), 1000), 712);
  assert.equal(descriptorRoom(2, config(1, 3), 1000), 616);
});

test('too few are refused, with how many are needed', () => {
  assert.throws(() => descriptorRoom(2, config(4), 400), /gives 400 open files, and at least 416 are needed/);
  assert.equal(descriptorRoom(2, config(4), 416), 32);
});
