/**
 * The one entrance for reading PROXY headers: the caller says which versions it accepts, and a header must be there.
 */
import { NEED } from '../../base/read.ts';
import type { Read } from '../../base/read.ts';
import type { ProxyCode } from './bad.ts';
import { proxyBad } from './bad.ts';
import type { ProxyHeader, ProxyLimits, ProxyVersions } from './header.ts';
import { PROXY_LIMITS } from './header.ts';
import { readProxyV1 } from './v1.ts';
import { readProxyV2 } from './v2.ts';

/**
 * Reads a header of an accepted version from the front of `input`. For `any` the first byte tells the versions apart:
 * the signatures differ in it. Whatever else begins there is `bad` at its first wrong byte.
 */
export function readProxyHeader(
  input: Uint8Array,
  versions: ProxyVersions,
  limits: ProxyLimits = PROXY_LIMITS,
): Read<ProxyHeader, ProxyCode> {
  if (versions === 'v1') return readProxyV1(input);
  if (versions === 'v2') return readProxyV2(input, limits);
  switch (input[0]) {
    case undefined:
      return NEED;
    case 0x50: // P
      return readProxyV1(input);
    case 0x0d: // CR
      return readProxyV2(input, limits);
    default:
      return proxyBad('proxy-signature', 'it begins with neither "PROXY " nor the signature of version 2');
  }
}
