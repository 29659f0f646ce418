/**
 * The configuration once it is read: complete, checked, and frozen all the way down.
 *
 * Maps are frozen records without a prototype, so that a lookup of any name finds a value of the file or undefined.
 * References are names, and every name is known to exist. Paths are absolute. A change is a new Config.
 */
import type { AdminOptions } from '../admin/options.ts';
import type { AttackerOptions, DecoyOptions } from '../decoy/options.ts';
import type { ResolverOptions } from '../balance/names/options.ts';
import type { PoolOptions } from '../balance/options.ts';
import type { InspectionOptions } from '../inspect/options.ts';
import type { ListenerOptions, RouteOptions } from '../proxy/options.ts';
import type { TracingOptions } from '../proxy/tracing/options.ts';
import type { LogOptions } from '../record/options.ts';
import type { Named } from '../base/option.ts';
import type { RuntimeOptions } from './runtime-options.ts';

export interface Config {
  readonly listeners: Named<ListenerOptions>;
  readonly routes: Named<RouteOptions>;
  readonly pools: Named<PoolOptions>;
  readonly decoys: Named<DecoyOptions>;
  readonly resolver: ResolverOptions;
  readonly inspection: InspectionOptions;
  readonly attackers: AttackerOptions;
  readonly log: LogOptions;
  readonly tracing: TracingOptions;
  readonly admin: AdminOptions;
  readonly runtime: RuntimeOptions;
}
