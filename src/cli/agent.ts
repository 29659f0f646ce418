/** `sallyport agent`: beside a server, says how busy it is. */
import { now } from '../base/clock.ts';
import { readInteger } from '../base/units.ts';
import { DEFAULT_FACTORS, readFactors } from '../balance/agent/load.ts';
import type { Factors } from '../balance/agent/load.ts';
import { takeSample } from '../balance/agent/machine.ts';
import { serveJson, serveLine } from '../balance/agent/servers.ts';
import type { AgentServer } from '../balance/agent/servers.ts';
import { MachineWatch } from '../balance/agent/watch.ts';
import { quote } from '../config/diagnostic.ts';
import { readBindEndpoints, readCidr } from '../config/scalars.ts';
import type { Endpoint } from '../net/address.ts';
import { formatEndpoint } from '../net/address.ts';
import { CidrSet } from '../net/cidr.ts';
import { readOptions, UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import type { Command } from './command.ts';

const DEFAULT_BIND = '127.0.0.1:9777';
/** HAProxy takes no weight above this times the least one. */
const IN_USE_MAX = 1_000_000;

export const agent: Command = {
  name: 'agent',
  summary: 'Say how busy this machine is, in the agent-check protocol of HAProxy and as JSON',
  isServing: true,
  usage:
    'sallyport agent [--bind 127.0.0.1:9777] [--http 127.0.0.1:9778] [--allow 192.0.2.0/24]...\n' +
    '       [--weigh cpu=1,queue=1,memory=0] [--least 1] [--maxconn N] [--state-file FILE]\n\n' +
    '  --bind        where one line answers each connection\n' +
    '  --http        where GET / answers with JSON\n' +
    '  --allow       who is answered; everybody without it\n' +
    '  --weigh       how much processor, run queue and memory count\n' +
    '  --least       the least percentage that is asked for, 0 to 100\n' +
    '  --maxconn     how many exchanges the server may have in hand\n' +
    '  --state-file  its first line goes into each answer: drain, maint, down # reason\n' +
    '  SIGUSR1 drains the server, SIGUSR2 makes it ready again.',
  run: async (args) => {
    const found = readOptions(args, {
      bind: { type: 'string' },
      http: { type: 'string' },
      allow: { type: 'string', multiple: true },
      weigh: { type: 'string' },
      least: { type: 'string' },
      maxconn: { type: 'string' },
      'state-file': { type: 'string' },
    });
    return await serve(readSettings(found));
  },
};

interface Settings {
  readonly lines: readonly Endpoint[];
  readonly https: readonly Endpoint[];
  readonly allow: CidrSet | undefined;
  readonly factors: Factors;
  readonly least: number;
  readonly inUseMax: number | undefined;
  readonly stateFile: string | undefined;
}

function readSettings(found: Arguments): Settings {
  const http = found.text('http');
  const weigh = found.text('weigh');
  const factors = weigh === undefined ? DEFAULT_FACTORS : readFactors(weigh);
  if (typeof factors === 'string') throw new UsageError(`Cannot use --weigh: ${factors}`);
  const allow = found.texts('allow').map((text) => {
    const cidr = readCidr(text);
    if (cidr.kind === 'bad') throw new UsageError(`Cannot use --allow: ${cidr.problem}`);
    return cidr.value;
  });
  return {
    lines: endpointsOf('--bind', found.text('bind') ?? DEFAULT_BIND),
    https: http === undefined ? [] : endpointsOf('--http', http),
    allow: allow.length === 0 ? undefined : CidrSet.of(allow),
    factors,
    least: numberOf('--least', found.text('least'), 100) ?? 1,
    inUseMax: numberOf('--maxconn', found.text('maxconn'), IN_USE_MAX),
    stateFile: found.text('state-file'),
  };
}

function endpointsOf(option: string, text: string): readonly Endpoint[] {
  const read = readBindEndpoints(text);
  if (read.kind === 'bad') throw new UsageError(`Cannot use ${option}: ${read.problem}`);
  return read.value;
}

function numberOf(option: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = readInteger(text);
  if (value !== undefined && value >= 0 && value <= max) return value;
  throw new UsageError(`Cannot use ${option}: ${quote(text)} is not a whole number from 0 to ${max}`);
}

/** Answers until a signal ends it. */
async function serve(settings: Settings): Promise<number> {
  const watch = watchMachine(settings);
  if (watch === undefined) return 1;
  const { allow } = settings;
  const options = { allow, view: () => watch.view() };
  const servers: AgentServer[] = [];
  for (const [what, serveAt, endpoints] of [
    ['agent checks', serveLine, settings.lines],
    ['HTTP', serveJson, settings.https],
  ] as const) {
    for (const endpoint of endpoints) {
      const where = `${what} on ${formatEndpoint(endpoint)}`;
      try {
        const server = await serveAt(endpoint, options);
        servers.push(server);
        process.stdout.write(`Answering ${what} on ${formatEndpoint({ ...endpoint, port: server.port })}\n`);
      } catch (error) {
        process.stderr.write(
          `Cannot answer ${where}: ${error instanceof Error ? error.message : String(error)}\n`,
        );
        await Promise.all(servers.map((server) => server.close()));
        return 1;
      }
    }
  }
  watch.start();
  process.on('SIGUSR1', () => watch.setMode('drain'));
  process.on('SIGUSR2', () => watch.setMode('ready'));
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  watch.stop();
  await Promise.all(servers.map((server) => server.close()));
  return 0;
}

/** Undefined after saying why not. */
function watchMachine({ factors, least, inUseMax, stateFile }: Settings): MachineWatch | undefined {
  try {
    const sample = (): ReturnType<typeof takeSample> => takeSample(now());
    const warn = (text: string): unknown => process.stderr.write(`${text}\n`);
    return new MachineWatch({ factors, least, inUseMax, stateFile, sample, warn });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}
