/**
 * The peers, in the order in which tables show them. Sallyport comes first: the ratios are its own.
 */
import { APACHE_MODSECURITY } from './apache-modsecurity.ts';
import { HAPROXY } from './haproxy.ts';
import { NGINX } from './nginx.ts';
import { NGINX_MODSECURITY } from './nginx-modsecurity.ts';
import type { Peer } from './peer.ts';
import { SALLYPORT } from './sallyport.ts';

export const PEERS: readonly Peer[] = [SALLYPORT, HAPROXY, NGINX, NGINX_MODSECURITY, APACHE_MODSECURITY];
