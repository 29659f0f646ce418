/** The access log in the forms of others, read by what reads theirs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Command, makeFolder } from '../cli/command.ts';
import { get, startOrigin } from '../cli/web.ts';
import { until } from '../support/wire.ts';
import { findProgram } from '../support/program.ts';

const SKIP = findProgram('halog') === undefined ? 'not installed: haproxy' : false;

/** Starts a Sallyport that logs to a file; resolves with its port and with what is in the file, once it has `lines`. */
async function startPlace(
  t: TestContext,
  access: string,
): Promise<{ port: number; lines: (count: number) => Promise<string[]> }> {
  const origin = await startOrigin(t, 'one', (request, response) => {
    response.statusCode = request.url?.startsWith('/missing') === true ? 404 : 200;
    response.end('here');
  });
  const folder = makeFolder(t, {
    'sallyport.yaml': `listeners:
  web: { bind: "127.0.0.1:0", pool: app }
pools: { app: { servers: { one: "127.0.0.1:${origin.port}" } } }
log: { access: ${access}, to: [access.log] }
admin: { socket: off }
`,
  });
  const command = new Command(t, ['run'], { cwd: folder });
  const path = join(folder, 'access.log');
  const read = (): string[] =>
    existsSync(path) ? readFileSync(path, 'latin1').split('\n').slice(0, -1) : [];
  const lines = async (count: number): Promise<string[]> => {
    await until(`${count} lines are written`, () => read().length >= count);
    return read();
  };
  return { port: await command.port('web'), lines };
}

/** Sends bytes as they are, and waits for the end of the connection. */
function sendRaw(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes, 'latin1'));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.setTimeout(10_000, () => socket.destroy());
    socket.resume();
  });
}

/** Requests that would break a line, if anything could. */
async function visit(port: number): Promise<number> {
  for (let count = 0; count < 5; count++) await get(port, '/');
  for (const path of ['/missing', '/missing?q="#{}|\\']) await get(port, path);
  await get(port, '/', { headers: { 'User-Agent': 'a "quoted" \\ one\tand more', Referer: 'http://x/"' } });
  await sendRaw(port, 'no request at all\r\n\r\n');
  return 9;
}

/** halog counts fields from where HAProxy's lines begin behind the four of a syslog file; ours have none of them. */
const WITHOUT_SYSLOG = ['-s', '-4'];

function halog(lines: readonly string[], ...options: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(findProgram('halog') ?? '', [...WITHOUT_SYSLOG, ...options], {
    input: `${lines.join('\n')}\n`,
    encoding: 'latin1',
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

test('halog reads every line of the form haproxy', { skip: SKIP }, async (t) => {
  const { port, lines } = await startPlace(t, 'haproxy');
  const all = await lines(await visit(port));
  assert.equal(all.length, 9);
  assert.match(halog(all, '-H', '-c'), /^9$/m);
  const statuses = Object.fromEntries(
    halog(all, '-st')
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/)),
  ) as Readonly<Record<string, string>>;
  assert.deepEqual(statuses, { 200: '6', 400: '2', 404: '1' });
  assert.match(halog(all, '-srv'), /^app\/one /m);
  assert.match(halog(all, '-tc'), /^-- 7$/m);
  assert.match(halog(all, '-u'), /\/missing$/m);
});

test('lines of the form combined have the fields that every reader of it expects', async (t) => {
  const { port, lines } = await startPlace(t, 'combined');
  const all = await lines(await visit(port));
  const statuses = all.map((line) => {
    const match =
      /^127\.0\.0\.1 - - \[\d\d\/[A-Z][a-z][a-z]\/\d{4}:\d\d:\d\d:\d\d \+0000\] "[^"]*" (\d{3}) \d+ "[^"]*" "[^"]*"$/.exec(
        line,
      );
    assert(match !== null, line);
    return match[1];
  });
  assert.deepEqual(statuses.sort(), ['200', '200', '200', '200', '200', '200', '400', '400', '404']);
  assert.ok(
    all.some((line) => line.includes('"http://x/\\x22" "a \\x22quoted\\x22 \\x5c one\\x09and more"')),
  );
});
