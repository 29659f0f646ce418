import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installationSeed } from './installation-seed.ts';

function inFolder(run: (folder: string, warnings: string[]) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-seed-'));
  try {
    run(folder, []);
  } finally {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  }
}

test('installationSeed makes a seed once and keeps it for its owner alone', () => {
  inFolder((folder, warnings) => {
    const below = join(folder, 'state');
    const seed = installationSeed(below, (text) => warnings.push(text));
    assert.match(seed, /^[0-9a-f]{64}$/);
    assert.equal(
      installationSeed(below, (text) => warnings.push(text)),
      seed,
    );
    assert.equal(statSync(join(below, 'decoy-seed')).mode & 0o777, 0o600);
    assert.deepEqual(warnings, []);
  });
});

test('installationSeed differs between folders', () => {
  inFolder((one) => {
    inFolder((other) => {
      assert.notEqual(
        installationSeed(one, () => {}),
        installationSeed(other, () => {}),
      );
    });
  });
});

test('installationSeed goes on with a seed of this run where it cannot keep one, and leaves what is there', () => {
  inFolder((folder, warnings) => {
    writeFileSync(join(folder, 'decoy-seed'), 'not a seed');
    const seed = installationSeed(folder, (text) => warnings.push(text));
    assert.match(seed, /^[0-9a-f]{64}$/);
    assert.equal(warnings.length, 1);
    assert.equal(readFileSync(join(folder, 'decoy-seed'), 'utf8'), 'not a seed');
  });
});
