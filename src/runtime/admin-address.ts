/** Where the admin API listens over TCP, with its token. */
import type { AdminOptions } from '../admin/options.ts';
import type { TcpOptions } from '../admin/server.ts';
import { readTokenFile, Token } from '../admin/token.ts';

/** The checks have seen to it that there is a token. */
export function tcpOf({ listen, token, tokenFile, metrics }: AdminOptions): TcpOptions | undefined {
  if (listen === undefined) return undefined;
  const { address, port } = listen;
  const secret = tokenFile === undefined ? token : readTokenFile(tokenFile);
  if (secret === undefined) throw new Error('The admin API over TCP has no token');
  return { host: address.text, port, token: new Token(secret), isMetricsOpen: metrics === 'open' };
}
