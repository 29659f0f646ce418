import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { writeModsecurity } from './modsecurity.ts';
import { fillTemplate, type Job } from './peer.ts';
import { PEERS } from './peers.ts';
import { CRS_FILES } from './rule-sets.ts';

const JOBS: readonly Job[] = [
  { mode: 'http', accessLog: false, inspection: 'off', deceives: false, connectionsMax: 100 },
  { mode: 'http', accessLog: true, inspection: 'default', deceives: false, connectionsMax: 100 },
  { mode: 'http', accessLog: false, inspection: 'crs', deceives: false, connectionsMax: 100 },
  { mode: 'tcp', accessLog: false, inspection: 'off', deceives: false, connectionsMax: 100 },
];

for (const peer of PEERS) {
  for (const job of JOBS.filter((one) => peer.does(one))) {
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

const DOES: readonly [mode: Job['mode'], inspection: Job['inspection'], names: string][] = [
  ['tcp', 'off', 'sallyport haproxy nginx'],
  ['http', 'off', 'sallyport haproxy nginx'],
  ['http', 'default', 'sallyport'],
  ['http', 'crs', 'sallyport nginx+modsecurity apache+modsecurity'],
  ['http', 'crs+snort', 'sallyport'],
];
for (const [mode, inspection, names] of DOES) {
  test(`${names} are those that do ${mode} with inspection ${inspection}`, () => {
    const job: Job = { mode, accessLog: false, inspection, deceives: false, connectionsMax: 100 };
    const found = PEERS.filter((peer) => peer.does(job)).map(({ name }) => name);
    assert.deepEqual(found, names.split(' '));
  });
}

test('both versions of ModSecurity and Sallyport get the same rule files in the same order', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-peer-'));
  try {
    const rules = [2, 3].map((version) => {
      const own = join(folder, String(version));
      mkdirSync(own);
      return readFileSync(writeModsecurity(version === 2 ? 2 : 3, own), 'utf8').match(/^Include .*$/gm);
    });
    assert.deepEqual(rules[0], rules[1]);
    assert.deepEqual(
      rules[0],
      CRS_FILES.map((path) => `Include ${path}`),
    );
    assert.match(CRS_FILES[1] ?? '', /crs-setup/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('fillTemplate refuses a template whose name has no value', () => {
  assert.throws(
    () => fillTemplate('haproxy.tcp.cfg', { LISTEN_PORT: 1 }),
    /Cannot fill haproxy.tcp.cfg: .*"CONNECTIONS_MAX"/,
  );
});
