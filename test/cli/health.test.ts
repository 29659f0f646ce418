/** Health as an operator sees it: in the log and in `status` of a Sallyport that runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusView } from '../../src/admin/views.ts';
import { response } from '../support/message.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import { until } from '../support/wire.ts';
import { Command, makeFolder, runCommand } from './command.ts';

test('a server that fails its checks is shown as down, and as up when it is back', async (t) => {
  let status = 403;
  const server = await scriptedServer(answering(() => response(status, 'x')));
  t.after(() => server.close());
  const folder = makeFolder(t, {
    'sallyport.yaml': `listeners: { web: { bind: "127.0.0.1:0", pool: app, inspection: off } }
pools:
  app:
    servers: { one: "127.0.0.1:${server.port}" }
    health: { check: http, expect: { status: 403 }, interval: 100ms, rise: 2, fall: 2 }
admin: { socket: admin.sock }
`,
  });
  const command = new Command(t, ['run'], { cwd: folder });
  await command.port('web');
  const view = async (): Promise<StatusView> =>
    JSON.parse((await runCommand(t, ['status', '--json'], { cwd: folder })).stdout) as StatusView;
  const lines = (): string[] =>
    command.stderr.split('\n').filter((line) => line.includes('"text":"Server \\"one\\" of'));

  status = 200;
  await until('it is down', () => lines().length === 1);
  const down = (await view()).pools[0]?.servers[0]?.health;
  assert.deepEqual([down?.state, down?.check?.code, down?.check?.status], ['down', 'L7STS', 200]);
  assert.equal(down?.why, 'L7STS status 200, expected 403');
  assert.match(
    lines()[0] ?? '',
    /"level":"warn".*"from":"up","to":"down","reason":"L7STS status 200, expected 403"/,
  );

  status = 403;
  await until('it is up', () => lines().length === 2);
  const up = (await view()).pools[0]?.servers[0]?.health;
  assert.deepEqual([up?.state, up?.check?.code, up?.history.length], ['up', 'L7OK', 2]);
  assert.match(
    lines()[1] ?? '',
    /"level":"info".*"from":"down","to":"up","reason":"L7OK status 403","lastedMs":[0-9]+/,
  );
  assert.match((await runCommand(t, ['status'], { cwd: folder })).stdout, / {2}up, L7OK status 403\n/);
});
