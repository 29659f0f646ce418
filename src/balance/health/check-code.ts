/**
 * What a check can find, by the codes that operators know from HAProxy: the layer that decided (4 TCP, 6 TLS, 7 the
 * protocol above), then how. A code with a letter behind the layer that is `OK` is the only good kind.
 */

export const CHECK_CODES = {
  L4OK: { isGood: true, text: 'connected' },
  L4CON: { isGood: false, text: 'no connection' },
  L4TOUT: { isGood: false, text: 'no connection in time' },
  L6OK: { isGood: true, text: 'TLS handshake done' },
  L6RSP: { isGood: false, text: 'TLS handshake failed' },
  L6TOUT: { isGood: false, text: 'no TLS handshake in time' },
  L7OK: { isGood: true, text: 'answered as expected' },
  L7STS: { isGood: false, text: 'answered otherwise than expected' },
  L7RSP: { isGood: false, text: 'an answer that is none' },
  L7TOUT: { isGood: false, text: 'no answer in time' },
  SOCKERR: { isGood: false, text: 'this host could not ask' },
  NOADDR: { isGood: false, text: 'no address is known' },
} as const;

export type CheckCode = keyof typeof CHECK_CODES;

export interface CheckResult {
  readonly code: CheckCode;
  /** What was found in particular: `status 500`, `connection refused`. May quote bytes of the server, latin1. */
  readonly text: string;
  /** Of a response, if one came. */
  readonly status: number | undefined;
  readonly tookMs: number;
}

export function isGood(result: CheckResult): boolean {
  return CHECK_CODES[result.code].isGood;
}
