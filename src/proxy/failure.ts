/**
 * Everything that can go wrong with an exchange: whose fault it is, what the client is told, what the log says.
 *
 * One table. A failure before the response began becomes an own page of this status; after that the connection is cut,
 * so that nobody takes half a message for a whole one, and only the log knows the code.
 */

export interface Failure {
  readonly fault: 'client' | 'origin' | 'us';
  /** The status of the own page; 0 when the client is not there to read one. */
  readonly status: number;
  readonly text: string;
}

export const FAILURES = {
  'client-gone': {
    fault: 'client',
    status: 0,
    text: 'The client closed the connection before the response was complete',
  },
  'client-timeout-head': {
    fault: 'client',
    status: 408,
    text: 'The client took longer than timeouts.head for its request head',
  },
  'client-timeout-body': {
    fault: 'client',
    status: 408,
    text: 'The client sent nothing of its request body for timeouts.bodyIdle',
  },
  'client-timeout-write': {
    fault: 'client',
    status: 0,
    text: 'The client took no bytes of the response for timeouts.clientWrite',
  },
  'request-refused': { fault: 'client', status: 400, text: 'The request is malformed' },
  'request-body-refused': { fault: 'client', status: 400, text: 'The request body is malformed' },
  'request-body-too-large': {
    fault: 'client',
    status: 413,
    text: 'The request body is larger than limits.bodyBytes',
  },
  'request-body-not-held': {
    fault: 'client',
    status: 413,
    text: 'The request body is larger than inspection.body.held',
  },
  'expectation-unknown': {
    fault: 'client',
    status: 417,
    text: 'The Expect header asks for something that is not known',
  },
  'connect-not-allowed': { fault: 'client', status: 405, text: 'CONNECT is not allowed on this route' },
  'no-route': {
    fault: 'client',
    status: 404,
    text: 'No route takes the request and the listener has no pool',
  },
  'no-server': { fault: 'us', status: 503, text: 'No server of the pool can be used' },
  'queue-full': {
    fault: 'us',
    status: 503,
    text: 'Every server of the pool has as many exchanges as it may, and as many wait as may wait',
  },
  'queue-timeout': {
    fault: 'us',
    status: 503,
    text: 'No server of the pool had a place for the exchange within timeouts.queue',
  },
  'held-total': {
    fault: 'us',
    status: 503,
    text: 'All bodies held together are larger than inspection.body.heldTotal',
  },
  'exchange-timeout': { fault: 'us', status: 504, text: 'The exchange took longer than timeouts.exchange' },
  internal: { fault: 'us', status: 500, text: 'A defect in Sallyport ended the exchange' },
  'source-unavailable': {
    fault: 'us',
    status: 503,
    text: 'The connection to the server cannot be made from the address that source asks for',
  },
  'system-limit': {
    fault: 'us',
    status: 503,
    text: 'The system has no descriptor, port or memory for another connection to a server',
  },
  'flow-evicted': {
    fault: 'us',
    status: 0,
    text: 'The flow was used least recently, and room was needed for another one',
  },
  'destination-refused': {
    fault: 'client',
    status: 403,
    text: 'The address that the client wanted is none that originalDestination may connect to',
  },
  'destinations-full': {
    fault: 'us',
    status: 503,
    text: 'There are connections in use to as many destinations as originalDestination.max allows',
  },
  'origin-connect-failed': { fault: 'origin', status: 502, text: 'The server did not accept the connection' },
  'origin-timeout-connect': {
    fault: 'origin',
    status: 504,
    text: 'The server did not accept the connection within timeouts.connect',
  },
  'origin-timeout-write': {
    fault: 'origin',
    status: 504,
    text: 'The server took no bytes of the request for timeouts.write',
  },
  'origin-timeout-first-byte': {
    fault: 'origin',
    status: 504,
    text: 'The server sent no response within timeouts.firstByte',
  },
  'origin-timeout-body': {
    fault: 'origin',
    status: 504,
    text: 'The server sent nothing of its response for timeouts.bodyIdle',
  },
  'origin-closed': {
    fault: 'origin',
    status: 502,
    text: 'The server closed the connection without a response',
  },
  'origin-cut': {
    fault: 'origin',
    status: 502,
    text: 'The server closed the connection within its response',
  },
  'origin-refused': { fault: 'origin', status: 502, text: 'The response is malformed' },
  'origin-body-refused': { fault: 'origin', status: 502, text: 'The response body is malformed' },
  'response-body-not-held': {
    fault: 'origin',
    status: 502,
    text: 'The response body is larger than inspection.response.held',
  },
  'origin-informational': {
    fault: 'origin',
    status: 502,
    text: 'The server sent more interim responses than limits.informationalMax',
  },
  'origin-upgrade': {
    fault: 'origin',
    status: 502,
    text: 'The server switched to a protocol that was not asked for',
  },
  'tunnel-timeout': {
    fault: 'client',
    status: 0,
    text: 'Nothing passed through the tunnel for timeouts.tunnelIdle',
  },
} as const;

export type FailureCode = keyof typeof FAILURES;
