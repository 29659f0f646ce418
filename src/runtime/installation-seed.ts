/**
 * The secret from which the built-in decoy invents its data: the same for every start of one installation, so that an
 * attacker who comes back is told the same lies, and unlike every other, so that its invented keys give it away where
 * they turn up.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'decoy-seed';
const SEED_BYTES = 32;

/**
 * Reads the seed from `folder`, or makes one there, readable by its owner alone. Where that cannot be done the seed is of
 * this run only, and `warn` is told why.
 */
export function installationSeed(folder: string, warn: (text: string) => void): string {
  const path = join(folder, FILE);
  const known = readSeed(path);
  if (known !== undefined) return known;
  const seed = randomBytes(SEED_BYTES).toString('hex');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, `${seed}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // Another process may have made it in the meantime.
    const other = readSeed(path);
    if (other !== undefined) return other;
    const reason = error instanceof Error ? error.message : String(error);
    warn(
      `Cannot keep the seed of this installation, so what the built-in decoy invents and what cookies of persistence say changes with every start: ${reason}`,
    );
  }
  return seed;
}

function readSeed(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return /^[0-9a-f]{64}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
