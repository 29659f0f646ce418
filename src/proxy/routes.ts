/**
 * Which route takes a request: the first whose hosts, paths and methods all match (content switching).
 */
import { normalPath } from '../http/path.ts';
import type { CidrSet } from '../net/cidr.ts';
import type { RouteContext } from './context.ts';

/** What a route asks of a request. Empty lists ask for nothing. */
export interface RouteMatch<Route = RouteContext> {
  /** Lower case, without ports; `*.example.org` for every host below example.org. */
  readonly hosts: readonly string[];
  /** Beginnings of paths, compared with the path as an origin may understand it (http/path.ts). */
  readonly paths: readonly string[];
  readonly methods: readonly string[];
  /** Addresses that the client connected to; an empty set asks for nothing. */
  readonly destinations?: CidrSet;
  readonly route: Route;
}

export class RouteTable<Route = RouteContext> {
  readonly #matches: readonly RouteMatch<Route>[];
  readonly #otherwise: Route;
  /** True when `find` wants to know the destination. */
  readonly asksForDestination: boolean;

  constructor(matches: readonly RouteMatch<Route>[], otherwise: Route) {
    this.#matches = matches;
    this.#otherwise = otherwise;
    this.asksForDestination = matches.some(({ destinations }) => (destinations?.size ?? 0) > 0);
  }

  /** The route of a request; the listener's default when none matches. `host` may carry a port. */
  find(method: string, host: string, path: string, destination = ''): Route {
    if (this.#matches.length === 0) return this.#otherwise;
    const name = hostName(host);
    const normal = normalPath(path);
    for (const match of this.#matches) {
      if (isTaken(match, method, name, normal) && isDestination(match, destination)) return match.route;
    }
    return this.#otherwise;
  }
}

/** The host without its port, lower case. */
export function hostName(host: string): string {
  const colon = host.lastIndexOf(':');
  const isPort = colon > host.lastIndexOf(']');
  return (isPort ? host.slice(0, colon) : host).toLowerCase();
}

function isTaken(match: RouteMatch<unknown>, method: string, host: string, path: string): boolean {
  if (match.methods.length > 0 && !match.methods.includes(method)) return false;
  if (match.paths.length > 0 && !match.paths.some((beginning) => path.startsWith(beginning))) return false;
  return match.hosts.length === 0 || match.hosts.some((pattern) => isHostTaken(pattern, host));
}

function isDestination({ destinations }: RouteMatch<unknown>, address: string): boolean {
  return destinations === undefined || destinations.size === 0 || destinations.hasText(address);
}

function isHostTaken(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  return host.length > pattern.length - 1 && host.endsWith(pattern.slice(1));
}
