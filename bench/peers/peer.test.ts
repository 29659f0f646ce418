import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { fillTemplate, type Job } from './peer.ts';
import { PEERS } from './peers.ts';

const JOBS: readonly Job[] = [
  { mode: 'http', accessLog: false, inspection: false, connectionsMax: 100 },
  { mode: 'http', accessLog: true, inspection: true, connectionsMax: 100 },
  { mode: 'tcp', accessLog: false, inspection: false, connectionsMax: 100 },
];

for (const peer of PEERS) {
  for (const job of JOBS) {
    test(`${peer.name} writes a configuration without gaps for ${JSON.stringify(job)}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'bench-peer-'));
      try {
        const { program, accessLogFile } = peer.prepare(job, { listenPort: 1111, backendPort: 2222, folder });
        const file = program.args.find((argument) => /\.(cfg|conf|yaml)$/.test(argument)) ?? '';
        const text = readFileSync(file, 'utf8');
        assert.doesNotMatch(text, /<[A-Z_]+>|undefined/);
        assert.match(text, /127\.0\.0\.1:1111/);
        assert.match(text, /127\.0\.0\.1:2222/);
        assert.equal(accessLogFile !== undefined, job.accessLog);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
}

test('fillTemplate refuses a template whose name has no value', () => {
  assert.throws(
    () => fillTemplate('haproxy.tcp.cfg', { LISTEN_PORT: 1 }),
    /Cannot fill haproxy.tcp.cfg: .*"CONNECTIONS_MAX"/,
  );
});
