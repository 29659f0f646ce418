/** An ordinary exchange, for the tests of everything that is told about exchanges. */
import type { Client } from '../../src/identity/client.ts';
import type { ExchangeRecord } from '../../src/proxy/exchange-record.ts';

export function sampleClient(changes: Partial<Client> = {}): Client {
  return {
    address: '203.0.113.9',
    port: 50_123,
    by: 'socket',
    because: 'the other end of the connection',
    isTrusted: false,
    peerAddress: '203.0.113.9',
    peerPort: 50_123,
    proxyHeader: undefined,
    ...changes,
  };
}

export function sampleRecord(changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    id: '01JD6Z',
    startedAtMs: Date.UTC(2026, 0, 31, 12, 34, 56, 789),
    client: sampleClient(),
    listener: 'web',
    destination: '',
    route: '',
    pool: 'app',
    poolMeant: '',
    server: 's1',
    protocol: 'http',
    method: 'GET',
    host: 'shop.example',
    target: '/cart?id=7',
    version: 'HTTP/1.1',
    userAgent: 'curl/8.5.0',
    referer: '',
    status: 200,
    verdict: 'continue',
    because: { code: '', text: '' },
    hits: [],
    times: { headMs: 0.25, queueMs: 0, connectMs: 0, firstByteMs: 10.5, totalMs: 12.345 },
    bytesIn: 412,
    bytesOut: 5120,
    attempts: 1,
    retriedFor: '',
    isOriginReused: true,
    isPersistent: false,
    source: '',
    sourceBecause: { code: '', text: '' },
    trace: '',
    isTraceSampled: false,
    end: 'done',
    ...changes,
  };
}
