/** A certificate that a server has signed itself, in files that are gone with the test. Needs openssl. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export interface Certificate {
  /** Paths of PEM files. */
  readonly key: string;
  readonly certificate: string;
}

/** `names`: as in subjectAltName, such as `DNS:app.example` or `IP:127.0.0.1`. */
export function makeCertificate(t: TestContext, names: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-certificate-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=test', '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', certificate],
  ]);
  assert.equal(made.status, 0, made.stderr.toString());
  return { key, certificate };
}
