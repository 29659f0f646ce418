/**
 * Tests of the CRS whose expectation is not the one of a strict reader of HTTP, or is one server's own: what happens
 * here instead, and why. A row that is not needed, or is not exact, fails the run.
 */
export interface Override {
  readonly test: string;
  readonly instead:
    | { readonly refusal: string; readonly status: number }
    | { readonly ids: readonly number[]; readonly status: number };
  readonly reason: string;
}

const AUTHORITY =
  'The Host of a CONNECT is not the authority of its target, which a client must send (RFC 9112 §3.2); an intermediary that takes one of them and a server that takes the other do not agree on where the request goes' as const;
const FRAGMENT =
  'A request target has no fragment (RFC 9112 §3.2.1, RFC 9110 §4.2.5): it is an invalid request line, which is answered with 400 (RFC 9112 §3)' as const;
const VERSION =
  'Only the major version 1 is spoken; any other is answered with 505, which says so (RFC 9110 §2.5, §15.6.6), where Apache answers with 400 or goes on' as const;
const NUL_HOST =
  'The host is a percent-encoded NUL, which no name that can be looked up holds, and which ends the name for whoever decodes it; 920270-4 expects the same of Apache' as const;
const EMPTY_HOST =
  'The host of an http URI must not be empty, and whoever is sent one must reject it (RFC 9110 §4.2.1); Apache takes it in HTTP/1.0' as const;

export const OVERRIDES: readonly Override[] = [
  { test: '920100-4', instead: { refusal: 'host-differs', status: 400 }, reason: AUTHORITY },
  { test: '920100-6', instead: { refusal: 'host-differs', status: 400 }, reason: AUTHORITY },
  { test: '920100-7', instead: { refusal: 'target-bad', status: 400 }, reason: FRAGMENT },
  { test: '920180-4', instead: { refusal: 'version-unsupported', status: 505 }, reason: VERSION },
  {
    test: '920181-1',
    instead: { refusal: 'length-and-encoding', status: 400 },
    reason:
      'Content-Length beside Transfer-Encoding is how requests are smuggled; a server may refuse it (RFC 9112 §6.1), and this one always does',
  },
  { test: '920280-3', instead: { refusal: 'version-unsupported', status: 505 }, reason: VERSION },
  { test: '920290-2', instead: { refusal: 'host-bad', status: 400 }, reason: NUL_HOST },
  { test: '920290-4', instead: { refusal: 'host-bad', status: 400 }, reason: EMPTY_HOST },
  { test: '920300-3', instead: { refusal: 'host-differs', status: 400 }, reason: AUTHORITY },
  { test: '920430-3', instead: { refusal: 'version-unsupported', status: 505 }, reason: VERSION },
  { test: '920430-4', instead: { refusal: 'version-unsupported', status: 505 }, reason: VERSION },
  {
    test: '920430-5',
    instead: { refusal: 'version-bad', status: 400 },
    reason:
      'A request line without a version is invalid (RFC 9112 §3) and gets a whole 400; the test waits for an answer of HTTP/0.9, which its client cannot read',
  },
  { test: '920430-8', instead: { refusal: 'version-unsupported', status: 505 }, reason: VERSION },
  { test: '920430-9', instead: { refusal: 'version-unsupported', status: 505 }, reason: VERSION },
  {
    test: '920620-1',
    instead: { ids: [920620], status: 200 },
    reason:
      'The test says that no hit comes because Apache joins two Content-Type fields into one; here they stay two, which is what the rule looks for (nginx-overrides.yaml of the CRS says the same)',
  },
];
