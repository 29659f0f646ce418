/**
 * What a second worker gives: the same requests through Sallyport with one worker and with two, in turn.
 *
 *     node bench/workers.ts [--rounds 5] [--seconds 4] [--json FILE]
 *
 * On a machine with two cores the load and the server run on the same cores as the workers. So that they are not the
 * limit, each request costs the proxy a hundred times what it costs them: forms with 100 kB of text, inspected by the CRS
 * and denied by nobody.
 *
 * One worker uses more than one core: V8 collects garbage and compiles in threads beside it. On two cores that leaves
 * less than a whole core for a second one, however well the workers scale. So one worker is also measured on one core,
 * with all its threads there. And what load and server use, two workers cannot have: the bar is about answers for each core
 * that was used, times two. What was counted, without that, is printed beside it.
 */
import { mkdtempSync, chmodSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCount, runCommand, writeFigures } from './command.ts';
import { startBackends } from './backend/backend.ts';
import { runReplay } from './load/replay-load.ts';
import { writeReplayFile } from './load/replay-file.ts';
import { freePort } from './machine/ports.ts';
import { Processes } from './machine/process.ts';
import type { Running } from './machine/process.ts';
import { cpuTimeOf, groupOf } from './machine/usage.ts';
import { CRS_FILES, missingRules } from './peers/rule-sets.ts';
import { median } from './report/statistics.ts';
import { KINDS } from './traffic/kinds.ts';
import { visitsOf } from './traffic/samples.ts';

interface Setup {
  readonly name: string;
  readonly workers: number;
  /** The one CPU that all threads of the process share; without it, they use all. */
  readonly cpu?: number;
}

const ON_ONE_CORE: Setup = { name: '1, on one core', workers: 1, cpu: 0 };
const ONE: Setup = { name: '1', workers: 1 };
const TWO: Setup = { name: '2', workers: 2 };
const SETUPS: readonly Setup[] = [ON_ONE_CORE, ONE, TWO];
const KIND = 'text';
/** Several for each worker: the kernel spreads connections by chance. */
const CONNECTIONS = 16;
const REQUESTS_MAX = 1_000_000;
const WARM_UP_SECONDS = 4;
const BAR = 1.8;
/** Rounds, and seconds of each. */
const COUNT_MAX = 99;
const ENTRY = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');

interface Lane {
  readonly setup: Setup;
  readonly running: Running;
  readonly port: number;
}

interface Round {
  /** The name of the setup. */
  readonly workers: string;
  readonly requestsPerSecond: number;
  /** Cores that the proxy used, on average. */
  readonly cores: number;
}

/** How many times the answers of one worker two give. */
interface Gains {
  /** On one core, and on two that nobody else uses. */
  readonly ofTwoCores: number;
  readonly overOneCore: number;
  readonly overOneWorker: number;
}

await runCommand(main);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      json: { type: 'string' },
    },
  });
  const missing = missingRules('crs');
  if (missing !== undefined) throw new Error(`Cannot measure: ${missing}`);
  const rounds = await measure(
    readCount('--rounds', values.rounds, COUNT_MAX),
    readCount('--seconds', values.seconds, COUNT_MAX),
  );
  const gains = {
    ofTwoCores: 2 * gainOf(rounds, ON_ONE_CORE, perCore),
    overOneCore: gainOf(rounds, ON_ONE_CORE, perSecond),
    overOneWorker: gainOf(rounds, ONE, perSecond),
  };
  print(rounds, gains);
  writeFigures(values.json, { gains, rounds });
}

