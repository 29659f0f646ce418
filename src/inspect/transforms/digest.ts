/**
 * `md5`, `sha1`. Description: the digest of the value as raw bytes; follow with hexEncode for text.
 */
import { createHash } from 'node:crypto';

export function md5(value: string): string {
  return createHash('md5').update(value, 'latin1').digest('latin1');
}

export function sha1(value: string): string {
  return createHash('sha1').update(value, 'latin1').digest('latin1');
}
