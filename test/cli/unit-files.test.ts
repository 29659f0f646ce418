/** The units in examples/systemd: systemd reads them without a complaint, and they keep the service in. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readConfig } from '../../src/config/read.ts';
import { findProgram } from '../support/program.ts';

const FOLDER = new URL('../../examples/systemd/', import.meta.url);
const SKIP = findProgram('systemd-analyze') === undefined ? 'not installed: systemd' : false;
/** Where the units look for the program. It must be there for systemd. */
const PROGRAM = '/usr/local/bin/sallyport';
/** What systemd calls "OK" ends at 5, and a service without any protection has 9.6. */
const EXPOSURE_MAX = 2.5;

/** Keys with all their values, in order. */
function readUnit(name: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const line of readFileSync(new URL(name, FOLDER), 'utf8').split('\n')) {
    const [, key, value] = /^([A-Za-z0-9]+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

/** All units, with a program that is there. */
function copyUnits(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-units-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'sallyport');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  for (const name of readdirSync(FOLDER)) {
    writeFileSync(
      join(folder, name),
      readFileSync(new URL(name, FOLDER), 'utf8').replaceAll(PROGRAM, program),
    );
  }
  return folder;
}

function analyze(...args: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, {
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { status, text: stdout + stderr };
}

for (const name of readdirSync(FOLDER)) {
  test(`systemd understands ${name}`, { skip: SKIP }, (t) => {
    const folder = copyUnits(t);
    const { status, text } = analyze('verify', '--man=no', '--recursive-errors=no', join(folder, name));
    assert.equal(status, 0, text);
    assert.ok(!text.includes(folder), text);
  });
}

test('a mistake in a unit is found', { skip: SKIP }, (t) => {
  const folder = copyUnits(t);
  const file = join(folder, 'sallyport.service');
  writeFileSync(file, readFileSync(file, 'utf8').replace('ProtectHome=yes', 'ProtectHome=perhaps'));
  assert.match(
    analyze('verify', '--man=no', '--recursive-errors=no', file).text,
    /Failed to parse protect home/,
  );
});

test('the service is kept in as far as systemd can', { skip: SKIP }, (t) => {
  const folder = copyUnits(t);
  const { status, text } = analyze(
    'security',
    '--offline=yes',
    '--no-pager',
    `--threshold=${EXPOSURE_MAX * 10}`,
    join(folder, 'sallyport.service'),
  );
  assert.match(text, /Overall exposure level/);
  assert.equal(status, 0, text);
});

test('the sockets of the socket unit are those of a listener as its comment says', () => {
  const sockets = readUnit('sallyport.socket');
  assert.deepEqual(sockets.get('ListenStream'), ['0.0.0.0:80', '[::]:80']);
  // Otherwise the one for IPv6 would take the port of the other.
  assert.deepEqual(sockets.get('BindIPv6Only'), ['ipv6-only']);
  const text =
    'listeners: { web: { bind: ":80", pool: app } }\npools: { app: { servers: ["192.0.2.1:80"] } }';
  const read = readConfig(text, 'x.yaml', {});
  assert(read.kind === 'ok');
  const binds = read.config.listeners['web']?.bind.map(({ address, port }) => `${address.text}:${port}`);
  assert.deepEqual(binds, ['0.0.0.0:80', ':::80']);
});

test('what the service says of time fits what the program does', () => {
  const service = readUnit('sallyport.service');
  assert.deepEqual(service.get('Type'), ['notify']);
  assert.deepEqual(service.get('NotifyAccess'), ['all']);
  const seconds = (key: string): number => Number(/^([0-9]+)s$/.exec(service.get(key)?.[0] ?? '')?.[1]);
  assert.ok(seconds('WatchdogSec') > 30, 'a worker that hangs is replaced first');
  assert.ok(seconds('TimeoutStopSec') > 30 + 10, 'runtime.stopGrace and what follows');
  assert.deepEqual(service.get('AmbientCapabilities'), service.get('CapabilityBoundingSet'));
});
