/** What the configuration says about the inspection of the requests of one route, put together from its three places. */
import type { Named } from '../base/option.ts';
import type { Config } from '../config/config.ts';
import type { Exclusion } from '../inspect/exclusions.ts';
import { givenLimits } from '../inspect/limits.ts';
import type { InspectionLimits } from '../inspect/limits.ts';
import type { InspectionOptions } from '../inspect/options.ts';
import type { HoldPolicy } from '../proxy/context.ts';
import type { ListenerOptions, RouteOptions } from '../proxy/options.ts';

/** Plain data: two that are alike need one inspector. */
export interface InspectionUse {
  readonly mode: 'on' | 'detect' | 'off';
  /** Of a hundred requests. */
  readonly sample: number;
  /** The name of the rule set; empty for the rules at the top. */
  readonly set: string;
  /** Besides those of the rule set. */
  readonly exclude: readonly Exclusion[];
  readonly hold: HoldPolicy;
  readonly responses: ResponseUse;
  /** Only those that were written. */
  readonly limits: Partial<InspectionLimits>;
}

export interface ResponseUse {
  readonly mode: 'on' | 'off';
  readonly types: readonly string[];
  /** Bytes. */
  readonly held: number;
  readonly beyond: 'prefix' | 'pass' | 'reject';
}

/** Without a route: of the requests that no route of the listener takes. */
export function inspectionUse(
  config: Config,
  { inspection: listener }: Pick<ListenerOptions, 'inspection'>,
  { inspection: route }: Partial<Pick<RouteOptions, 'inspection'>> = {},
): InspectionUse {
  const { body, response, limits } = config.inspection;
  const set = route?.set ?? listener.set;
  // Exclusions of the listener name rules of its own rule set.
  const exclude = route?.exclude ?? (set === listener.set ? listener.exclude : undefined);
  return {
    mode: route?.mode ?? listener.mode,
    sample: route?.sample ?? listener.sample,
    set: set ?? '',
    exclude: exclusionsOf(exclude ?? {}),
    hold: {
      held: route?.body.held ?? listener.body.held ?? body.held,
      beyond: route?.body.beyond ?? listener.body.beyond ?? body.beyond,
      heldTotal: body.heldTotal,
    },
    responses: {
      mode: route?.response.mode ?? listener.response.mode ?? response.mode,
      types: route?.response.types ?? listener.response.types ?? response.types,
      held: route?.response.held ?? listener.response.held ?? response.held,
      beyond: route?.response.beyond ?? listener.response.beyond ?? response.beyond,
    },
    limits: {
      ...limitsOf(limits),
      ...limitsOf(listener.limits),
      ...(route === undefined ? {} : limitsOf(route.limits)),
    },
  };
}

/** Named, as messages call them. */
export function exclusionsOf(exclude: Named<Omit<Exclusion, 'name'>>): readonly Exclusion[] {
  return Object.entries(exclude).map(([name, { rule, target, path }]) => ({ name, rule, target, path }));
}

function limitsOf(limits: InspectionOptions['limits']): Partial<InspectionLimits> {
  return givenLimits({
    argumentsMax: limits.arguments,
    cookiesMax: limits.cookies,
    jsonDepthMax: limits.jsonDepth,
    xmlDepthMax: limits.xmlDepth,
    filesMax: limits.files,
    decodedBytesMax: limits.decoded,
  });
}
