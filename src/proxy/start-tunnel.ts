/** Turns an exchange into a tunnel, after a 101 or an accepted CONNECT, and ends the exchange with it. */
import type { Connection } from '../net/connection.ts';
import type { Exchange } from './exchange.ts';
import { advance } from './steps.ts';
import { lightenExchange } from './tunnel-context.ts';
import { Tunnel } from './tunnel.ts';

/** `onOver` is called when the tunnel has ended and the connection to the server is no longer anybody's. */
export function startTunnel(exchange: Exchange, origin: Connection, onOver: () => void): void {
  lightenExchange(exchange);
  const { context, connection } = exchange;
  exchange.isTunnel = true;
  exchange.origin = undefined;
  context.host.counts.tunnels++;
  const early = connection.onTunnel();
  if (early.length > 0) origin.writeBytes(early);
  const tunnel = new Tunnel(connection.connection, origin, context.options.timeouts.tunnelIdle, (end) => {
    context.host.counts.tunnels--;
    context.place.tunnels.remove(tunnel);
    onOver();
    if (end !== 'done') exchange.failure = end;
    exchange.isResponseComplete = true;
    advance(exchange);
    connection.onTunnelEnd();
  });
  context.place.tunnels.add(tunnel);
}
