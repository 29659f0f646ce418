/**
 * `@detectXSS`. Description: the value would run as script in a page that it is put into. Arguments: none. Returns:
 * with `capture`, the value in TX.0. Example: `SecRule ARGS "@detectXSS" "id:1,deny"`.
 */
import { detectXss, NEEDED_BYTES } from '../detect/xss.ts';
import { isWithin } from '../rx/byte-set.ts';
import type { Operator } from './operator.ts';

export function makeDetectXss(): Operator {
  return {
    literals: undefined,
    neededBytes: (allowed) => (isWithin(NEEDED_BYTES, allowed) ? NEEDED_BYTES : undefined),
    test: detectXss,
    find: (value) => ({ start: 0, end: value.length }),
    captures: (value) => (detectXss(value) ? [value] : []),
  };
}
