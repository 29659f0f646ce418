/**
 * A Sallyport whose workers can be killed: started as `node proxy.ts FILE CONTROL_PORT`, with a configuration of one listener
 * and two workers. It is only ever spoken to by worker-death.ts, and trusts it.
 *
 *     GET /counts               open connections by worker
 *     GET /kill?WORKER&HOW      answers when another one serves in its place: see Replaced
 */
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfigText } from '../../src/config/load.ts';
import { Supervisor } from '../../src/runtime/supervisor.ts';
import { FAILING_WORKER, failWorker } from '../../test/support/failing-worker.ts';

/** `throw`: an exception that nobody catches. `end`: the thread is terminated from outside, as one that hangs is. */
export type How = 'throw' | 'end';

/** Milliseconds since the order to die. */
export interface Replaced {
  readonly endedMs: number;
  readonly servingMs: number;
}

/** Far above what a thread needs to start on any machine. */
const REPLACED_MS = 30_000;
const LOOK_EVERY_MS = 2;
const ASK_MS = 5_000;

const [path = '', controlPort = ''] = process.argv.slice(2);
const start = await Supervisor.start({
  source: { path, load: () => loadConfigText(path), environment: process.env },
  isTerminal: false,
  writeLog: (line) => process.stderr.write(line),
  seed: () => 'bench',
  version: 'bench',
  worker: { entry: FAILING_WORKER },
});
if (start.kind === 'bad') throw new Error(start.problems.join('\n'));
const { workers } = start.supervisor;

createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://control');
  void answer(url, response);
}).listen(Number(controlPort), '127.0.0.1');

async function answer({ pathname, searchParams }: URL, response: ServerResponse): Promise<void> {
  const kill = (): Promise<Replaced> =>
    // What worker-death.ts sends.
    replace(Number(searchParams.get('worker')), searchParams.get('how') as How);
  try {
    response.end(JSON.stringify(pathname === '/kill' ? await kill() : await counts()));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}

async function counts(): Promise<readonly number[]> {
  const statuses = await workers.askAll('status', undefined, ASK_MS);
  return statuses.map(({ listeners }) => listeners[0]?.connections ?? 0);
}

async function replace(number: number, how: How): Promise<Replaced> {
  const victim = workers.serving.find((worker) => worker.number === number);
  if (victim === undefined) throw new Error(`Worker ${number} does not serve`);
  const startedAt = performance.now();
  if (how === 'throw') failWorker(number, 'throw');
  else void victim.terminate('the bench ended it');
  await victim.ended;
  const endedMs = performance.now() - startedAt;
  while (!workers.serving.some((worker) => worker.number === number && worker !== victim)) {
    if (performance.now() - startedAt > REPLACED_MS) throw new Error(`Worker ${number} was not replaced`);
    await sleep(LOOK_EVERY_MS);
  }
  return { endedMs, servingMs: performance.now() - startedAt };
}
