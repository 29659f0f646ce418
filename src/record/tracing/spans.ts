/**
 * The spans of an exchange, each as one object of OTLP in JSON: one of kind SERVER for the exchange, one of kind CLIENT for
 * each attempt at a server, one of kind INTERNAL for the time of inspection.
 *
 * Names, attributes and status are by the semantic conventions for HTTP (OpenTelemetry, stable since 1.23); what they do
 * not know is under `sallyport.`. Everything is taken from the record, where secrets are hidden already.
 */
import { escapeJson } from '../../base/escape.ts';
import type { ExchangeRecord } from '../../proxy/exchange-record.ts';
import { FAILURES } from '../../proxy/failure.ts';
import type { FailureCode } from '../../proxy/failure.ts';
import { hostName } from '../../proxy/routes.ts';
import type { ServerAddress } from '../../proxy/server.ts';
import type { Attempt, ExchangeTrace, InspectionTime } from '../../proxy/tracing/exchange-trace.ts';
import { Attributes } from './attributes.ts';

/** Numbers of opentelemetry.proto.trace.v1. */
const KIND_INTERNAL = 1;
const KIND_SERVER = 2;
const KIND_CLIENT = 3;
const STATUS_ERROR = 2;
/** The lowest bit is the sampled flag of W3C Trace Context, the others say whether the parent is of another process. */
const FLAG_SAMPLED = 1;
const FLAG_REMOTE_KNOWN = 0x100;
const FLAG_REMOTE = 0x200;

/** Rules that a span names. */
const RULES_MAX = 16;

const METHODS: ReadonlySet<string> = new Set([
  ...['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'],
]);

/** Milliseconds since 1970 at zero of the clock of base/clock.ts. */
const CLOCK_START_MS = performance.timeOrigin;

/** What tells a span from the others of its trace. */
interface Place {
  readonly spanId: string;
  readonly parentId: string;
  readonly isParentRemote: boolean;
  readonly startMs: number;
  readonly endMs: number;
}

interface Span extends Place {
  readonly name: string;
  readonly kind: number;
  readonly attributes: Attributes;
  readonly isError: boolean;
}

/** All spans of an exchange that has ended, as JSON. */
export function spansOf(record: ExchangeRecord, trace: ExchangeTrace): readonly string[] {
  const spans = [record.protocol === 'tcp' ? sessionSpan(record, trace) : exchangeSpan(record, trace)];
  if (trace.inspection !== undefined) spans.push(inspectionSpan(record, trace, trace.inspection));
  for (const [index, attempt] of trace.attempts.entries())
    spans.push(attemptSpan(record, trace, attempt, index));
  return spans.map((span) => write(trace, span));
}

function write(trace: ExchangeTrace, span: Span): string {
  const { spanId, parentId, name, kind } = span;
  const flags = FLAG_SAMPLED | FLAG_REMOTE_KNOWN | (span.isParentRemote ? FLAG_REMOTE : 0);
  return (
    `{"traceId":"${trace.id}","spanId":"${spanId}"` +
    (parentId === '' ? '' : `,"parentSpanId":"${parentId}"`) +
    (trace.state === '' ? '' : `,"traceState":"${escapeJson(trace.state)}"`) +
    `,"flags":${flags},"name":"${escapeJson(name)}","kind":${kind}` +
    `,"startTimeUnixNano":"${nanoseconds(span.startMs)}","endTimeUnixNano":"${nanoseconds(span.endMs)}"` +
    `,"attributes":${span.attributes.toJson()}` +
    (kind === KIND_SERVER ? linksOf(trace) : '') +
    (span.isError ? `,"status":{"code":${STATUS_ERROR}}` : '') +
    '}'
  );
}

function linksOf({ link }: ExchangeTrace): string {
  if (link === undefined) return '';
  const flags = FLAG_REMOTE_KNOWN | FLAG_REMOTE | (link.isSampled ? FLAG_SAMPLED : 0);
  return `,"links":[{"traceId":"${link.traceId}","spanId":"${link.spanId}","flags":${flags}}]`;
}

function exchangeSpan(record: ExchangeRecord, trace: ExchangeTrace): Span {
  const { method, status, target, version } = record;
  const { path, query } = partsOf(target);
  const attributes = new Attributes();
  addMethod(attributes, method);
  attributes.text('url.path', path).text('url.query', query).text('url.scheme', 'http');
  addHost(attributes, record.host);
  attributes.text('network.protocol.version', version.replace('HTTP/', ''));
  addClient(attributes, record.client);
  attributes.text('user_agent.original', record.userAgent);
  if (status !== 0) attributes.integer('http.response.status_code', status);
  attributes.text('error.type', errorType(record));
  addSallyport(attributes, record);
  const name = nameOf(method, record.route);
  return { ...whole(record, trace), name, kind: KIND_SERVER, attributes, isError: isOurError(record) };
}

/** A TCP connection. Nothing is read of what it says, so that it begins a trace. */
function sessionSpan(record: ExchangeRecord, trace: ExchangeTrace): Span {
  const attributes = new Attributes().text('network.transport', 'tcp');
  addClient(attributes, record.client);
  attributes.text('error.type', errorType(record));
  addSallyport(attributes, record);
  if (record.hits.length > 0) addHits(attributes, record);
  const name = `TCP ${record.listener}`;
  return { ...whole(record, trace), name, kind: KIND_SERVER, attributes, isError: isOurError(record) };
}

function inspectionSpan(record: ExchangeRecord, trace: ExchangeTrace, time: InspectionTime): Span {
  const attributes = new Attributes().text('sallyport.verdict', record.verdict);
  addHits(attributes, record);
  return { ...within(trace, time), name: 'inspect', kind: KIND_INTERNAL, attributes, isError: false };
}

