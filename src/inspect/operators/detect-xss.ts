/**
 * `@detectXSS`. Description: the value would run as script in a page that it is put into. Arguments: none. Returns:
 * with `capture`, the value in TX.0. Example: `SecRule ARGS "@detectXSS" "id:1,deny"`.
 */
import { detectXss } from '../detect/xss.ts';
import type { Operator } from './operator.ts';

export function makeDetectXss(): Operator {
  return {
    literals: undefined,
    test: detectXss,
    find: (value) => ({ start: 0, end: value.length }),
    captures: (value) => (detectXss(value) ? [value] : []),
  };
}
