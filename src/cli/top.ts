/** `sallyport top`: what a running Sallyport is doing, live in a terminal. */
import { adminRequest } from '../admin/client.ts';
import type { TrafficView } from '../admin/traffic-view.ts';
import type { AttackersView, StatusView } from '../admin/views.ts';
import { ADMIN_ARGUMENTS, CommandError, findSocket } from './admin-socket.ts';
import { readOptions, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { INTERVALS_MS, keysIn, press } from './top/keys.ts';
import { textOf } from './top/line.ts';
import { ratesBetween } from './top/rates.ts';
import type { Chosen, Known, Pane } from './top/screen.ts';
import { screenLines } from './top/screen.ts';
import { Terminal } from './top/terminal.ts';

/** Requests a second that are remembered: one for each column of a wide terminal. */
const HISTORY_MAX = 512;
/** Attackers that are asked for, the latest. */
const ATTACKERS_MAX = 200;

export const top: Command = {
  name: 'top',
  summary: 'Watch a running Sallyport live in the terminal',
  usage: 'sallyport top [--socket PATH | -c FILE] [--interval 1s] [--once]',
  run: async (args) => {
    const { socket, config } = ADMIN_ARGUMENTS;
    const found = readOptions(args, {
      socket,
      config,
      interval: { type: 'string' },
      once: { type: 'boolean' },
    });
    const chosen = { ...CHOSEN, intervalMs: intervalOf(found.text('interval')) };
    const watch = new Watch(await findSocket(found));
    if (found.flag('once')) return await printOnce(watch, chosen);
    if (!process.stdout.isTTY || process.env['TERM'] === 'dumb')
      throw new CommandError(
        'Cannot draw: standard output is no terminal; --once prints one screen anywhere',
      );
    await watchInTerminal(watch, chosen);
    return 0;
  },
};

const CHOSEN: Chosen = {
  pane: 'all',
  // Attackers: who was seen last.
  sort: { all: 0, listeners: 0, servers: 0, attackers: 1 },
  offset: 0,
  isPaused: false,
  isHelp: false,
  problem: '',
  intervalMs: 1000,
};

function intervalOf(text: string | undefined): number {
  if (text === undefined) return CHOSEN.intervalMs;
  const found = INTERVALS_MS.find((ms) => text === (ms < 1000 ? `${ms}ms` : `${ms / 1000}s`));
  if (found !== undefined) return found;
  throw new UsageError('Cannot run: --interval is none of 500ms, 1s, 2s, 5s, 10s');
}

/** Looks again and again, and keeps what it saw last. */
class Watch {
  readonly #socket: string;
  #before: TrafficView | undefined;
  #history: readonly number[] = [];
  known: Known | undefined;
  /** Why the last look failed, in a sentence. */
  problem = '';

  constructor(socket: string) {
    this.#socket = socket;
  }

  async look(): Promise<void> {
    try {
      // The answers are of our own API, which promises these shapes.
      const status = (await this.#ask('/v1/status')) as StatusView;
      const traffic = (await this.#ask('/v1/traffic')) as TrafficView;
      const attackers = (await this.#ask(`/v1/attackers?limit=${ATTACKERS_MAX}`)) as AttackersView;
      const rates = this.#before === undefined ? undefined : ratesBetween(this.#before, traffic);
      if (rates !== undefined) this.#history = [...this.#history, rates.total.requests].slice(-HISTORY_MAX);
      this.#before = traffic;
      this.known = { status, rates, attackers, history: this.#history };
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  async #ask(path: string): Promise<unknown> {
    const result = await adminRequest(this.#socket, 'GET', path);
    if (result.kind === 'ok') return result.value;
    throw new CommandError(result.message);
  }
}

async function watchInTerminal(watch: Watch, first: Chosen): Promise<void> {
  const terminal = new Terminal(process.env);
  let chosen = first;
  let timer: NodeJS.Timeout | undefined;
  let quit: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    quit = resolve;
  });
  const draw = (): void => {
    terminal.draw(screenLines(watch.known, { ...chosen, problem: watch.problem }, terminal.size));
  };
  const look = async (): Promise<void> => {
    if (!chosen.isPaused) await watch.look();
    draw();
    timer = setTimeout(() => void look(), chosen.intervalMs);
  };
  const onInput = (text: string): void => {
    for (const key of keysIn(text)) {
      if (key === 'quit') quit();
      chosen = press(chosen, key, (pane) => countIn(watch.known, pane));
    }
    draw();
  };
  terminal.take(onInput, draw);
  draw();
  await look();
  await ended;
  clearTimeout(timer);
  terminal.giveBack();
  // Standard input keeps a process, and a look that is on its way is of no use to anybody.
  process.exit(0);
}

function countIn(known: Known | undefined, pane: Pane): number {
  if (known === undefined) return 0;
  if (pane === 'attackers') return known.attackers.attackers.length;
  return (pane === 'listeners' ? known.rates?.listeners : known.rates?.servers)?.length ?? 0;
}

/** One screen without colours, from two looks: for scripts, and for who has no terminal. */
async function printOnce(watch: Watch, chosen: Chosen): Promise<number> {
  await watch.look();
  await new Promise((resolve) => setTimeout(resolve, chosen.intervalMs));
  await watch.look();
  if (watch.problem !== '') throw new CommandError(watch.problem);
  const { columns, rows } = process.stdout;
  const size = { columns: columns || 100, rows: rows || 40, hasBlocks: false };
  const lines = screenLines(watch.known, chosen, size).map((line) => textOf(line).trimEnd());
  process.stdout.write(`${lines.slice(0, -1).join('\n').trimEnd()}\n`);
  return 0;
}
