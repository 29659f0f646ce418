/**
 * `@detectSQLi`. Description: the value would change an SQL query that it is put into. Arguments: none. Returns: with
 * `capture`, the fingerprint of the injection in TX.0. Example: `SecRule ARGS "@detectSQLi" "id:1,capture,deny"`.
 */
import { detectSqli, NEEDED_LITERALS } from '../detect/sqli.ts';
import type { Operator } from './operator.ts';

export function makeDetectSqli(): Operator {
  return {
    literals: NEEDED_LITERALS,
    test: (value) => detectSqli(value) !== undefined,
    find: (value) => ({ start: 0, end: value.length }),
    captures: (value) => {
      const fingerprint = detectSqli(value);
      return fingerprint === undefined ? [] : [fingerprint];
    },
  };
}
