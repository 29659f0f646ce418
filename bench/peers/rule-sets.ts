/**
 * The rules that are measured, which are not in this repository: the CRS, and rules for Snort, from the data folder.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { readSnortRules } from '../traffic/snort-rules.ts';
import type { Inspection } from './peer.ts';

export const DATA: string =
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
const CRS = join(DATA, 'crs');
export const SNORT_FOLDER: string = join(DATA, 'snort');
export const SNORT_RULES = 500;

/** What `inspection` needs and is not there; undefined when all is there. */
export function missingRules(inspection: Inspection): string | undefined {
  if ((inspection === 'crs' || inspection === 'crs+snort') && !existsSync(CRS))
    return 'the data folder with crs is not there (SALLYPORT_DATA)';
  if (inspection === 'crs+snort' && !existsSync(SNORT_FOLDER))
    return 'the data folder with snort is not there (SALLYPORT_DATA)';
  return undefined;
}

/** The files of the CRS as every peer gets them, in order: what it runs in, its setup as it comes, its rules. */
export const CRS_FILES: readonly string[] = [
  join(import.meta.dirname, 'crs-before.conf'),
  join(CRS, 'crs-setup.conf.example'),
  join(CRS, 'rules', '*.conf'),
];

/** A page that nothing but a rule for Snort denies: how the bench knows that these are run. */
export const SNORT_PROOF = '/proof-of-snort';
const PROOF_RULE = `drop tcp any any -> any any (msg:"proof"; uricontent:"${SNORT_PROOF}"; sid:9000001; rev:1;)\n`;

/** Writes SNORT_RULES rules, and the one for SNORT_PROOF, into `folder` and gives the paths of the files. */
export function writeSnortRules(folder: string): readonly string[] {
  const files = [...readSnortRules(SNORT_FOLDER, SNORT_RULES), { name: 'proof.rules', text: PROOF_RULE }];
  return files.map(({ name, text }) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  });
}
