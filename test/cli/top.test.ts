/** `sallyport top` in a real terminal: drawn, moved, left, and the terminal as it was. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../support/program.ts';
import { until } from '../support/wire.ts';
import { Command, makeFolder, runCommand } from './command.ts';
import { get, startOrigin } from './web.ts';

const SKIP = findProgram('tmux') === undefined ? 'not installed: tmux' : false;
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

async function startPlace(t: TestContext): Promise<{ port: number; folder: string }> {
  const origin = await startOrigin(t, 'one');
  const folder = makeFolder(t, {
    'sallyport.yaml': `listeners: { web: { bind: "127.0.0.1:0", pool: app } }
pools: { app: { servers: { one: "127.0.0.1:${origin.port}" } } }
admin: { socket: admin.sock }
`,
  });
  const command = new Command(t, ['run'], { cwd: folder });
  return { port: await command.port('web'), folder };
}

/** A terminal of a size in which a shell runs; gone after the test. */
class Tmux {
  readonly #socket: string;

  constructor(t: TestContext, folder: string, columns: number, rows: number) {
    this.#socket = join(folder, 'tmux.sock');
    this.#run(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      String(columns),
      '-y',
      String(rows),
      '-c',
      folder,
      'exec sh',
    );
    const server = Number(this.#run('display-message', '-p', '#{pid}'));
    // By a signal, because the folder is gone by then, and its socket with it. The shell hears that its terminal is.
    t.after(() => process.kill(server, 'SIGTERM'));
  }

  type(...keys: string[]): void {
    this.#run('send-keys', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  lines(): string[] {
    return this.#run('capture-pane', '-p').split('\n').slice(0, -1);
  }

  /** What is on the screen once all of this matches, and `not` does not: a look may meet a screen that is half drawn. */
  async shows(what: RegExp | readonly RegExp[], not?: RegExp): Promise<string> {
    const all = what instanceof RegExp ? [what] : what;
    let screen = '';
    await until(`the terminal shows ${all.map(({ source }) => source).join(' and ')}`, () => {
      screen = this.lines().join('\n');
      return all.every((one) => one.test(screen)) && not?.test(screen) !== true;
    }).catch((error: unknown) => assert.fail(`${String(error)}; it shows\n${screen}`));
    return screen;
  }

  #run(...args: string[]): string {
    const { stdout } = spawnSync('tmux', ['-S', this.#socket, ...args], {
      encoding: 'utf8',
      env: { ...process.env, LANG: 'C.UTF-8', TERM: 'xterm-256color' },
    });
    return stdout;
  }
}

test(
  'top draws, is moved by keys and another size, and gives the terminal back',
  { skip: SKIP },
  async (t) => {
    const { port, folder } = await startPlace(t);
    const tmux = new Tmux(t, folder, 80, 24);
    tmux.type('echo before', 'Enter');
    tmux.type(`${process.execPath} ${MAIN} top; echo ended $?`, 'Enter');
    await tmux.shows(/Listeners \(1\)/);
    await get(port, '/');
    const screen = await tmux.shows([
      /^ sallyport \S+ +pid \d+/,
      /^ web /m,
      /^ app .* one .* up /m,
      /nobody is marked/,
    ]);
    assert.equal(screen.split('\n').length, 24);

    tmux.type('3');
    await tmux.shows(/\? help +servers/, /Listeners/);
    tmux.type('p');
    await tmux.shows(/PAUSED/);
    tmux.resize(120, 40);
    await tmux.shows(/FAILED/);
    tmux.type('1');
    await tmux.shows(/Requests a second/);

    tmux.type('q');
    // What is typed before the program has ended goes to it.
    await tmux.shows(/before[^]*^ended 0$/m, /Listeners/);
    tmux.type('stty -a | grep -c -- "-icanon"', 'Enter');
    await tmux.shows(/^0$/m);
  },
);

test('top that is killed gives the terminal back, too', { skip: SKIP }, async (t) => {
  const { folder } = await startPlace(t);
  const tmux = new Tmux(t, folder, 80, 24);
  tmux.type(`sh -c 'echo $$ > pid; exec ${process.execPath} ${MAIN} top'; echo ended $?`, 'Enter');
  await tmux.shows(/Listeners \(1\)/);
  process.kill(Number(readFileSync(join(folder, 'pid'), 'latin1')), 'SIGTERM');
  await tmux.shows(/^ended 143$/m, /Listeners/);
  tmux.type('stty -a | grep -c -- "-icanon"', 'Enter');
  await tmux.shows(/^0$/m);
});

test('top --once prints a screen anywhere, and without a terminal there is nothing else', async (t) => {
  const { port, folder } = await startPlace(t);
  await get(port, '/');
  const once = await runCommand(t, ['top', '--once', '--interval', '500ms'], { cwd: folder });
  assert.equal(once.code, 0, once.stderr);
  assert.match(once.stdout, /^ sallyport /);
  assert.match(once.stdout, /^ web /m);
  assert.match(once.stdout, /^[ -~\n]*$/, 'printable ASCII alone');
  const live = await runCommand(t, ['top'], { cwd: folder });
  assert.deepEqual(
    [live.code, live.stderr],
    [1, 'Cannot draw: standard output is no terminal; --once prints one screen anywhere\n'],
  );
});

test('top says when no Sallyport runs', async (t) => {
  const ended = await runCommand(t, ['top', '--once', '--interval', '500ms', '-s', 'none.sock'], {
    cwd: makeFolder(t),
  });
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^Cannot reach Sallyport at ".*none\.sock": is it running/);
});
