/** Where the spans of a configuration go. */
import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import { openCollector } from '../record/tracing/collector.ts';
import type { Destination } from '../record/tracing/exporter.ts';

/** What cannot be read of what tracing needs, ready to print. */
export function traceProblems(config: Config): string[] {
  try {
    openDestination(config, '');
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/**
 * Undefined where nothing is traced. Connects to nothing; throws with a message for people where something that it needs
 * cannot be read.
 */
export function openDestination({ tracing }: Config, version: string): Destination | undefined {
  const { endpoint, service, resource, batch, queue } = tracing;
  if (endpoint === undefined) return undefined;
  const given = Object.entries(resource).map(([name, { value }]) => [name, value] as const);
  const attributes = {
    'host.name': hostname(),
    'process.pid': process.pid,
    ...Object.fromEntries(given),
  };
  return {
    endpoint,
    collector: openCollector({ ...tracing, endpoint, version }),
    resource: { service, version, attributes },
    batch,
    queue,
  };
}
