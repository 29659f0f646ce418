/**
 * What a second worker gives: the same requests through Sallyport with one worker and with two, in turn.
 *
 *     node bench/workers.ts [--rounds 5] [--seconds 4] [--json FILE]
 *
 * On a machine with two cores the load and the server run on the same cores as the workers. So that they are not the
 * limit, each request costs the proxy a hundred times what it costs them: forms with 100 kB of text, inspected by the CRS
 * and denied by nobody. What the others used is measured and told: it is what two workers cannot have.
 */
import { mkdtempSync, chmodSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
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

const WORKERS = [1, 2] as const;
const KIND = 'text';
/** Several for each worker: the kernel spreads connections by chance. */
const CONNECTIONS = 16;
const REQUESTS_MAX = 1_000_000;
const WARM_UP_SECONDS = 4;
const BAR = 1.8;
const ENTRY = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');

interface Lane {
  readonly workers: number;
  readonly running: Running;
  readonly port: number;
}

interface Round {
  readonly workers: number;
  readonly requestsPerSecond: number;
  /** Cores that the proxy used, on average. */
  readonly cores: number;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // The `exit` handler of Processes ends every program.
  process.once(signal, () => process.exit(130));
}
try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

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
  const rounds = await measure(readCount('--rounds', values.rounds), readCount('--seconds', values.seconds));
  const gain = gainOf(rounds);
  print(rounds, gain);
  if (values.json === undefined) return;
  const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, at: new Date().toISOString() };
  writeFileSync(values.json, `${JSON.stringify({ machine, gain, rounds }, null, 2)}\n`);
}

function readCount(flag: string, text: string): number {
  if (!/^[1-9][0-9]?$/.test(text))
    throw new Error(`Cannot read ${flag}: "${text}" is not a whole number from 1 to 99`);
  return Number(text);
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
    for (const workers of WORKERS)
      lanes.push(await startSallyport(processes, folder, backends.pages, workers));
    const load = (lane: Lane, forSeconds: number): ReturnType<typeof runReplay> => {
      const replay = { connections: CONNECTIONS, requestsMax: REQUESTS_MAX };
      return runReplay(processes, undefined, lane.port, replay, requests, forSeconds);
    };
    for (const lane of lanes) await load(lane, WARM_UP_SECONDS);
    const rounds: Round[] = [];
    for (let round = 0; round < roundCount; round++) {
      // Each round begins with the other one.
      for (const lane of round % 2 === 0 ? lanes : lanes.toReversed()) {
        const before = cpuTimeOf(groupOf(lane.running.pid)).totalNs;
        const { requests: count, durationUs } = await load(lane, seconds);
        const usedNs = cpuTimeOf(groupOf(lane.running.pid)).totalNs - before;
        rounds.push({
          workers: lane.workers,
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
  workers: number,
): Promise<Lane> {
  const port = await freePort();
  const file = join(folder, `sallyport-${workers}.yaml`);
  const configuration = {
    listeners: { web: { bind: `127.0.0.1:${port}`, pool: 'app', decoy: 'trap' } },
    pools: { app: { servers: [`127.0.0.1:${backendPort}`] } },
    decoys: { trap: {} },
    inspection: { rules: CRS_FILES },
    attackers: { never: ['127.0.0.1'] },
    log: { access: 'off' },
    admin: { socket: 'off' },
    runtime: { workers },
  };
  writeFileSync(file, JSON.stringify(configuration));
  const program = { name: 'sallyport', command: process.execPath, args: [ENTRY, 'run', '-c', file] };
  return { workers, port, running: await processes.startServer(program, undefined, port) };
}

/** How many times what one worker answers two workers do, the median over the rounds. */
function gainOf(rounds: readonly Round[]): number {
  const [one = [], two = []] = WORKERS.map((workers) => rounds.filter((round) => round.workers === workers));
  return median(two.map((round, index) => round.requestsPerSecond / one[index]!.requestsPerSecond));
}

function print(rounds: readonly Round[], gain: number): void {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(`forms with 100 kB of text, inspected by the CRS; ${CONNECTIONS} connections`);
  say('workers  requests/s  cores used');
  for (const workers of WORKERS) {
    const those = rounds.filter((round) => round.workers === workers);
    const rate = median(those.map(({ requestsPerSecond }) => requestsPerSecond));
    const cores = median(those.map((round) => round.cores));
    say(`${String(workers).padStart(7)}  ${rate.toFixed(0).padStart(10)}  ${cores.toFixed(2).padStart(10)}`);
  }
  say(
    `two workers answer ${gain.toFixed(2)} × what one does; bar: at least ${BAR} ×: ${gain >= BAR ? 'met' : 'missed'}`,
  );
}
