/** `sallyport spoof`: beside an unmodified server, it takes the PROXY protocol and connects from the client's address. */
import { readDuration } from '../base/units.ts';
import { quote } from '../config/diagnostic.ts';
import type { LoadedText } from '../config/load.ts';
import { readBindEndpoints, readCidr } from '../config/scalars.ts';
import type { Scalar } from '../config/scalars.ts';
import { parseEndpoint } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import { CidrSet } from '../net/cidr.ts';
import { spoofConfig } from '../runtime/spoof-config.ts';
import type { SpoofOptions, SpoofWay } from '../runtime/spoof-config.ts';
import { readOptions, UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { runUntilSignal, startOrExplain } from './running.ts';

/** As messages call the configuration that is made of the command line. */
const ORIGIN = 'sallyport spoof';
const MARK_MAX = 0xffff_ffff;
const CONNECTIONS_MAX = 1_000_000;
const WORKERS_MAX = 64;
const FLOWS_MAX = 1_000_000;
const LOGS = ['auto', 'json', 'text', 'off'];

export const spoof: Command = {
  name: 'spoof',
  summary: 'Show a server beside it the addresses that PROXY protocol headers name',
  isServing: true,
  usage:
    'sallyport spoof --listen ADDRESS:PORT --target ADDRESS:PORT[,ADDRESS:PORT] --trust NETWORK ...\n' +
    '                [--listen ... --target ...] [--mark NUMBER] [--port keep|free] [--fallback fail|own]\n' +
    '                [--workers NUMBER] [--connections NUMBER] [--connect-timeout TIME] [--idle-timeout TIME]\n' +
    '                [--header-timeout TIME] [--log auto|json|text|off] [--admin PATH]\n' +
    '                [--protocol tcp|udp|both] [--udp-header every|first] [--udp-idle-timeout TIME]\n' +
    '                [--udp-flows-per-second NUMBER] [--udp-flows-per-client NUMBER]',
  run: async (args) => {
    const options = readSpoofOptions(args);
    const text = JSON.stringify(spoofConfig(options), null, 2);
    const load = (): Promise<LoadedText> => Promise.resolve({ kind: 'ok', text });
    const supervisor = await startOrExplain({ path: ORIGIN, load, environment: {} }, () => '');
    if (supervisor === undefined) return 1;
    const running = runUntilSignal(supervisor, supervisor.stopGraceMs);
    for (const { listener, host, port } of supervisor.bound)
      supervisor.log.info('Listening', { listener, address: host, port });
    return await running;
  },
};

/** Exported for tests. Throws a UsageError for what cannot be understood. */
export function readSpoofOptions(args: readonly string[]): SpoofOptions {
  const found = readOptions(args, {
    listen: { type: 'string', multiple: true },
    target: { type: 'string', multiple: true },
    trust: { type: 'string', multiple: true },
    mark: { type: 'string' },
    port: { type: 'string' },
    fallback: { type: 'string' },
    workers: { type: 'string' },
    connections: { type: 'string' },
    'connect-timeout': { type: 'string' },
    'idle-timeout': { type: 'string' },
    'header-timeout': { type: 'string' },
    log: { type: 'string' },
    admin: { type: 'string' },
    protocol: { type: 'string' },
    'udp-header': { type: 'string' },
    'udp-idle-timeout': { type: 'string' },
    'udp-flows-per-second': { type: 'string' },
    'udp-flows-per-client': { type: 'string' },
  });
  return {
    ways: waysOf(found),
    trust: trustOf(found.texts('trust')),
    mark: numberOf(found, 'mark', 0, MARK_MAX, 0),
    port: wordOf(found, 'port', ['keep', 'free'] as const, 'keep'),
    fallback: wordOf(found, 'fallback', ['fail', 'own'] as const, 'fail'),
    workers: found.text('workers') === undefined ? 'auto' : numberOf(found, 'workers', 1, WORKERS_MAX, 1),
    connections: numberOf(found, 'connections', 1, CONNECTIONS_MAX, 20_000),
    connect: durationOf(found, 'connect-timeout', '5s'),
    idle: durationOf(found, 'idle-timeout', '1h'),
    headerTimeout: durationOf(found, 'header-timeout', '2s'),
    log: wordOf(found, 'log', LOGS, 'auto'),
    admin: found.text('admin') ?? 'off',
    ...udpOptionsOf(found),
  };
}

function udpOptionsOf(
  found: Arguments,
): Pick<SpoofOptions, 'protocol' | 'udpHeader' | 'udpIdle' | 'udpFlowsPerSecond' | 'udpFlowsPerClient'> {
  const protocol = wordOf(found, 'protocol', ['tcp', 'udp', 'both'] as const, 'tcp');
  for (const name of ['header', 'idle-timeout', 'flows-per-second', 'flows-per-client'] as const) {
    if (protocol !== 'tcp' || found.text(`udp-${name}`) === undefined) continue;
    throw new UsageError(`Cannot use --udp-${name}: --protocol is tcp; set it to udp or both`);
  }
  return {
    protocol,
    udpHeader: wordOf(found, 'udp-header', ['every', 'first'] as const, 'every'),
    udpIdle: durationOf(found, 'udp-idle-timeout', '30s'),
    udpFlowsPerSecond: numberOf(found, 'udp-flows-per-second', 1, FLOWS_MAX, 2000),
    udpFlowsPerClient: numberOf(found, 'udp-flows-per-client', 1, FLOWS_MAX, 1024),
  };
}

/** Each --listen with the --target at the same place in the line. */
function waysOf(found: Arguments): SpoofWay[] {
  const [listens, targets] = [found.texts('listen'), found.texts('target')];
  if (listens.length === 0) throw new UsageError('Cannot run: --listen is missing');
  if (listens.length !== targets.length)
    throw new UsageError(
      `Cannot run: there are ${listens.length} of --listen and ${targets.length} of --target; each needs one of the other`,
    );
  return listens.map((listen, index) => ({
    listen: valueOf('listen', readBindEndpoints(listen)),
    targets: (targets[index] ?? '').split(',').map(targetOf),
  }));
}

function targetOf(text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint === undefined || endpoint.port === 0)
    throw new UsageError(
      `Cannot use --target ${quote(text)}: it is not an address with a port, such as 127.0.0.1:8080 or [::1]:8080`,
    );
  return endpoint;
}

