/** Addresses and errors of sockets, in words. */
import { parseAddress } from '../../net/address.ts';
import type { CheckTarget } from './definition.ts';

/** For a Host field. */
export function hostPort({ host, port }: CheckTarget): string {
  return parseAddress(host)?.family === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'the system gave up connecting',
  EPIPE: 'connection reset',
};

export function sentenceOf(error: NodeJS.ErrnoException): string {
  return SENTENCES[error.code ?? ''] ?? error.message;
}