/** Starts all, and leaves nothing behind however it ends. */
async function measure(roundCount: number, seconds: number): Promise<Round[]> {
  const processes = new Processes();
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-workers-'));
  // The worker of the server runs as another user, and has files further down.
  chmodSync(folder, 0o711);
  try {
    const backends = await startBackends(processes, undefined, folder);
    const requests = join(folder, 'requests.json');
    writeReplayFile(requests, visitsOf(KINDS.find(({ name }) => name === KIND)!));
    const lanes: Lane[] = [];
    for (const setup of SETUPS) lanes.push(await startSallyport(processes, folder, backends.pages, setup));
    const load = (lane: Lane, forSeconds: number): ReturnType<typeof runReplay> => {
      const replay = { connections: CONNECTIONS, requestsMax: REQUESTS_MAX };
      return runReplay(processes, undefined, lane.port, replay, requests, forSeconds);
    };
    for (const lane of lanes) await load(lane, WARM_UP_SECONDS);
    const rounds: Round[] = [];
    for (let round = 0; round < roundCount; round++) {
      // Each round goes the other way.
      for (const lane of round % 2 === 0 ? lanes : lanes.toReversed()) {
        const before = cpuTimeOf(groupOf(lane.running.pid)).totalNs;
        const { requests: count, durationUs } = await load(lane, seconds);
        const usedNs = cpuTimeOf(groupOf(lane.running.pid)).totalNs - before;
        rounds.push({
          workers: lane.setup.name,
          requestsPerSecond: (count * 1e6) / durationUs,
          cores: usedNs / 1e3 / durationUs,
        });
      }
    }
    return rounds;
  } finally {
    await processes.stopAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startSallyport(
  processes: Processes,
  folder: string,
  backendPort: number,
  setup: Setup,
): Promise<Lane> {
  const port = await freePort();
  const file = join(folder, `sallyport-${port}.yaml`);
  const configuration = {
    listeners: { web: { bind: `127.0.0.1:${port}`, pool: 'app', decoy: 'trap' } },
    pools: { app: { servers: [`127.0.0.1:${backendPort}`] } },
    decoys: { trap: {} },
    inspection: { rules: CRS_FILES },
    attackers: { never: ['127.0.0.1'] },
    log: { access: 'off' },
    admin: { socket: 'off' },
    runtime: { workers: setup.workers },
  };
  writeFileSync(file, JSON.stringify(configuration));
  const program = { name: 'sallyport', command: process.execPath, args: [ENTRY, 'run', '-c', file] };
  return { setup, port, running: await processes.startServer(program, setup.cpu, port) };
}

function perSecond({ requestsPerSecond }: Round): number {
  return requestsPerSecond;
}

function perCore({ requestsPerSecond, cores }: Round): number {
  return requestsPerSecond / cores;
}

/** How many times what the setup `single` answers two workers do, the median over the rounds. */
function gainOf(rounds: readonly Round[], single: Setup, figure: (round: Round) => number): number {
  const [one = [], two = []] = [single, TWO].map(({ name }) =>
    rounds.filter(({ workers }) => workers === name),
  );
  return median(two.map((round, index) => figure(round) / figure(one[index]!)));
}

function print(rounds: readonly Round[], gains: Gains): void {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(`forms with 100 kB of text, inspected by the CRS; ${CONNECTIONS} connections`);
  say('workers         requests/s  cores used');
  for (const { name } of SETUPS) {
    const those = rounds.filter((round) => round.workers === name);
    const rate = median(those.map(({ requestsPerSecond }) => requestsPerSecond));
    const cores = median(those.map((round) => round.cores));
    say(`${name.padEnd(14)}  ${rate.toFixed(0).padStart(10)}  ${cores.toFixed(2).padStart(10)}`);
  }
  const verdict = gains.ofTwoCores >= BAR ? 'met' : 'missed';
  say(`counted, two workers answer ${gains.overOneCore.toFixed(2)} × what one does on one core,`);
  say(`and ${gains.overOneWorker.toFixed(2)} × what one does whose helper threads have the other core`);
  say(
    `two cores to themselves, at what each used core gave: ${gains.ofTwoCores.toFixed(2)} × one; bar: at least ${BAR} ×: ${verdict}`,
  );
}
