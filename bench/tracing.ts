/**
 * What a trace costs one exchange, by itself: node bench/tracing.ts
 *
 * `told`: ids are drawn, the context of the client is read, the server's lines are written. `recorded` is that and the
 * spans as JSON. Rounds alternate, and the smallest counts: what is more was somebody else's work.
 */
import { Buffer } from 'node:buffer';
import { READ_OK } from '../src/http/field-section.ts';
import { RequestHead } from '../src/http/request-head.ts';
import { CidrSet } from '../src/net/cidr.ts';
import { Tracer } from '../src/proxy/tracing/tracer.ts';
import { spansOf } from '../src/record/tracing/spans.ts';
import { sampleClient, sampleRecord } from '../test/support/exchange-record.ts';

const ROUNDS = 15;
const EXCHANGES = 50_000;

const PARENT = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n';
const address = { host: '10.0.0.9', port: 8000 };
const client = sampleClient();
const trusted = sampleClient({ isTrusted: true });
const record = sampleRecord();
let chars = 0;

const CASES = [
  { name: 'told, no context', run: exchangesOf(headOf(''), '0%', client) },
  {
    name: 'told, context of a trusted client',
    run: exchangesOf(headOf(PARENT.replace('-01', '-00')), '0%', trusted),
  },
  { name: 'told, context of a stranger', run: exchangesOf(headOf(PARENT), '0%', client) },
  { name: 'recorded', run: exchangesOf(headOf(''), '100%', client) },
];

function headOf(fields: string): RequestHead {
  const head = new RequestHead({ headBytes: 8192, targetBytes: 1024, headerCount: 50 });
  head.restart();
  const bytes = Buffer.from(
    `GET /cart?id=7 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: curl/8.5.0\r\n${fields}\r\n`,
  );
  if (head.read(bytes, 0, bytes.length) !== READ_OK) throw new Error('The request of the bench is refused');
  return head;
}

function exchangesOf(head: RequestHead, sample: string, peer: typeof client): () => void {
  const options = { sample, trust: CidrSet.of([]), untrusted: 'link' } as const;
  const tracer = new Tracer(options, {
    sink: (ended, trace) => {
      for (const span of spansOf(ended, trace)) chars += span.length;
    },
  });
  return () => {
    for (let index = 0; index < EXCHANGES; index++) {
      const trace = tracer.begin(head, peer);
      trace.begin('app', 's1', address, 1);
      chars += trace.fields().length;
      trace.answered(200);
      trace.end(2, true, '');
      tracer.ended(record, trace);
    }
  };
}

const least = CASES.map(() => Infinity);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, { run }] of CASES.entries()) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    least[index] = Math.min(least[index] ?? Infinity, (user + system) / EXCHANGES);
  }
}
for (const [index, { name }] of CASES.entries())
  process.stdout.write(`${(least[index] ?? 0).toFixed(2).padStart(6)} µs  ${name}\n`);
process.stdout.write(`        (${chars} characters)\n`);
