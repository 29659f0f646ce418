/** `sallyport demo`: what it tells people to try does what it says, and Ctrl-C leaves nothing behind. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { until } from '../support/wire.ts';
import { Command, makeFolder, runCommand } from './command.ts';
import { get } from './web.ts';
import type { Page } from './web.ts';

/** The words of a command as a shell reads it: quotes group, `#` begins a comment. */
function wordsOf(line: string): string[] {
  const words = line.replace(/\s#.*/, '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g);
  return [...words].map(([, double, single, plain]) => double ?? single ?? plain ?? '');
}

/** Does what `curl [-H FIELD] URL` does. */
async function curl(line: string): Promise<Page> {
  const [program, ...args] = wordsOf(line);
  assert.equal(program, 'curl');
  const url = new URL(args.at(-1) ?? '');
  const field = args[0] === '-H' ? (args[1] ?? '') : '';
  const [name = '', value = ''] = field.split(': ');
  const path = (args.at(-1) ?? '').slice(url.origin.length);
  return await get(Number(url.port), path, field === '' ? {} : { headers: { [name]: value } });
}

test('demo prints commands that do what it says, and Ctrl-C leaves nothing behind', async (t) => {
  const demo = new Command(t, ['demo', '--port', '0'], { ownGroup: true });
  await demo.printed('stdout', /Ctrl-C ends it/);
  const lines = demo.stdout.split('\n').map((line) => line.trim());
  const curls = lines.filter((line) => line.startsWith('curl '));
  const commands = lines.filter((line) => line.startsWith('npx sallyport ')).map(wordsOf);
  assert.equal(curls.length, 4, demo.stdout);
  assert.equal(commands.length, 5, demo.stdout);
  const [plain = '', headers = '', attack = '', after = ''] = curls;
  const sallyport = async (action: string, id = ''): Promise<string> => {
    const words = commands.find((command) => command.join(' ').startsWith(`npx sallyport ${action}`));
    assert(words !== undefined, action);
    const ended = await runCommand(
      t,
      words.slice(2).map((word) => (word === 'ID' ? id : word)),
    );
    assert.equal(ended.code, 0, ended.stderr);
    return ended.stdout;
  };

  const servers = [(await curl(plain)).body, (await curl(plain)).body];
  assert.deepEqual(
    servers.map((body) => /^Hello from server "(\w+)"/.exec(body)?.[1]).sort(),
    ['one', 'two'],
    'the two servers in turn',
  );
  assert.match((await curl(headers)).body, /^ {2}X-Forwarded-For: 127\.0\.0\.1$/im);
  for (const line of [attack, after]) {
    assert.equal((await curl(line)).body.includes('Hello from server'), false, 'the decoy answers');
  }
  assert.match((await curl(plain)).body, /^Hello from server/, 'others are not deceived');

  const list = await sallyport('attackers list');
  assert.match(list, /^ {2}203\.0\.113\.7 /m);
  const id = /([0-9a-hjkmnp-tv-z]{22})$/m.exec(list)?.[1] ?? '';
  // A client has its answer a moment before the exchange is over.
  let status = '';
  await until('all exchanges are over', async () => {
    status = await sallyport('status');
    return !/^Exchanges {2}[0-3] passed|passed, [01] deceived/m.test(status);
  });
  assert.match(status, /^Exchanges {2}4 passed, 2 deceived, 0 refused, 0 dropped$/m);
  assert.match(await sallyport('explain', id), /^Verdict {4}deceive: moved to the decoy$/m);
  await sallyport('attackers forgive');
  assert.match((await curl(after)).body, /^Hello from server/, 'it is forgiven');

  const socket = commands[0]?.at(-1) ?? '';
  // It wants a terminal, which this test is not: test/cli/top.test.ts looks at it.
  assert(commands.some((words) => words.join(' ') === `npx sallyport top -s ${socket}`));
  assert.equal(existsSync(socket), true);
  const { pid = 0 } = demo.child;
  process.kill(-pid, 'SIGINT');
  const ended = await demo.ended();
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(ended.stdout.match(/"time":/g)?.length, 7, 'every exchange leaves one line');
  assert.equal(existsSync(socket), false, 'the socket is gone');
  assert.throws(() => process.kill(-pid, 0), { code: 'ESRCH' }, 'no process is left');
  await assert.rejects(curl(plain), { code: 'ECONNREFUSED' });
});

test('demo on a port in use says so and ends', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo; // Not a pipe: it listens on a port.
  const ended = await runCommand(t, ['demo', '--port', String(port)], { cwd: makeFolder(t) });
  assert.deepEqual([ended.code, ended.stdout], [1, '']);
  assert.match(ended.stderr, new RegExp(`^Cannot listen on 127\\.0\\.0\\.1:${port} .*another program uses`));
});
