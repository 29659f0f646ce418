/** `sallyport demo`: two application servers, the built-in decoy and Sallyport in front, on this machine alone. */
import { createServer } from 'node:net';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countRules } from './rule-counts.ts';
import type { Supervisor } from '../runtime/supervisor.ts';
import type { LoadedText } from '../config/load.ts';
import { readOptions, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { startDemoServer } from './demo-server.ts';
import type { DemoServer } from './demo-server.ts';
import { runUntilSignal, startOrExplain } from './running.ts';

const FIRST_PORT = 8080;
const PORT_TRIES = 20;
/** Nobody waits for a demonstration to end. */
const GRACE_MS = 1_000;

export const demo: Command = {
  name: 'demo',
  summary: 'Run everything on this machine: servers, decoy, proxy',
  isServing: true,
  usage: 'sallyport demo [--port 8080]',
  run: async (args) => {
    const found = readOptions(args, { port: { type: 'string' } });
    const port = await choosePort(found.text('port'));
    const servers = [await startDemoServer('one'), await startDemoServer('two')];
    const socket = join(tmpdir(), `sallyport-demo-${process.pid}.sock`);
    const supervisor = await startDemo(demoConfig(port, servers, socket));
    if (supervisor === undefined) {
      for (const server of servers) server.close();
      return 1;
    }
    const running = runUntilSignal(supervisor, GRACE_MS);
    process.stdout.write(introduction(supervisor, servers, socket));
    return await running;
  },
};

/** The running proxy, or undefined after saying why it does not run. */
function startDemo(yaml: string): Promise<Supervisor | undefined> {
  const load = (): Promise<LoadedText> => Promise.resolve({ kind: 'ok', text: yaml });
  const seed = randomBytes(32).toString('hex');
  return startOrExplain({ path: 'demo.yaml', load, environment: {} }, () => seed);
}

/**
 * The configuration of the demonstration: what a first `sallyport.yaml` looks like. One worker, so that everybody can see
 * the servers take turns.
 */
export function demoConfig(port: number, servers: readonly DemoServer[], socket: string): string {
  const lines = servers.map((server) => `      ${server.name}: "127.0.0.1:${server.port}"`);
  return `listeners:
  web:
    bind: "127.0.0.1:${port}"
    pool: app
    decoy: trap
    inspection: on
    identity: { clientHeader: x-forwarded-for, trust: [127.0.0.0/8] }
pools:
  app:
    servers:
${lines.join('\n')}
    headers: { forwarded: append }
decoys:
  trap: {}
log: { access: auto }
admin: { socket: "${socket}" }
runtime: { workers: 1 }
`;
}

function introduction(supervisor: Supervisor, servers: readonly DemoServer[], socket: string): string {
  // Port 0 was a wish for any: only the listener knows which.
  const url = `http://127.0.0.1:${supervisor.bound[0]?.port ?? 0}`;
  const sallyport = isRunByNpx() ? 'npx sallyport' : 'sallyport';
  return `
Sallyport listens on ${url}, with ${countRules({ sets: supervisor.ruleSets })} rules.
Behind it: ${servers.map((server) => `server "${server.name}" on port ${server.port}`).join(', ')}, and the built-in decoy.

Try, in another terminal:

  curl ${url}/                          # the two servers in turn
  curl ${url}/headers                   # what a server is told about you
  curl -H 'X-Forwarded-For: 203.0.113.7' "${url}/?id=1'%20OR%20'1'='1"
                                                     # an attack: the decoy answers
  curl -H 'X-Forwarded-For: 203.0.113.7' ${url}/
                                                     # and goes on answering that client
  ${sallyport} attackers list -s ${socket}
  ${sallyport} attackers forgive 203.0.113.7 -s ${socket}
  ${sallyport} status -s ${socket}
  ${sallyport} explain ID -s ${socket}
                                                     # why, for the id in the list of attackers
  ${sallyport} top -s ${socket}
                                                     # what happens, live; q ends it

Ctrl-C ends it. Every exchange leaves one line:

`;
}

/** In a checkout, or run without being installed: then there is no `sallyport` on the PATH. */
function isRunByNpx(): boolean {
  return import.meta.filename.endsWith('.ts') || process.env['npm_command'] === 'exec';
}

/** The port that was asked for, or the first free one from FIRST_PORT on. */
async function choosePort(asked: string | undefined): Promise<number> {
  if (asked !== undefined) {
    if (!/^[0-9]{1,5}$/.test(asked) || Number(asked) > 65535)
      throw new UsageError('Cannot run: --port is not a port');
    return Number(asked);
  }
  for (let port = FIRST_PORT; port < FIRST_PORT + PORT_TRIES; port++) if (await isFree(port)) return port;
  throw new UsageError(
    `Cannot run: ports ${FIRST_PORT} to ${FIRST_PORT + PORT_TRIES - 1} are all in use; name one with --port`,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
