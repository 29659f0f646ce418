/**
 * A collector for traces as a test sees it: a real HTTP server that takes only what OTLP says that it may get, and keeps
 * the spans. Written for tests, with nothing of src/record/tracing in it.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { until } from './wire.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type AttributeValue = string | number | boolean | readonly (string | number | boolean)[];

export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
  /** Attributes of the resource. */
  readonly resource: Readonly<Record<string, AttributeValue>>;
}

/** What a request is answered with instead of being taken. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface OtlpCollector {
  readonly endpoint: string;
  readonly port: number;
  /** Of all requests that were taken, in order. */
  readonly spans: readonly SeenSpan[];
  /** The number of spans of each request that was taken. */
  readonly requests: readonly number[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** Requests that were not taken. */
  readonly refused: number;
  /** Decides about each request from now on; undefined takes it. */
  answer: (index: number) => Refusal | undefined;
  /** Resolves when there are so many spans, and fails when there are more. */
  got(count: number): Promise<readonly SeenSpan[]>;
  close(): Promise<void>;
}

/** Starts one that ends with the test. What is no OTLP fails the test at its end. */
export async function startCollector(t: TestContext, port = 0): Promise<OtlpCollector> {
  const spans: SeenSpan[] = [];
  const requests: number[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const mistakes: unknown[] = [];
  let refused = 0;
  let index = 0;
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const refusal = collector.answer(index++);
      headers.push(request.headers);
      if (refusal !== undefined) {
        refused++;
        response.writeHead(refusal.status, refusal.headers).end(refusal.body);
        return;
      }
      try {
        const seen = readRequest(request, body);
        spans.push(...seen);
        requests.push(seen.length);
      } catch (error) {
        mistakes.push(error);
      }
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"partialSuccess":{}}');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port; // Not a pipe: it listens on a port.
  let isClosed = false;
  const collector: OtlpCollector = {
    endpoint: `http://127.0.0.1:${bound}/v1/traces`,
    port: bound,
    spans,
    requests,
    headers,
    get refused() {
      return refused;
    },
    answer: () => undefined,
    got: async (count) => {
      await until(`${count} spans have come`, () => spans.length >= count || mistakes.length > 0);
      assert.deepEqual(mistakes, []);
      assert.equal(spans.length, count);
      return spans;
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  t.after(async () => {
    await collector.close();
    assert.deepEqual(mistakes, []);
  });
  return collector;
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  } catch {
    // It was given up, and is not answered.
  }
  return Buffer.concat(pieces);
}

function readRequest(request: IncomingMessage, body: Buffer): SeenSpan[] {
  assert.equal(request.method, 'POST');
  assert.equal(request.url, '/v1/traces');
  assert.equal(request.headers['content-type'], 'application/json');
  const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return readExport(JSON.parse(text.toString('utf8')) as Json);
}

/** Reads an ExportTraceServiceRequest, and fails for what is none. */
export function readExport(json: Json): SeenSpan[] {
  const { resourceSpans } = members(json, ['resourceSpans']);
  return list(resourceSpans).flatMap((part) => {
    const { resource, scopeSpans } = members(part, ['resource', 'scopeSpans']);
    const named = attributesOf(members(resource, ['attributes'])['attributes']);
    return list(scopeSpans).flatMap((inner) => {
      const { scope, spans } = members(inner, ['scope', 'spans']);
      assert.match(text(members(scope, ['name', 'version'])['name']), /./);
      return list(spans).map((span) => readSpan(span, named));
    });
  });
}

const SPAN_KEYS = [
  ...['traceId', 'spanId', 'parentSpanId', 'traceState', 'flags', 'name', 'kind'],
  ...['startTimeUnixNano', 'endTimeUnixNano', 'attributes', 'links', 'status'],
];
const KINDS = [undefined, 'internal', 'server', 'client'] as const;

function readSpan(json: Json, resource: SeenSpan['resource']): SeenSpan {
  const span = members(json, SPAN_KEYS);
  const traceId = idOf(span['traceId'], 32);
  const spanId = idOf(span['spanId'], 16);
  const kind = KINDS[number(span['kind'])];
  assert(kind !== undefined);
  const startNs = nanoseconds(span['startTimeUnixNano']);
  const endNs = nanoseconds(span['endTimeUnixNano']);
  assert.ok(startNs <= endNs, 'a span ends when it began, or later');
  const status = span['status'] === undefined ? undefined : members(span['status'], ['code', 'message']);
  if (status !== undefined) assert.equal(status['code'], 2);
  return {
    traceId,
    spanId,
    parentSpanId: span['parentSpanId'] === undefined ? '' : idOf(span['parentSpanId'], 16),
    traceState: text(span['traceState'] ?? ''),
    flags: number(span['flags']),
    name: text(span['name']),
    kind,
    startNs,
    endNs,
    attributes: attributesOf(span['attributes']),
    links: list(span['links'] ?? []).map((link) => {
      const linked = members(link, ['traceId', 'spanId', 'flags']);
      return { traceId: idOf(linked['traceId'], 32), spanId: idOf(linked['spanId'], 16) };
    }),
    isError: status !== undefined,
    resource,
  };
}

function attributesOf(json: Json | undefined): Record<string, AttributeValue> {
  const pairs = list(json).map((pair) => {
    const { key, value } = members(pair, ['key', 'value']);
    return [text(key), valueOf(value)] as const;
  });
  assert.equal(new Set(pairs.map(([key]) => key)).size, pairs.length, 'no attribute is there twice');
  return Object.fromEntries(pairs);
}

function valueOf(json: Json | undefined): AttributeValue {
  const [[kind, value], ...others] = Object.entries(members(json, VALUE_KEYS)) as [
    [string, Json],
    ...unknown[],
  ];
  assert.equal(others.length, 0, 'a value is of one kind');
  switch (kind) {
    case 'stringValue':
      return text(value);
    case 'intValue':
      assert.match(text(value), /^-?[0-9]{1,19}$/);
      return Number(value);
    case 'boolValue':
      assert.equal(typeof value, 'boolean');
      return value === true;
    default:
      return list(members(value, ['values'])['values']).map((item) => {
        const single = valueOf(item);
        assert(!Array.isArray(single));
        return single as string | number | boolean; // Not a list, which was just looked at.
      });
  }
}

const VALUE_KEYS = ['stringValue', 'intValue', 'boolValue', 'arrayValue'];

/** An object with these members and no others: JSON of protobuf may have unknown ones, but we write none. */
function members(json: Json | undefined, keys: readonly string[]): Readonly<Record<string, Json>> {
  assert(typeof json === 'object' && json !== null && !Array.isArray(json), JSON.stringify(json));
  const record = json as Readonly<Record<string, Json>>; // Neither null nor a list.
  for (const key of Object.keys(record)) assert.ok(keys.includes(key), `"${key}" is not of OTLP`);
  return record;
}

function list(json: Json | undefined): readonly Json[] {
  assert(Array.isArray(json), JSON.stringify(json));
  return json as readonly Json[]; // A list, which was just looked at.
}

function text(json: Json | undefined): string {
  assert(typeof json === 'string', JSON.stringify(json));
  return json;
}

function number(json: Json | undefined): number {
  assert(typeof json === 'number' && Number.isSafeInteger(json), JSON.stringify(json));
  return json;
}

/** Hexadecimal in JSON, unlike other bytes of protobuf, which are base64; not all zero. */
function idOf(json: Json | undefined, digits: number): string {
  const id = text(json);
  assert.match(id, new RegExp(`^[0-9a-f]{${digits}}$`));
  assert.doesNotMatch(id, /^0+$/);
  return id;
}

/** A 64-bit integer is a string. It is of this year, more or less: not of milliseconds. */
function nanoseconds(json: Json | undefined): bigint {
  const value = text(json);
  assert.match(value, /^[0-9]{19}$/);
  return BigInt(value);
}
