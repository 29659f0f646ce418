/**
 * What the two peers with ModSecurity share: the configuration of its engine, with the same rules as Sallyport gets.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { fillTemplate, type Job } from './peer.ts';
import { CRS_FILES, missingRules } from './rule-sets.ts';

/** They know the CRS, and no rules of Snort; and they are no peers where nothing is inspected. */
export function doesCrs({ mode, inspection }: Job): boolean {
  return mode === 'http' && inspection === 'crs';
}

export function refusesCrs({ inspection }: Job): string | undefined {
  return missingRules(inspection);
}

/** Writes the configuration of version 2 or 3 into `folder` and gives its path. */
export function writeModsecurity(version: 2 | 3, folder: string): string {
  const temporary = join(folder, 'modsecurity');
  mkdirSync(temporary);
  // Workers run as another user when root starts them, and write uploaded files there.
  chmodSync(temporary, 0o1777);
  const file = join(folder, 'modsecurity.conf');
  const text = fillTemplate('modsecurity.conf', {
    TEMPORARY_FOLDER: temporary,
    // Version 3 leaves this to its server, and refuses the directive.
    IN_MEMORY_LIMIT: version === 2 ? 'SecRequestBodyInMemoryLimit 1048576' : '',
    INCLUDES: CRS_FILES.map((path) => `Include ${path}`).join('\n'),
  });
  writeFileSync(file, text);
  return file;
}
