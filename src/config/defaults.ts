/**
 * The value of an option that is not written. Defaults stand in the tables as a user would write them, and are read in
 * the same way.
 */
import { CidrSet } from '../net/cidr.ts';
import { parseEndpoint } from '../net/address.ts';
import type { Option, OptionTable } from '../base/option.ts';
import { readCidr, readScalar } from './scalars.ts';
import type { Scalar, Surroundings } from './scalars.ts';

/** Undefined for what is optional; for what is required, a value that means nothing. */
export function defaultOf(option: Option, surroundings: Surroundings): unknown {
  if (option.presence !== undefined)
    return option.presence === 'optional' ? undefined : placeholderOf(option);
  switch (option.kind) {
    case 'section':
      return defaultsOf(option.table, surroundings);
    case 'cidrs':
      return CidrSet.of((option.default ?? []).map((text) => mustRead(readCidr(text))));
    case 'list':
      return (option.default ?? []).map((text) => mustRead(readScalar(option.of, text, surroundings)));
    case 'map':
    case 'endpoint':
    case 'endpoints':
    case 'reference':
      return placeholderOf(option);
    case 'duration':
    case 'size':
    case 'integer':
    case 'boolean':
    case 'text':
    case 'path':
    case 'choice':
      return mustRead(readScalar(option, String(option.default), surroundings));
  }
}

export function defaultsOf(
  table: OptionTable,
  surroundings: Surroundings,
): Readonly<Record<string, unknown>> {
  const pairs = Object.entries(table).map(([key, option]) => [key, defaultOf(option, surroundings)]);
  // A pair is a name and a value, which fromEntries cannot know of an array of arrays.
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

/** A record that finds nothing but what was put in: names that users give include `constructor`. */
export function makeNamed(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

/** A value of the right shape that means nothing, so that the checks can walk over what was reported. */
function placeholderOf(option: Option): unknown {
  if (option.kind === 'map') return makeNamed();
  if (option.kind === 'endpoint') return parseEndpoint('0.0.0.0:0');
  return option.kind === 'endpoints' || option.kind === 'list' ? [] : '';
}

/** A test reads every default of every table, so this does not fail on a user. */
function mustRead<T>(scalar: Scalar<T>): T {
  if (scalar.kind === 'ok') return scalar.value;
  throw new Error(`Cannot read the default of an option: ${scalar.problem}`);
}
