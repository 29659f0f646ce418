/**
 * Which reader a Content-Type asks for.
 */
import type { BodyProcessor } from './body.ts';
import { trimSpace } from './content-type.ts';

/**
 * Empty when nobody takes such a type apart. Known from the head alone, so that REQBODY_PROCESSOR is right in phase 1.
 *
 * What comes behind the type does not matter, however malformed it is: PHP reads `multipart/form-data, boundary=x`, and
 * a reader that did not would be blind to it. The first field counts; that there are more is flagged elsewhere.
 */
export function processorFor(types: readonly string[]): '' | BodyProcessor {
  const type = mediaTypeOf(types[0] ?? '');
  if (type === 'application/x-www-form-urlencoded') return 'URLENCODED';
  if (type === 'multipart/form-data') return 'MULTIPART';
  if (type === 'application/json' || type === 'text/json' || type.endsWith('+json')) return 'JSON';
  if (type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml')) return 'XML';
  return '';
}

/** `type/subtype` in lower case, up to the first byte that cannot be a part of it (RFC 9110 §8.3.1). */
export function mediaTypeOf(field: string): string {
  const trimmed = trimSpace(field);
  const end = trimmed.search(/[^!#$%&'*+.^_`|~0-9A-Za-z/-]/);
  return (end < 0 ? trimmed : trimmed.slice(0, end)).toLowerCase();
}
