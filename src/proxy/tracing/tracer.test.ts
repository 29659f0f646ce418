import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { sampleClient, sampleRecord } from '../../../test/support/exchange-record.ts';
import { READ_NEED, READ_OK } from '../../http/field-section.ts';
import { RequestHead } from '../../http/request-head.ts';
import { readTraceparent } from '../../http/trace-context.ts';
import type { Client } from '../../identity/client.ts';
import { CidrSet, parseCidr } from '../../net/cidr.ts';
import type { ExchangeTrace } from './exchange-trace.ts';
import { TraceIds } from './trace-ids.ts';
import { readRatio, Tracer } from './tracer.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const SAMPLED = `traceparent: 00-${TRACE}-${SPAN}-01\r\n`;
const UNSAMPLED = `traceparent: 00-${TRACE}-${SPAN}-00\r\n`;
const STATE = 'tracestate: a=1\r\nTraceState: b=2\r\n';

const STRANGER = sampleClient();
const TRUSTED = sampleClient({ address: '10.0.0.1', isTrusted: true });
const NAMED = sampleClient({ address: '198.51.100.7' });

function headOf(fields: string, cut?: number): RequestHead {
  const head = new RequestHead({ headBytes: 8192, targetBytes: 1024, headerCount: 50 });
  head.restart();
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, 'latin1');
  if (cut !== undefined && cut < bytes.length) assert.equal(head.read(bytes, 0, cut), READ_NEED);
  assert.equal(head.read(bytes, 0, bytes.length), READ_OK);
  return head;
}

interface Setting {
  readonly untrusted?: 'new' | 'link' | 'keep';
  readonly sample?: string;
  readonly random?: number;
}

function tracerOf({ untrusted = 'link', sample = '50%', random = 0 }: Setting): Tracer {
  const network = parseCidr('198.51.100.0/24');
  assert(typeof network === 'object');
  const options = { trust: CidrSet.of([network]), untrusted, sample };
  return new Tracer(options, { sink: () => {}, random: () => random });
}

interface Row {
  readonly name: string;
  readonly setting?: Setting;
  readonly fields: string;
  readonly client?: Client;
  readonly follows: boolean;
  readonly isSampled: boolean;
  readonly isLinked?: boolean;
  readonly state?: string;
}

const DRAWN = { random: 0.49 };
const NOT_DRAWN = { random: 0.5 };

