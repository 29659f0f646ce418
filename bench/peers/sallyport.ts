/**
 * Sallyport as a peer: this checkout, run from source on the Node.js that runs the bench.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { fillTemplate, type Inspection, type Job, type Peer, type Place, type Setup } from './peer.ts';
import { CRS_FILES, missingRules, writeSnortRules } from './rule-sets.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ENTRY = join(ROOT, 'src', 'cli', 'main.ts');

export const SALLYPORT: Peer = {
  name: 'sallyport',

  find() {
    if (!existsSync(ENTRY))
      return { missing: 'sallyport was not found (src/cli/main.ts is not in this checkout)' };
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    return { version: manifest.version };
  },

  does: () => true,
  refuses: ({ inspection }) => missingRules(inspection),

  prepare(job: Job, place: Place): Setup {
    const accessLogFile = join(place.folder, 'access.log');
    const file = join(place.folder, 'sallyport.yaml');
    const text = fillTemplate(`sallyport.${job.mode}.yaml`, {
      LISTEN_PORT: place.listenPort,
      BACKEND_PORT: place.backendPort,
      LOG_FORM: job.accessLog ? 'json' : 'off',
      LOG_FILE: job.accessLog ? JSON.stringify(accessLogFile) : 'stdout',
      // With a decoy, in the line below.
      POOL: job.deceives ? 'app\n    decoy: trap' : 'app',
      DECOYS: job.deceives ? '{ trap: {} }' : '{}',
      INSPECTION: job.inspection === 'off' ? 'off' : 'on',
      RULES: rulesSection(job.inspection, place.folder),
    });
    writeFileSync(file, text);
    const program = { name: 'sallyport', command: process.execPath, args: [ENTRY, 'run', '-c', file] };
    return job.accessLog ? { program, accessLogFile } : { program };
  },
};

/** The section `inspection`: nothing for the rules that are shipped, which are the default. JSON is YAML too. */
function rulesSection(inspection: Inspection, folder: string): string {
  const crs = { rules: CRS_FILES };
  if (inspection === 'crs') return JSON.stringify(crs);
  if (inspection === 'crs+snort') {
    // Alerts are recorded: rules about a few bytes may hit what is harmless.
    const snort = { rules: writeSnortRules(folder), onAlert: 'continue' };
    return JSON.stringify({ ...crs, lenient: true, snort });
  }
  return '{}';
}
