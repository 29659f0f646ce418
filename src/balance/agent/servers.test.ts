import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { request, statusOf, valueOf } from '../../../test/support/message.ts';
import { pause, Wire } from '../../../test/support/wire.ts';
import { parseEndpoint } from '../../net/address.ts';
import { CidrSet, parseCidr } from '../../net/cidr.ts';
import { CLIENTS_MAX, serveJson, serveLine } from './servers.ts';
import type { AgentView } from './watch.ts';

const VIEW: AgentView = {
  line: '75%',
  load: 2500,
  percent: 75,
  cpu: 0.5,
  memory: 0,
  queue: 0,
  cores: 2,
  loadavg: 1,
};
const AT = parseEndpoint('127.0.0.1:0');

async function start(t: TestContext, serve: typeof serveLine, allow?: string): Promise<number> {
  const cidr = allow === undefined ? undefined : parseCidr(allow);
  assert(AT !== undefined && cidr !== 'host-bits');
  const set = cidr === undefined ? undefined : CidrSet.of([cidr]);
  const server = await serve(AT, { allow: set, view: () => VIEW });
  t.after(() => server.close());
  return server.port;
}

test('each connection is answered with one line, whatever it sends', async (t) => {
  const port = await start(t, serveLine);
  for (const sent of ['', 'which\n', 'x'.repeat(100_000)]) {
    const wire = await Wire.connect(port);
    wire.send(sent);
    assert.equal(await wire.readUntil('\n'), '75%\n');
    wire.close();
  }
});

test('who is not allowed to ask gets no answer', async (t) => {
  const port = await start(t, serveLine, '192.0.2.0/24');
  const wire = await Wire.connect(port);
  assert.equal((await wire.readToEnd()).length, 0);
  const http = await start(t, serveJson, '192.0.2.0/24');
  const other = await Wire.connect(http);
  assert.equal(statusOf(await other.exchange(request('GET /'))), 403);
  other.close();
});

test('who is allowed gets one', async (t) => {
  const wire = await Wire.connect(await start(t, serveLine, '127.0.0.0/8'));
  assert.equal((await wire.readToEnd()).toString(), '75%\n');
});

test('clients that never end do not keep it from answering others for long', async (t) => {
  const port = await start(t, serveLine);
  const idle = await Promise.all(Array.from({ length: CLIENTS_MAX + 10 }, () => Wire.connect(port)));
  let answer = '';
  while (answer === '') {
    const wire = await Wire.connect(port);
    answer = (await wire.readToEnd()).toString();
    wire.close();
    await pause(20);
  }
  assert.equal(answer, '75%\n');
  for (const one of idle) one.close();
});

test('GET / answers with JSON, and other paths and methods do not', async (t) => {
  const port = await start(t, serveJson);
  const ask = async (line: string): Promise<readonly [number, string | undefined, string]> => {
    const wire = await Wire.connect(port);
    const answer = await wire.exchange(request(line));
    wire.close();
    return [statusOf(answer), valueOf(answer, 'Content-Type'), answer.body.toString()];
  };
  assert.deepEqual(await ask('GET /'), [200, 'application/json', JSON.stringify(VIEW)]);
  assert.equal((await ask('HEAD /'))[0], 200);
  assert.equal((await ask('GET /other'))[0], 404);
  assert.equal((await ask('POST /'))[0], 404);
});
