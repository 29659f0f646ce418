import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { diagnosticCodes } from './diagnostic-codes.ts';
import { readConfig } from './read.ts';
import { renderDiagnostics, renderReference } from './reference.ts';

test('docs/reference is what the tables make', () => {
  execFileSync(process.execPath, [fileURLToPath(new URL('../../tools/docs.ts', import.meta.url)), '--check']);
  const page = readFileSync(new URL('../../docs/reference/configuration.md', import.meta.url), 'utf8');
  assert.equal(page, renderReference());
});

test('the reference has a row for every key and code', () => {
  const page = renderReference();
  for (const key of [
    'bind',
    'trust',
    'tunnelIdle',
    'bodyBytes',
    'weight',
    'xForwardedFor',
    'heldTotal',
    'never',
    'socket',
  ]) {
    assert.match(page, new RegExp(`^\\| \`${key}\` \\| [^|]+ \\| [^|]* \\| .+[.] \\|$`, 'm'), key);
  }
  for (const code of Object.keys(diagnosticCodes))
    assert.ok(renderDiagnostics().includes(`| \`${code}\` |`), code);
});

test('the configuration that the reference shows can be read', () => {
  const [, text] = /```yaml\n(.*?)```/s.exec(renderReference()) ?? [];
  assert.ok(text);
  assert.deepEqual(readConfig(text, 'x.yaml', {}).diagnostics, []);
});