const ROWS: readonly Row[] = [
  { name: 'no context, drawn', setting: DRAWN, fields: '', follows: false, isSampled: true },
  { name: 'no context, not drawn', setting: NOT_DRAWN, fields: '', follows: false, isSampled: false },
  {
    name: 'no context, 0%',
    setting: { sample: '0%', random: 0 },
    fields: '',
    follows: false,
    isSampled: false,
  },
  {
    name: 'no context, 100%',
    setting: { sample: '100%', random: 1 - 2 ** -53 },
    fields: '',
    follows: false,
    isSampled: true,
  },
  {
    name: 'trusted and sampled, whatever is drawn',
    setting: NOT_DRAWN,
    fields: SAMPLED + STATE,
    client: TRUSTED,
    follows: true,
    isSampled: true,
    state: 'a=1,b=2',
  },
  {
    name: 'trusted and not sampled, whatever is drawn',
    setting: DRAWN,
    fields: UNSAMPLED + STATE,
    client: TRUSTED,
    follows: true,
    isSampled: false,
    state: 'a=1,b=2',
  },
  {
    name: 'in tracing.trust',
    setting: NOT_DRAWN,
    fields: SAMPLED + STATE,
    client: NAMED,
    follows: true,
    isSampled: true,
    state: 'a=1,b=2',
  },
  {
    name: 'trusted, with a bad tracestate',
    fields: `${SAMPLED}tracestate: A=1\r\n`,
    client: TRUSTED,
    follows: true,
    isSampled: true,
  },
  {
    name: 'trusted, with a tracestate alone',
    setting: DRAWN,
    fields: STATE,
    client: TRUSTED,
    follows: false,
    isSampled: true,
  },
  {
    name: 'trusted, with two contexts',
    setting: DRAWN,
    fields: SAMPLED + SAMPLED + STATE,
    client: TRUSTED,
    follows: false,
    isSampled: true,
  },
  {
    name: 'trusted, with a malformed context',
    setting: NOT_DRAWN,
    fields: `traceparent: 00-${TRACE.toUpperCase()}-${SPAN}-01\r\n${STATE}`,
    client: TRUSTED,
    follows: false,
    isSampled: false,
  },
  {
    name: 'a stranger who wants to be sampled',
    setting: NOT_DRAWN,
    fields: SAMPLED + STATE,
    follows: false,
    isSampled: false,
    isLinked: true,
  },
  {
    name: 'a stranger who does not want to be sampled',
    setting: DRAWN,
    fields: UNSAMPLED + STATE,
    follows: false,
    isSampled: true,
    isLinked: true,
  },
  {
    name: 'a stranger, forgotten',
    setting: { ...NOT_DRAWN, untrusted: 'new' },
    fields: SAMPLED + STATE,
    follows: false,
    isSampled: false,
  },
  {
    name: 'a stranger, kept, who wants to be sampled',
    setting: { ...NOT_DRAWN, untrusted: 'keep' },
    fields: SAMPLED + STATE,
    follows: true,
    isSampled: false,
  },
  {
    name: 'a stranger, kept, who does not want to be sampled',
    setting: { ...DRAWN, untrusted: 'keep' },
    fields: UNSAMPLED + STATE,
    follows: true,
    isSampled: true,
  },
  {
    name: 'a stranger, kept, with a malformed context',
    setting: { ...DRAWN, untrusted: 'keep' },
    fields: `${SAMPLED.replace('00-', 'ff-')}${STATE}`,
    follows: false,
    isSampled: true,
  },
  {
    name: 'a UNIX socket',
    setting: NOT_DRAWN,
    fields: SAMPLED,
    client: sampleClient({ address: '' }),
    follows: false,
    isSampled: false,
    isLinked: true,
  },
];

for (const {
  name,
  setting = {},
  fields,
  client = STRANGER,
  follows,
  isSampled,
  isLinked,
  state = '',
} of ROWS) {
  test(`a context is decided about: ${name}`, () => {
    const trace = tracerOf(setting).begin(headOf(fields), client);
    assert.deepEqual(
      {
        follows: trace.id === TRACE,
        parentId: trace.parentId,
        isSampled: trace.isSampled,
        link: trace.link?.traceId,
        state: trace.state,
      },
      { follows, parentId: follows ? SPAN : '', isSampled, link: isLinked ? TRACE : undefined, state },
    );
    assert.match(trace.id, /^[0-9a-f]{32}$/);
    assert.match(trace.spanId, /^[0-9a-f]{16}$/);
    assert.notEqual(trace.spanId, SPAN);
  });
}

test('a context is the same wherever the head is cut', () => {
  const length = headOf(SAMPLED + STATE).text.length;
  for (let cut = 1; cut <= length; cut++) {
    const trace = tracerOf({}).begin(headOf(SAMPLED + STATE, cut), TRUSTED);
    assert.deepEqual([trace.id, trace.parentId, trace.state], [TRACE, SPAN, 'a=1,b=2'], `cut at ${cut}`);
  }
});

test('a head that was refused has a trace of its own', () => {
  const head = new RequestHead({ headBytes: 8192, targetBytes: 1024, headerCount: 50 });
  head.restart();
  assert.equal(tracerOf({}).begin(head, TRUSTED).parentId, '');
});

/** The context that a server gets. */
function sent(trace: ExchangeTrace): { traceId: string; spanId: string; isSampled: boolean } {
  const value = /^traceparent: (.*)\r\n/.exec(trace.fields())?.[1] ?? '';
  const context = readTraceparent(value);
  assert(context !== undefined, value);
  return context;
}

