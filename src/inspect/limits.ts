/**
 * Bounds on what is taken apart. Beyond each, nothing is lost to inspection: the rest is one value, and a variable
 * says so.
 */
export interface InspectionLimits {
  /** Arguments of the query string and the body together. Beyond: the rest as one argument, ARGUMENTS_EXCEEDED is 1. */
  readonly argumentsMax: number;
  /** Cookies of all Cookie fields together. Beyond: the rest as one cookie, COOKIES_EXCEEDED is 1. */
  readonly cookiesMax: number;
  /** Nesting of JSON. Beyond: the body counts as not parsed, REQBODY_ERROR is 1. */
  readonly jsonDepthMax: number;
}

/** 1,000 arguments are the default of PHP and of ModSecurity; a browser sends at most about 180 cookies to a host. */
export const DEFAULT_LIMITS: InspectionLimits = { argumentsMax: 1000, cookiesMax: 200, jsonDepthMax: 64 };
