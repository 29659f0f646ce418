import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { sampleRecord } from '../../test/support/exchange-record.ts';
import { openAccessLogs } from './access-logs.ts';
import type { LogOptions } from './options.ts';

const SYSLOG: LogOptions['syslog'] = {
  address: undefined,
  transport: 'udp',
  facility: 'local0',
  name: 'sallyport',
  lengthMax: 8192,
};

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-logs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const none = (): void => {};

test('a line goes to every place, in one form', async (t) => {
  const folder = folderOf(t);
  const to = [join(folder, 'a.log'), join(folder, 'b.log')];
  const logs = await openAccessLogs({ access: 'combined', to, syslog: SYSLOG, level: 'info' }, false, none);
  assert(logs !== undefined);
  logs.record(sampleRecord());
  await logs.close();
  const [a, b] = to.map((path) => readFileSync(path, 'latin1'));
  assert.match(a ?? '', /^203\.0\.113\.9 - - \[.*\n$/);
  assert.equal(a, b);
  assert.equal(logs.dropped, 0);
});

test('every file is opened anew', async (t) => {
  const folder = folderOf(t);
  const to = [join(folder, 'a.log'), join(folder, 'b.log')];
  const logs = await openAccessLogs({ access: 'json', to, syslog: SYSLOG, level: 'info' }, false, none);
  assert(logs !== undefined);
  for (const path of to) renameSync(path, `${path}.1`);
  await logs.reopen();
  logs.record(sampleRecord());
  await logs.close();
  for (const path of to) {
    assert.equal(readFileSync(`${path}.1`, 'latin1'), '');
    assert.match(readFileSync(path, 'latin1'), /^\{.*\}\n$/);
  }
});

test('a place that cannot be opened is an error, and none stays open', async (t) => {
  const folder = folderOf(t);
  const to = [join(folder, 'a.log'), join(folder, 'missing', 'b.log')];
  const opened = openAccessLogs({ access: 'json', to, syslog: SYSLOG, level: 'info' }, false, none);
  await assert.rejects(opened, /^Error: Cannot open the log ".*b\.log": ENOENT$/);
});

test('without an access log nothing is opened', async (t) => {
  const path = join(folderOf(t), 'a.log');
  assert.equal(
    await openAccessLogs({ access: 'off', to: [path], syslog: SYSLOG, level: 'info' }, false, none),
    undefined,
  );
  assert.throws(() => readFileSync(path), /ENOENT/);
});
