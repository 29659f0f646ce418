/** Errors of connecting that say nothing about the other end. */
const CODES: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'EADDRNOTAVAIL',
  'ENOBUFS',
  'ENOMEM',
  'EAGAIN',
]);

/** True when this host had no descriptor, port or memory left for a connection. */
export function isShortage(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && CODES.has(error.code);
}
