/** `sallyport run` with workers that all die, and die again: how the process ends then. For test/cli/hopeless.test.ts. */
import assert from 'node:assert/strict';
import process from 'node:process';
import { runUntilSignal } from '../../src/cli/running.ts';
import { Supervisor } from '../../src/runtime/supervisor.ts';
import { DEAD_AT_START, FAILING_WORKER, failWorker } from './failing-worker.ts';

const CONFIGURATION = `
listeners: { web: { bind: "127.0.0.1:0", pool: app, inspection: off } }
pools: { app: { servers: ["127.0.0.1:9"] } }
log: { access: off }
admin: { socket: off }
runtime: { workers: 2 }
`;

const start = await Supervisor.start({
  source: {
    path: 'test.yaml',
    load: () => Promise.resolve({ kind: 'ok', text: CONFIGURATION }),
    environment: {},
  },
  isTerminal: false,
  writeLog: (line) => process.stderr.write(line),
  seed: () => 'test',
  version: '0.0.0',
  worker: { entry: FAILING_WORKER },
});
assert(start.kind === 'ok');
const running = runUntilSignal(start.supervisor, 0);
process.env[DEAD_AT_START] = '1';
failWorker(0, 'exit');
failWorker(1, 'exit');
await running;
