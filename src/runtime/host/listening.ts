/** Who has TCP sockets on this host, as the kernel shows it: what a failed proof is explained by. */
import { readFileSync } from 'node:fs';
import type { Endpoint } from '../../net/address.ts';
import { runTool, ToolError } from './tool.ts';

/** `nobody` listens on the port; `plain`: somebody does, for addresses of this host alone. */
export type Listening = 'nobody' | 'plain' | 'transparent' | 'unknown';

/** Whether somebody takes connections on this port to addresses that the host does not have. */
export async function listeningOn({ address: { family }, port }: Endpoint): Promise<Listening> {
  try {
    return readListening(
      await runTool('ss', [`-${family}`, '--inet-sockopt', '-Hltn', 'sport', '=', `:${port}`]),
    );
  } catch (error) {
    if (error instanceof ToolError) return 'unknown';
    throw error;
  }
}

/** Of what `ss --inet-sockopt` says. */
export function readListening(text: string): Listening {
  if (!/^LISTEN\b/m.test(text)) return 'nobody';
  return /inet-sockopt: \([^)]*\btransparent\b/.test(text) ? 'transparent' : 'plain';
}

/** True when this host has a connection whose own end is `local`. */
export function hasConnectionAt(local: Endpoint): boolean {
  const file = local.address.family === 4 ? '/proc/net/tcp' : '/proc/net/tcp6';
  return includesLocal(readFileSync(file, 'latin1'), local);
}

/** Of /proc/net/tcp: numbers of the address are in the order of the machine, the port is not. */
export function includesLocal(table: string, { address, port }: Endpoint): boolean {
  const words: string[] = [];
  for (let at = 0; at < address.bytes.length; at += 4)
    words.push(hex([...address.bytes.subarray(at, at + 4)].reverse()));
  const wanted = `${words.join('')}:${hex([port >> 8, port & 255])}`;
  return table.split('\n').some((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return local === wanted && state !== LISTENING;
  });
}

/** TCP_LISTEN. */
const LISTENING = '0A';

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
}
