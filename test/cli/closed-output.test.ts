/** Whoever reads what a command prints may stop reading: `| head -1`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command, makeFolder } from './command.ts';
import { ownPort } from '../support/own-port.ts';
import { until } from '../support/wire.ts';
import { get } from './web.ts';

/** What a shell says of a program that SIGPIPE ended. */
const CLOSED_PIPE = 141;

const REQUESTS = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2);

const ROWS: readonly (readonly [args: readonly string[], stream: 'stdout' | 'stderr'])[] = [
  [['schema'], 'stdout'],
  [['inspect', 'many.http', '--rules', 'default'], 'stdout'],
  [['--help'], 'stdout'],
  [['check', '-c', 'missing.yaml'], 'stderr'],
  [['nonsense'], 'stderr'],
];

for (const [args, stream] of ROWS) {
  test(`sallyport ${args.join(' ')} ends without a word when its ${stream} is closed`, async (t) => {
    const cwd = makeFolder(t, { 'many.http': REQUESTS });
    const command = new Command(t, args, { cwd });
    command.child[stream]?.destroy();
    const { code, stdout, stderr } = await command.ended();
    assert.deepEqual([code, stdout, stderr], [CLOSED_PIPE, '', '']);
  });
}

test('demo goes on when its standard output is closed', async (t) => {
  const port = await ownPort();
  const command = new Command(t, ['demo', '--port', String(port)], { cwd: makeFolder(t) });
  command.child.stdout?.destroy();
  await until('the page is there', async () => (await get(port, '/').catch(() => undefined))?.status === 200);
  command.signal('SIGTERM');
  assert.equal((await command.ended()).code, 0);
});
