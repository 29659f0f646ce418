/**
 * What a tunnel keeps of the configuration that it began with.
 *
 * Tunnels live for days, over any number of reloads. Each that kept its whole configuration would keep the rules and pools
 * of its day in memory. All that it still needs is its listener, its server, and who records it.
 */
import { DEFAULT_BODY_LIMITS } from '../inspect/body/limits.ts';
import type { ListenerContext, RouteContext } from './context.ts';
import type { Exchange } from './exchange.ts';
import { endInspection } from './end-inspection.ts';
import { RouteTable } from './routes.ts';

/** A route that leads nowhere: nothing is routed any more. */
const NO_ROUTE: RouteContext = {
  name: '',
  pool: undefined,
  decoy: undefined,
  inspector: undefined,
  isDetectOnly: false,
  hold: { held: 0, heldTotal: 0, beyond: 'reject' },
  responses: {
    isInspected: false,
    types: new Set(),
    held: 0,
    beyond: 'reject',
    decode: DEFAULT_BODY_LIMITS,
  },
  allowConnect: false,
  allowUpgrade: false,
};
const NO_ROUTES = new RouteTable([], NO_ROUTE);

/** The same listener without routes, rules and pools. What worked by `context` is from now on one of its tunnels. */
export function tunnelContext(context: ListenerContext): ListenerContext {
  if (context.users === context.tunnels) return context;
  context.users.count--;
  context.tunnels.count++;
  return { ...context, routes: NO_ROUTES, streams: undefined, users: context.tunnels };
}

/** An exchange that has become a tunnel: inspection is over, and what it found is kept. */
export function lightenExchange(exchange: Exchange): void {
  endInspection(exchange);
  exchange.keptHits = exchange.hits;
  exchange.transaction = undefined;
  exchange.context = tunnelContext(exchange.context);
  if (exchange.route !== undefined) exchange.route = { ...NO_ROUTE, name: exchange.route.name };
  exchange.connection.useForTunnel(exchange.context);
}