function trustOf(texts: readonly string[]): CidrSet {
  if (texts.length === 0)
    throw new UsageError('Cannot run: --trust is missing; it names the proxies in front whose word is taken');
  return CidrSet.of(texts.flatMap((text) => text.split(',')).map((text) => valueOf('trust', readCidr(text))));
}

function valueOf<T>(name: string, scalar: Scalar<T>): T {
  if (scalar.kind === 'ok') return scalar.value;
  throw new UsageError(
    `Cannot use --${name}: ${scalar.problem}${scalar.hint === undefined ? '' : `; ${scalar.hint}`}`,
  );
}

function numberOf(found: Arguments, name: string, min: number, max: number, otherwise: number): number {
  const text = found.text(name);
  if (text === undefined) return otherwise;
  const value = /^(?:0x[0-9a-fA-F]{1,8}|[0-9]{1,10})$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max))
    throw new UsageError(`Cannot use --${name} ${quote(text)}: it is not a number from ${min} to ${max}`);
  return value;
}

function wordOf<Word extends string>(
  found: Arguments,
  name: string,
  words: readonly Word[],
  otherwise: Word,
): Word {
  const text = found.text(name);
  if (text === undefined) return otherwise;
  const word = words.find((one) => one === text);
  if (word === undefined)
    throw new UsageError(`Cannot use --${name} ${quote(text)}: it is none of ${words.join(', ')}`);
  return word;
}

function durationOf(found: Arguments, name: string, otherwise: string): string {
  const text = found.text(name) ?? otherwise;
  if (readDuration(text) === undefined)
    throw new UsageError(`Cannot use --${name} ${quote(text)}: it is not a time such as 500ms, 3s or 10m`);
  return text;
}
