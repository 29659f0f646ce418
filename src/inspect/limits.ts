/**
 * Bounds on what is taken apart. Beyond each, nothing is lost to inspection: the rest is one value, or the raw bytes are
 * inspected, and a variable says so.
 */
import { DEFAULT_BODY_LIMITS } from './body/limits.ts';
import type { BodyLimits } from './body/limits.ts';

export interface InspectionLimits extends BodyLimits {
  /** Arguments of the query string and the body together. Beyond: the rest as one argument, ARGUMENTS_EXCEEDED is 1. */
  readonly argumentsMax: number;
  /** Cookies of all Cookie fields together. Beyond: the rest as one cookie, COOKIES_EXCEEDED is 1. */
  readonly cookiesMax: number;
}

/** 1,000 arguments are the default of PHP and of ModSecurity; a browser sends at most about 180 cookies to a host. */
export const DEFAULT_LIMITS: InspectionLimits = {
  ...DEFAULT_BODY_LIMITS,
  argumentsMax: 1000,
  cookiesMax: 200,
};

/** Those that are given: a key that is undefined must not hide a default. */
export function givenLimits(limits: Partial<Limits>): Partial<InspectionLimits> {
  return Object.fromEntries(
    LIMIT_NAMES.flatMap((name) => (limits[name] === undefined ? [] : [[name, limits[name]]])),
  );
}

type Limits = { readonly [Name in keyof InspectionLimits]: number | undefined };

// The keys of an object of this type.
const LIMIT_NAMES = Object.keys(DEFAULT_LIMITS) as readonly (keyof InspectionLimits)[];
