/**
 * The public rule sets of the data folder, loaded once for the tests here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSnortRules } from '../../../src/inspect/snort/load.ts';
import type { LoadedSnortRules } from '../../../src/inspect/snort/load.ts';
import type { SnortFile } from '../../../src/inspect/snort/parse.ts';

export const FOLDER: string = join(
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../../shared/data'),
  'snort',
);
export const SKIP: string | false = existsSync(FOLDER)
  ? false
  : 'the data folder with snort is not there (SALLYPORT_DATA)';

export const SET_NAMES = ['2004', 'community', 'et-open'] as const;
export type SetName = (typeof SET_NAMES)[number];

export function readSet(name: SetName): readonly SnortFile[] {
  const folder = join(FOLDER, name);
  return readdirSync(folder)
    .filter((file) => /\.(?:rules|config)$/.test(file))
    .sort()
    .map((file) => ({ name: file, text: readFileSync(join(folder, file), 'latin1') }));
}

/** With the rules that stand in comments, too: what is read must be read whether it is switched on or not. */
export function loadSet(name: SetName): LoadedSnortRules {
  return loadSnortRules(readSet(name), { withDisabled: true });
}
