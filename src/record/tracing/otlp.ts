/** Requests and answers of OTLP/HTTP in JSON (OTLP specification 1, §OTLP/HTTP; opentelemetry-proto collector/trace/v1). */

export interface Resource {
  /** `service.name`. */
  readonly service: string;
  readonly version: string;
  /** Other attributes, by name. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** The body of a request with these spans, each text one or several with commas between them. ASCII. */
export function traceRequest(resource: Resource, spans: readonly string[]): string {
  const { service, version, attributes } = resource;
  const all = { 'service.name': service, 'service.version': version, ...attributes };
  const pairs = Object.entries(all).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
  const scope = { name: 'sallyport', version };
  return (
    `{"resourceSpans":[{"resource":{"attributes":${JSON.stringify(pairs)}},` +
    `"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[${spans.join(',')}]}]}]}`
  );
}

/** What a collector did not take of a request that it took. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

const ALL_TAKEN: PartialSuccess = Object.freeze({ rejected: 0, message: '' });
/** Characters of a message of the collector that are kept. */
const MESSAGE_CHARS_MAX = 256;

/** Reads the body of a success. What says nothing of rejected spans, as an empty body, means that all were taken. */
export function readPartialSuccess(body: string): PartialSuccess {
  const partial = memberOf(parse(body), 'partialSuccess');
  // A 64-bit integer is a string, and some send it as a number all the same.
  const rejected = Number(memberOf(partial, 'rejectedSpans') ?? 0);
  if (!Number.isSafeInteger(rejected) || rejected <= 0) return ALL_TAKEN;
  return { rejected, message: textOf(memberOf(partial, 'errorMessage')) };
}

/** The sentence in the body of a failure, which is a `Status` of gRPC; empty where there is none. */
export function readFailure(body: string): string {
  return textOf(memberOf(parse(body), 'message'));
}

/** Milliseconds that `Retry-After` asks for (RFC 9110 §10.2.3), as seconds or a date; undefined for anything else. */
export function readRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(value)) return Number(value) * 1000;
  const date = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name]; // It has it.
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MESSAGE_CHARS_MAX) : '';
}