function attemptSpan(record: ExchangeRecord, trace: ExchangeTrace, attempt: Attempt, index: number): Span {
  const { address, status } = attempt;
  const error = attempt.error === '' && status >= 400 ? String(status) : attempt.error;
  const attributes = new Attributes();
  addMethod(attributes, record.method);
  attributes.text('url.full', urlOf(address, record.target));
  addServer(attributes, address);
  if (status !== 0) attributes.integer('http.response.status_code', status);
  if (index > 0) attributes.integer('http.request.resend_count', index);
  attributes.text('error.type', error);
  attributes.text('sallyport.pool', attempt.pool).text('sallyport.server', attempt.server);
  attributes.truth('sallyport.connection.reused', attempt.isReused);
  const name = nameOf(record.method, '');
  const place = within(trace, attempt);
  // Sums of the same times that are made in another order differ in their last digit: the exchange does not end before it.
  const { startMs: first, endMs: last } = whole(record, trace);
  const startMs = Math.min(Math.max(place.startMs, first), last);
  const endMs = Math.min(Math.max(place.endMs, startMs), last);
  return { ...place, startMs, endMs, name, kind: KIND_CLIENT, attributes, isError: error !== '' };
}

function whole({ startedAtMs, times }: ExchangeRecord, { spanId, parentId }: ExchangeTrace): Place {
  const endMs = startedAtMs + Math.max(times.totalMs, 0);
  return { spanId, parentId, isParentRemote: parentId !== '', startMs: startedAtMs, endMs };
}

/** A part of the exchange, with times on the clock of base/clock.ts. */
function within({ spanId: parentId }: ExchangeTrace, part: Attempt | InspectionTime): Place {
  const startMs = CLOCK_START_MS + part.beganAt;
  const endMs = Math.max(startMs, CLOCK_START_MS + part.endedAt);
  return { spanId: part.spanId, parentId, isParentRemote: false, startMs, endMs };
}

/** Conventions ask for a template of the path, which nobody tells us; names of routes are as few. */
function nameOf(method: string, route: string): string {
  const name = METHODS.has(method) ? method : 'HTTP';
  return route === '' ? name : `${name} ${route}`;
}

function addMethod(attributes: Attributes, method: string): void {
  const isKnown = METHODS.has(method);
  attributes.text('http.request.method', isKnown ? method : '_OTHER');
  if (!isKnown) attributes.text('http.request.method_original', method);
}

/** What the client calls us. */
function addHost(attributes: Attributes, host: string): void {
  attributes.text('server.address', hostName(host).replace(/^\[(.*)\]$/, '$1'));
  const [, port] = /:([0-9]{1,5})$/.exec(host) ?? [];
  if (port !== undefined) attributes.integer('server.port', Number(port));
}

function addClient(attributes: Attributes, client: ExchangeRecord['client']): void {
  attributes.text('client.address', client.address);
  if (client.port !== 0) attributes.integer('client.port', client.port);
  attributes.text('network.peer.address', client.peerAddress);
  if (client.peerPort !== 0) attributes.integer('network.peer.port', client.peerPort);
}

function addSallyport(attributes: Attributes, record: ExchangeRecord): void {
  attributes
    .text('sallyport.exchange.id', record.id)
    .text('sallyport.verdict', record.verdict)
    .text('sallyport.reason', record.because.code)
    .text('sallyport.listener', record.listener)
    .text('sallyport.route', record.route)
    .text('sallyport.pool', record.pool)
    .text('sallyport.server', record.server);
}

/** How many rules matched, and the first of them. */
function addHits(attributes: Attributes, { hits }: ExchangeRecord): void {
  attributes.integer('sallyport.hits', hits.length);
  if (hits.length === 0) return;
  const rules = new Set(hits.map(({ rule }) => rule));
  attributes.texts('sallyport.rules', [...rules].slice(0, RULES_MAX));
}

function addServer(attributes: Attributes, address: ServerAddress): void {
  if ('path' in address) {
    attributes.text('server.address', address.path).text('network.transport', 'unix');
    return;
  }
  attributes.text('server.address', address.host).integer('server.port', address.port);
  attributes.text('network.peer.address', address.host).integer('network.peer.port', address.port);
}

/** Empty for a UNIX socket: there is no URL of it. */
function urlOf(address: ServerAddress, target: string): string {
  if ('path' in address) return '';
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const { path, query } = partsOf(target);
  return `http://${host}:${address.port}${path}${query === '' ? '' : `?${query}`}`;
}

/** Path and query of a target in any form (RFC 9112 §3.2); one in authority-form has neither. */
function partsOf(target: string): { readonly path: string; readonly query: string } {
  const question = target.indexOf('?');
  const query = question === -1 ? '' : target.slice(question + 1);
  const before = question === -1 ? target : target.slice(0, question);
  if (before.startsWith('/') || before === '*') return { path: before, query };
  const scheme = before.indexOf('://');
  if (scheme === -1) return { path: '', query: '' };
  const slash = before.indexOf('/', scheme + 3);
  return { path: slash === -1 ? '/' : before.slice(slash), query };
}

/** The failure, or a status of 5xx; empty where it ended well. */
function errorType({ end, status }: ExchangeRecord): string {
  if (end !== 'done') return end;
  return status >= 500 ? String(status) : '';
}

/** By the conventions what the client did wrong is no error of a server: 4xx, or that it has gone. */
function isOurError({ end, status }: ExchangeRecord): boolean {
  if (status >= 500) return true;
  if (status >= 400 || end === 'done') return false;
  return !Object.hasOwn(FAILURES, end) || FAILURES[end as FailureCode].fault !== 'client';
}

/** Microseconds are what the clock has. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}
