/** The trail of a client's address as text for a terminal of 80 columns. Everything of the network is escaped here. */
import { escapeForTerminal } from '../base/escape.ts';
import type { ClientTrail } from './client-trail.ts';
import { wrapped } from './wrapped.ts';

const INDENT = '   ';

export function clientTrailText({ id, hops, client, sent }: ClientTrail): string {
  const lines = [
    `Client of exchange ${id}`,
    ...hops.flatMap(({ by, claim, outcome, setting }, index) => [
      '',
      ...line(`${index + 1}. `, `${by} says ${claim}`),
      ...line(INDENT, outcome),
      ...line(INDENT, `by ${setting}`),
    ]),
    '',
    ...line('=> ', `${client.address === '' ? 'a UNIX socket' : client.address}, known by ${client.by}`),
    ...line(INDENT, client.because),
    ...(sent.length === 0 ? ['', 'Nothing was sent on.'] : ['', 'Sent on:']),
    ...sent.flatMap(({ what, setting }) => [...line('-> ', what), ...line(INDENT, `by ${setting}`)]),
  ];
  return `${lines.join('\n')}\n`;
}

function line(label: string, text: string): string[] {
  // `because` is escaped where it is made; a second time would show its backslashes twice.
  return wrapped(escapeForTerminal(text).replaceAll('\\x5cx', '\\x'), label, INDENT);
}
