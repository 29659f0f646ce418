import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { readConfig } from '../../src/config/read.ts';
import type { Job } from './peer.ts';
import { SALLYPORT } from './sallyport.ts';

const JOBS: readonly Job[] = [
  { mode: 'http', accessLog: false, inspection: 'off', deceives: false, connectionsMax: 100 },
  { mode: 'http', accessLog: true, inspection: 'off', deceives: false, connectionsMax: 100 },
  { mode: 'http', accessLog: false, inspection: 'default', deceives: false, connectionsMax: 100 },
  { mode: 'http', accessLog: false, inspection: 'crs', deceives: false, connectionsMax: 100 },
  { mode: 'http', accessLog: false, inspection: 'crs', deceives: true, connectionsMax: 100 },
  { mode: 'tcp', accessLog: false, inspection: 'off', deceives: false, connectionsMax: 100 },
];

for (const job of JOBS) {
  test(`Sallyport reads its configuration for ${JSON.stringify(job)}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-sallyport-'));
    try {
      SALLYPORT.prepare(job, { listenPort: 1111, backendPort: 2222, folder });
      const result = readConfig(readFileSync(join(folder, 'sallyport.yaml'), 'utf8'), 'sallyport.yaml', {});
      assert.deepEqual(result.diagnostics, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