test('each attempt is a span of its own in one trace, and its server gets it as the parent', () => {
  const trace = tracerOf({ sample: '100%' }).begin(headOf(SAMPLED + STATE), TRUSTED);
  const parents: string[] = [];
  for (const server of ['a', 'b']) {
    trace.begin('app', server, { host: '10.0.0.9', port: 80 }, 5);
    assert.equal(sent(trace).traceId, TRACE);
    assert.match(trace.fields(), /\r\ntracestate: a=1,b=2\r\n$/);
    parents.push(sent(trace).spanId);
    trace.answered(503);
    trace.end(7, false, server === 'a' ? '503' : '');
    // Nothing begins or ends twice.
    trace.end(9, true, 'again');
    trace.answered(200);
  }
  assert.equal(new Set([...parents, trace.spanId, SPAN]).size, 4);
  assert.deepEqual(
    trace.attempts.map(({ spanId, server, status, error, endedAt }) => ({
      spanId,
      server,
      status,
      error,
      endedAt,
    })),
    [
      { spanId: parents[0], server: 'a', status: 503, error: '503', endedAt: 7 },
      { spanId: parents[1], server: 'b', status: 503, error: '', endedAt: 7 },
    ],
  );
});

test('what is not recorded is propagated as not recorded, and keeps no attempts', () => {
  const trace = tracerOf({ sample: '0%' }).begin(headOf(SAMPLED), STRANGER);
  trace.begin('app', 'a', { host: '10.0.0.9', port: 80 }, 5);
  trace.end(7, false, '');
  assert.deepEqual(sent(trace), { traceId: trace.id, spanId: trace.spanId, isSampled: false });
  assert.deepEqual(trace.attempts, []);
});

test('only what is recorded comes to the sink', () => {
  const seen: string[] = [];
  for (const sample of ['0%', '100%']) {
    const options = { trust: CidrSet.of([]), untrusted: 'new', sample } as const;
    const tracer = new Tracer(options, {
      sink: (_record, trace) => seen.push(`${sample} ${trace.parentId}`),
    });
    tracer.ended(sampleRecord(), tracer.begin(headOf(''), STRANGER));
    tracer.ended(sampleRecord(), tracer.beginSession());
  }
  assert.deepEqual(seen, ['100% ', '100% ']);
});

test('readRatio reads a part', () => {
  for (const [text, ratio] of [
    ['0%', 0],
    ['0.01%', 0.0001],
    ['5%', 0.05],
    ['50%', 0.5],
    ['100%', 1],
  ] as const)
    assert.equal(readRatio(text), ratio, text);
});

test('ids are never all zero, and never those before', () => {
  const zeros = new TraceIds((bytes) => bytes.fill(0));
  assert.equal(zeros.traceId(), `${'0'.repeat(31)}1`);
  assert.equal(zeros.spanId(), `${'0'.repeat(15)}1`);
  const ids = new TraceIds();
  const seen = new Set<string>();
  for (let count = 0; count < 5000; count++) {
    seen.add(ids.traceId());
    seen.add(ids.spanId());
  }
  assert.equal(seen.size, 10_000);
  for (const id of seen) assert.match(id, /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/);
});

test('beyond what may be recorded nothing is, whoever wants it, and what is not wanted uses none of it', () => {
  let left = 2;
  const options = { trust: CidrSet.of([]), untrusted: 'link' as const, sample: '100%' };
  const tracer = new Tracer(options, { sink: () => {}, mayRecord: () => left-- > 0 });
  assert.equal(tracer.begin(headOf(UNSAMPLED), TRUSTED).isSampled, false);
  assert.equal(left, 2);
  assert.equal(tracer.begin(headOf(SAMPLED), TRUSTED).isSampled, true);
  assert.equal(tracer.beginSession().isSampled, true);
  const beyond = tracer.begin(headOf(SAMPLED), TRUSTED);
  assert.equal(beyond.isSampled, false);
  assert.equal(beyond.id, TRACE, 'it stays in its trace');
  assert.equal(tracer.begin(headOf(''), STRANGER).isSampled, false);
  assert.equal(tracer.beginSession().isSampled, false);
});
