/**
 * `npm run bench`: Sallyport beside HAProxy and nginx, on one core each in turn. What is measured and how is told in
 * docs/decisions/bench.md. Only this file prints.
 */
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startBackends } from './backend/backend.ts';
import { runCommand } from './command.ts';
import { wrkVersion } from './load/wrk.ts';
import { chooseCores } from './machine/cores.ts';
import { describeMachine } from './machine/facts.ts';
import { Processes } from './machine/process.ts';
import { HELP, readOptions, type BenchOptions } from './options.ts';
import { nginxVersion } from './peers/nginx.ts';
import type { Peer } from './peers/peer.ts';
import { barText, toBars } from './report/bars.ts';
import { listVersions, toJson, writeRecord, type Run } from './report/record.ts';
import { toGrid, toNotes, toText } from './report/table.ts';
import { runWorkload, type Outcome } from './run.ts';
import type { Figures, Workload } from './workload.ts';

await runCommand(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(HELP);
  else process.exitCode = await bench(options);
});

/** The exit code: 0 when everything that was asked for was measured. Peers that are not installed are only named. */
async function bench(options: BenchOptions): Promise<number> {
  const { peers, versions, warnings } = findPrograms(options.peers);
  const cores = chooseCores();
  if (cores.warning !== undefined) warnings.push(cores.warning);
  for (const warning of warnings) process.stderr.write(`${warning}\n`);
  if (peers.length === 0) throw new Error('Cannot run: none of the peers is here');
  const folder = makeFolder();
  const processes = new Processes();
  const date = new Date();
  const machine = describeMachine();
  const outcomes: Outcome[] = [];
  const run: Run = {
    date,
    machine,
    versions,
    warnings,
    outcomes,
    rounds: options.rounds,
    seconds: options.seconds,
  };
  process.stdout.write(
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, load average ${machine.load1}; ${listVersions(run)}\n` +
      `rounds: ${options.rounds}, ${options.seconds} s each; medians; × is the ratio to the peer in the same round\n`,
  );
  try {
    const backends = await startBackends(processes, cores.load, folder);
    const tools = { processes, cores, backends, folder, seconds: options.seconds };
    for (const workload of options.workloads) {
      const outcome = await runWorkload(tools, workload, peers, options.rounds, showProgress);
      outcomes.push(outcome);
      showOutcome(outcome);
    }
  } finally {
    await processes.stopAll();
    rmSync(folder, { recursive: true, force: true });
  }
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, toJson(run));
  if (options.record !== undefined)
    process.stdout.write(`\nRecorded in ${writeRecord(run, options.record)}.md\n`);
  return outcomes.every((outcome) => outcome.problems.length === 0) ? 0 : 1;
}

/** The peers that are here, and a warning for each that is not. Without the tools there is no bench: it throws. */
function findPrograms(wanted: readonly Peer[]): {
  peers: Peer[];
  versions: Record<string, string>;
  warnings: string[];
} {
  const versions: Record<string, string> = { node: process.versions.node };
  const wrk = wrkVersion();
  if (wrk === undefined) throw new Error('Cannot run: wrk was not found (Debian: apt-get install wrk)');
  if (nginxVersion() === undefined) {
    throw new Error('Cannot run: nginx was not found, which is the backend (Debian: apt-get install nginx)');
  }
  const peers: Peer[] = [];
  const warnings: string[] = [];
  for (const peer of wanted) {
    const found = peer.find();
    if ('missing' in found) {
      warnings.push(`Running without ${peer.name}: ${found.missing}`);
      continue;
    }
    peers.push(peer);
    versions[peer.name] = found.version;
  }
  return { peers, versions: { ...versions, wrk }, warnings };
}

/** In memory where that is possible: logs and pages must not wait for a disk. */
function makeFolder(): string {
  let base = tmpdir();
  try {
    accessSync('/dev/shm', constants.W_OK);
    base = '/dev/shm';
  } catch {
    // No tmpfs here: the folder for temporary files it is.
  }
  const folder = mkdtempSync(join(base, 'sallyport-bench-'));
  // Workers of peers that root starts run as another user, and have files further down.
  chmodSync(folder, 0o711);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function showProgress(workload: Workload, round: number, label: string, figures: Figures): void {
  const first = workload.columns[0]!;
  const value = figures[first.key]?.toFixed(first.digits) ?? '-';
  process.stderr.write(`${workload.name}, round ${round + 1}: ${label} ${value} ${first.title}\n`);
}

function showOutcome(outcome: Outcome): void {
  process.stdout.write(`\n${outcome.workload.name}: ${outcome.workload.title}\n`);
  const grid = toGrid(outcome);
  process.stdout.write(grid.length > 1 ? toText(grid) : '  nothing was measured\n');
  for (const bar of toBars(outcome)) process.stdout.write(`  bar: ${barText(bar)}\n`);
  for (const note of toNotes(outcome)) process.stdout.write(`  note: ${note}\n`);
}
