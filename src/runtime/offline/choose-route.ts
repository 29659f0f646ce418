/** Which route of a configuration a stored request would take. */
import type { Config } from '../../config/config.ts';
import { RouteTable } from '../../proxy/routes.ts';
import { inspectionUse } from '../inspection-use.ts';
import type { InspectionUse } from '../inspection-use.ts';
import type { StoredRequest } from './stored-exchange.ts';

export interface Chosen {
  /** Empty for requests that no route takes. */
  readonly route: string;
  readonly use: InspectionUse;
}

/** A function that finds the route of each request, as the listener of this name does. */
export function routeChooser(config: Config, listener: string): (request: StoredRequest) => Chosen {
  const options = config.listeners[listener];
  if (options === undefined) throw new Error(`Listener "${listener}" is not in the configuration`);
  const matches = options.routes.flatMap((name) => {
    const route = config.routes[name];
    if (route === undefined) return [];
    const { hosts, paths, methods } = route;
    // Where a stored request was sent to is not known: a route that asks for that is not taken.
    return {
      hosts,
      paths,
      methods,
      destinations: route.destinations,
      route: { route: name, use: inspectionUse(config, options, route) },
    };
  });
  const table = new RouteTable<Chosen>(matches, { route: '', use: inspectionUse(config, options) });
  return ({ method, host, target }) => table.find(method, host, pathOf(target));
}

/** The target as a server gets it: without scheme and host. */
function pathOf(target: string): string {
  const [, path] = /^[A-Za-z][A-Za-z0-9+.-]{0,31}:\/\/[^/?]*(.*)$/s.exec(target) ?? [];
  return path ?? target;
}
