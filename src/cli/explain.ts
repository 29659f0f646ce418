/** `sallyport explain ID`: why an exchange got its verdict, and how its client was identified. */
import type { ExchangeView } from '../admin/views.ts';
import { escapeForTerminal } from '../base/escape.ts';
import { ADMIN_ARGUMENTS, ADMIN_USAGE, askAdmin, print } from './admin-socket.ts';
import { onePositional, readArguments } from './arguments.ts';
import type { Command } from './command.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'Say why an exchange got its verdict',
  usage: `sallyport explain ID ${ADMIN_USAGE}`,
  run: async (args) => {
    const found = readArguments(args, ADMIN_ARGUMENTS);
    const id = onePositional(found, 'exchange id');
    // The answer is of our own API, which promises this shape.
    const view = (await askAdmin(found, 'GET', `/v1/exchanges/${encodeURIComponent(id)}`)) as ExchangeView;
    print(found, view, () => explainText(view));
    return 0;
  },
};

const VERDICTS: Readonly<Record<ExchangeView['verdict'], string>> = {
  continue: 'passed on to the server',
  reply: 'answered by Sallyport itself',
  deceive: 'moved to the decoy',
  drop: 'closed without an answer',
};

export function explainText(view: ExchangeView): string {
  const safe = escapeForTerminal;
  const lines = [
    `Exchange ${view.id} at ${new Date(view.startedAtMs).toISOString()}`,
    '',
    view.protocol === 'http'
      ? `Request    ${safe(view.method)} ${safe(view.target)} ${safe(view.version)}, host ${safe(view.host)}`
      : 'Request    a TCP connection',
    `Client     ${clientText(view)}`,
    `           ${safe(view.client.because)}`,
    `Way        listener ${view.listener}${part(' → route ', view.route)}${part(' → pool ', view.pool)}${part(' → server ', view.server)}`,
    `Verdict    ${view.verdict}: ${VERDICTS[view.verdict]}`,
    ...(view.because.code === '' ? [] : [`Because    ${safe(view.because.text)} (${view.because.code})`]),
    ...hitLines(view),
    `Response   ${view.status === 0 ? 'none' : view.status}, ${view.bytesOut} bytes, after ${view.times.totalMs.toFixed(1)} ms`,
    `Times      ${timesText(view)}`,
    `End        ${view.end}, ${view.attempts} attempt${view.attempts === 1 ? '' : 's'}${view.isOriginReused ? ', on a reused connection' : ''}`,
  ];
  return `${lines.join('\n')}\n`;
}

function clientText({ client }: ExchangeView): string {
  const own = `${client.address === '' ? 'a UNIX socket' : client.address}${client.port === 0 ? '' : ` port ${client.port}`}`;
  const peer = client.peerAddress === client.address ? '' : `, through ${client.peerAddress}`;
  return `${own}, known by ${client.by}${peer}`;
}

function part(label: string, name: string): string {
  return name === '' ? '' : `${label}${name}`;
}

function hitLines(view: ExchangeView): string[] {
  if (view.hits.length === 0) return ['Hits       none'];
  return view.hits.flatMap((hit, index) => [
    `${index === 0 ? 'Hits     ' : '         '}  rule ${escapeForTerminal(hit.rule)} (${escapeForTerminal(hit.source)}): ${escapeForTerminal(hit.message)}`,
    `             in ${escapeForTerminal(hit.target)}: "${escapeForTerminal(hit.matched)}"${hit.transformations.length === 0 ? '' : ` after ${escapeForTerminal(hit.transformations.join(', '))}`}`,
  ]);
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
