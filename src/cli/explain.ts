/** `sallyport explain ID`: why an exchange got its verdict, and how its client was identified. */
import { Buffer } from 'node:buffer';
import type { ExchangeView, StatusView } from '../admin/views.ts';
import { escapeForTerminal } from '../base/escape.ts';
import type { Config } from '../config/config.ts';
import { formatDiagnostic } from '../config/diagnostic.ts';
import { loadConfig } from '../config/load.ts';
import * as tlv from '../net/proxy-protocol/tlv.ts';
import { ADMIN_ARGUMENTS, ADMIN_USAGE, askAdmin, CommandError, print } from './admin-socket.ts';
import { onePositional, readArguments } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { clientTrailText } from './client-trail-text.ts';
import { clientTrail } from './client-trail.ts';
import type { Command } from './command.ts';
import { hitLines, reasonLines, VERDICTS } from './findings.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'Say why an exchange got its verdict',
  usage:
    `sallyport explain ID [--client] ${ADMIN_USAGE}\n\n` +
    '  --client says how the address of the client came to be known, hop by hop, and what was sent on.',
  run: async (args) => {
    const found = readArguments(args, { ...ADMIN_ARGUMENTS, client: { type: 'boolean' } });
    const id = onePositional(found, 'exchange id');
    // The answer is of our own API, which promises this shape.
    const view = (await askAdmin(found, 'GET', `/v1/exchanges/${encodeURIComponent(id)}`)) as ExchangeView;
    if (found.flag('client')) {
      const trail = clientTrail(view, await runningConfig(found));
      print(found, trail, () => clientTrailText(trail));
      return 0;
    }
    print(found, view, () => explainText(view));
    return 0;
  },
};

/** The file that the running Sallyport has read. Who changed it since sees what it says now. */
async function runningConfig(found: Arguments): Promise<Config> {
  const status = (await askAdmin(found, 'GET', '/v1/status')) as StatusView;
  const read = await loadConfig(found.text('config') ?? status.configuration, process.env);
  if (read.kind === 'bad') throw new CommandError(read.diagnostics.map(formatDiagnostic).join('\n'));
  return read.config;
}

export function explainText(view: ExchangeView): string {
  const safe = escapeForTerminal;
  const lines = [
    `Exchange ${view.id} at ${new Date(view.startedAtMs).toISOString()}`,
    '',
    view.protocol === 'http'
      ? `Request    ${safe(view.method)} ${safe(view.target)} ${safe(view.version)}, host ${safe(view.host)}`
      : `Request    ${view.protocol === 'udp' ? 'datagrams' : 'a TCP connection'}`,
    `Client     ${clientText(view)}`,
    `           ${safe(view.client.because)}`,
    ...(view.destination === '' ? [] : [`           connected to ${safe(view.destination)}`]),
    ...proxyHeaderLines(view),
    `Way        listener ${view.listener}${part(' → route ', view.route)}${part(' → pool ', view.pool)}${part(' in place of ', view.poolMeant)}${part(' → server ', view.server)}`,
    `Verdict    ${view.verdict}: ${VERDICTS[view.verdict]}`,
    ...reasonLines(view.because),
    ...hitLines(view.hits),
    `Response   ${view.status === 0 ? 'none' : view.status}, ${view.bytesOut} bytes, after ${view.times.totalMs.toFixed(1)} ms`,
    `Times      ${timesText(view)}`,
    ...sourceLines(view),
    ...(view.trace === ''
      ? []
      : [`Trace      ${safe(view.trace)}${view.isTraceSampled ? '' : ', not recorded'}`]),
    `End        ${view.end}, ${view.attempts} attempt${view.attempts === 1 ? '' : 's'}${view.isOriginReused ? ', on a reused connection' : ''}${view.isPersistent ? ', at the server of its session' : ''}`,
  ];
  return `${lines.join('\n')}\n`;
}

function clientText({ client }: ExchangeView): string {
  const own = `${client.address === '' ? 'a UNIX socket' : client.address}${client.port === 0 ? '' : ` port ${client.port}`}`;
  const peer = client.peerAddress === client.address ? '' : `, through ${client.peerAddress}`;
  return `${own}, known by ${client.by}${peer}`;
}

/** From which address the server was connected to, where that was asked for. */
function sourceLines({ source, sourceBecause }: ExchangeView): string[] {
  const lines = source === '' ? [] : [`Source     ${escapeForTerminal(source)}`];
  return sourceBecause.code === ''
    ? lines
    : [...lines, `           ${escapeForTerminal(sourceBecause.text)}`];
}

function part(label: string, name: string): string {
  return name === '' ? '' : `${label}${name}`;
}

/** The PROXY header that named the client, with what else it said. */
function proxyHeaderLines({ client: { proxyHeader } }: ExchangeView): string[] {
  if (proxyHeader === null) return [];
  const { version, command, transport, source, destination, tlvs } = proxyHeader;
  const way = source === null ? '' : `: ${escapeForTerminal(`${source} to ${destination ?? 'nowhere'}`)}`;
  return [
    `PROXY      version ${version}, ${command} over ${transport}${way}`,
    ...tlvs.map(
      ({ type, hex }) => `             ${TLV_NAMES.get(type) ?? 'TLV'} (${typeText(type)}): ${tlvText(hex)}`,
    ),
  ];
}

const TLV_NAMES: ReadonlyMap<number, string> = new Map([
  [tlv.TLV_ALPN, 'ALPN'],
  [tlv.TLV_AUTHORITY, 'authority'],
  [tlv.TLV_CRC32C, 'CRC-32C'],
  [tlv.TLV_NOOP, 'filler'],
  [tlv.TLV_UNIQUE_ID, 'unique id'],
  [tlv.TLV_SSL, 'SSL'],
  [tlv.TLV_NETNS, 'network namespace'],
]);

function typeText(type: number): string {
  return `0x${type.toString(16).padStart(2, '0')}`;
}

/** Text where all of it can be read, else hexadecimal. */
function tlvText(hex: string): string {
  const text = Buffer.from(hex, 'hex').toString('latin1');
  return /^[ -~]*$/.test(text) ? `"${escapeForTerminal(text)}"` : hex;
}

function timesText({ times }: ExchangeView): string {
  const named: readonly (readonly [string, number])[] = [
    ['head', times.headMs],
    ['queue', times.queueMs],
    ['connect', times.connectMs],
    ['first byte', times.firstByteMs],
    ['total', times.totalMs],
  ];
  return named
    .filter(([, ms]) => ms >= 0)
    .map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`)
    .join(', ');
}
