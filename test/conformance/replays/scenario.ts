/**
 * Reads a scenario of the public replays: YAML that says what a client sends, what a server answers, and what each of
 * them is to get from the proxy between them.
 *
 * Nothing in a file is skipped in silence: an unknown key is an error, and the slips in the files are repaired by name.
 * All text is latin1: one character is one byte on the wire.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Pair, YAMLMap } from 'yaml';
import { Node } from './node.ts';

export type Field = readonly [name: string, value: string];

export interface Content {
  /** The bytes as they are written in the file; undefined when only their number is. */
  readonly data: string | undefined;
  readonly size: number | undefined;
  /** True when `data` is what goes on the wire, its chunks included. */
  readonly isRaw: boolean;
}

export interface ClientRequest {
  readonly method: string;
  readonly url: string;
  readonly version: string;
  readonly fields: readonly Field[];
  readonly content: Content | undefined;
  readonly delayMs: number;
}

export interface ServerResponse {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly Field[];
  readonly content: Content | undefined;
  readonly delayMs: number;
  /** The server resets the connection instead of answering. */
  readonly resets: boolean;
}

export type Match = 'equal' | 'contains' | 'absent' | 'present';

/** One thing that the server (`request`) or the client (`response`) is to find. */
export type Expectation =
  | { readonly on: 'request'; readonly what: 'absent' }
  | { readonly on: 'request'; readonly what: 'method'; readonly value: string }
  | { readonly on: 'response'; readonly what: 'status'; readonly value: string }
  | { readonly on: 'response'; readonly what: 'reason'; readonly value: string }
  | {
      readonly on: 'request' | 'response';
      readonly what: 'field';
      readonly name: string;
      readonly as: Match;
      readonly value: string;
    }
  | {
      readonly on: 'request' | 'response';
      readonly what: 'content';
      readonly as: Match;
      readonly value: string;
      /** True when `value` has chunks and trailers around the content. */
      readonly isRaw: boolean;
    }
  | { readonly on: 'request' | 'response'; readonly what: 'size'; readonly value: number };

export interface Transaction {
  /** The key by which server and client find what belongs together. */
  readonly uuid: string;
  readonly request: ClientRequest;
  readonly response: ServerResponse;
  readonly expectations: readonly Expectation[];
}

export interface ProxyHeaderToSend {
  readonly version: 1 | 2;
  /** `address:port`; undefined for the addresses of the connection itself. */
  readonly source: string | undefined;
  readonly destination: string | undefined;
}

export interface Session {
  readonly stack: 'http' | 'https' | 'http2' | 'http3';
  readonly proxyHeader: ProxyHeaderToSend | undefined;
  readonly transactions: readonly Transaction[];
}

/** Reads the sessions of a file. */
export function readScenario(path: string): readonly Session[] {
  // In the failsafe schema every scalar is text, so that `1.1` and `"1.1"` are the same and nothing is rounded.
  const document = parseDocument(readFileSync(path, 'utf8'), {
    schema: 'failsafe',
    merge: true,
    uniqueKeys: false,
  });
  assert.deepEqual(document.errors, [], path);
  visit(document, { Map: (_, map) => repair(map) });
  const file = new Node(document.toJS(), path);
  file.allow('meta', 'sessions', 'autest', 'blocks');
  return file.list('sessions').map(readSession);
}

/** What is wrong in the files: two lists under one key, a second `proxy-request` meant for the client, a typing error. */
function repair(map: YAMLMap): void {
  const seen = new Map<string, Pair>();
  for (const pair of [...map.items]) {
    if (!isScalar(pair.key)) continue;
    const key = String(pair.key.value);
    const first = seen.get(key);
    if (first !== undefined && key === 'transactions') {
      assert(isSeq(first.value) && isSeq(pair.value));
      first.value.items.push(...pair.value.items);
      map.items.splice(map.items.indexOf(pair), 1);
    } else if ((first !== undefined && key === 'proxy-request') || key === 'eroxy-response') {
      pair.key.value = 'proxy-response';
    }
    seen.set(String(pair.key.value), pair);
  }
}

function readSession(node: Node): Session {
  node.allow('protocol', 'transactions');
  const protocol = node.has('protocol') ? readProtocol(node.child('protocol')) : undefined;
  return {
    stack: protocol?.stack ?? 'http',
    proxyHeader: protocol?.proxyHeader,
    transactions: node.list('transactions').map(readTransaction),
  };
}

/** A protocol is a map (`stack`, `tls`, `proxy-protocol`), or a list of layers from the top down. */
function readProtocol(node: Node): Pick<Session, 'stack' | 'proxyHeader'> {
  if (!node.isList) {
    node.allow('stack', 'tls', 'proxy-protocol');
    const header = node.has('proxy-protocol') ? readProxyHeader(node.child('proxy-protocol')) : undefined;
    return { stack: readStack(node.text('stack')), proxyHeader: header };
  }
  const layers = node.items();
  const header = layers.find((layer) => layer.text('name') === 'proxy-protocol');
  return {
    stack: layers.some((layer) => layer.text('name') === 'tls') ? 'https' : 'http',
    proxyHeader: header === undefined ? undefined : readProxyHeader(header),
  };
}

function readStack(text: string): Session['stack'] {
  assert(text === 'http' || text === 'https' || text === 'http2' || text === 'http3', text);
  return text;
}

function readProxyHeader(node: Node): ProxyHeaderToSend {
  const version = node.isText ? node.asText() : node.text('version');
  assert(version === '1' || version === '2', version);
  if (node.isText) return { version: version === '1' ? 1 : 2, source: undefined, destination: undefined };
  node.allow('name', 'version', 'src-addr', 'dst-addr');
  return {
    version: version === '1' ? 1 : 2,
    source: node.text('src-addr'),
    destination: node.text('dst-addr'),
  };
}

function readTransaction(node: Node): Transaction {
  node.allow('all', 'client-request', 'proxy-request', 'server-response', 'proxy-response');
  const common = node.has('all') ? readFields(node.child('all')) : [];
  const request = readRequest(node.child('client-request'), common);
  const uuid = request.fields.find(([name]) => name.toLowerCase() === 'uuid')?.[1];
  assert(uuid !== undefined, `${node.path} has no uuid`);
  return {
    uuid,
    request,
    response: readResponse(node.child('server-response'), common),
    expectations: [
      ...(node.has('proxy-request') ? readExpectations(node.child('proxy-request'), 'request') : []),
      ...(node.has('proxy-response') ? readExpectations(node.child('proxy-response'), 'response') : []),
    ],
  };
}

function readRequest(node: Node, common: readonly Field[]): ClientRequest {
  node.allow('method', 'version', 'url', 'scheme', 'headers', 'content', 'delay', 'await', 'frames');
  // HTTP/2 frames are not run over HTTP/1.1; their fields are read for the uuid alone.
  const head = node.has('frames')
    ? node
        .list('frames')
        .filter((frame) => frame.has('HEADERS'))
        .map((frame) => frame.child('HEADERS'))[0]
    : node;
  assert(head !== undefined, node.path);
  return {
    method: node.text('method', ''),
    url: node.text('url', ''),
    version: node.text('version', '1.1'),
    fields: [...readFields(head), ...common],
    content: node.has('content') ? readContent(node.child('content')) : undefined,
    delayMs: readDelay(node),
  };
}

function readResponse(node: Node, common: readonly Field[]): ServerResponse {
  node.allow(
    ...['version', 'status', 'reason', 'headers', 'content', 'delay', 'on_connect', 'frames', 'trailers'],
  );
  const reaction = node.text('on_connect', '');
  assert(reaction === '' || reaction === 'reset', node.path);
  return {
    version: node.text('version', '1.1'),
    status: Number(node.text('status', '0')),
    reason: node.text('reason', ''),
    fields: [...(node.has('headers') ? readFields(node) : []), ...common],
    content: node.has('content') ? readContent(node.child('content')) : undefined,
    delayMs: readDelay(node),
    resets: reaction === 'reset',
  };
}

function readFields(node: Node): Field[] {
  return fieldNodes(node).map(({ name, value }) => [name, value.asText()]);
}

function fieldNodes(node: Node): { readonly name: string; readonly value: Node }[] {
  if (!node.has('headers')) return [];
  const headers = node.child('headers');
  headers.allow('fields', 'encoding');
  return headers.list('fields').map((field) => {
    const [name, value, ...rest] = field.items();
    assert(name !== undefined && value !== undefined && rest.length === 0, field.path);
    return { name: name.asText(), value };
  });
}

function readContent(node: Node): Content {
  node.allow('data', 'size', 'encoding', 'transfer', 'verify');
  const transfer = node.text('transfer', '');
  assert(transfer === '' || transfer === 'plain', node.path);
  return {
    data: node.has('data') ? decode(node.text('data'), node.text('encoding', 'plain')) : undefined,
    size: node.has('size') ? readSize(node.child('size')) : undefined,
    isRaw: transfer === 'plain',
  };
}

function readSize(node: Node): number {
  const size = Number(node.isText ? node.asText() : node.text('value'));
  assert(Number.isSafeInteger(size), node.path);
  return size;
}

function decode(text: string, encoding: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  if (encoding === 'plain' || encoding === 'esc_json') return bytes;
  assert.equal(encoding, 'uri');
  return bytes.replace(/%[0-9A-Fa-f]{2}/g, (code) => String.fromCharCode(Number(`0x${code.slice(1)}`)));
}

/** `100ms`, `2s`; nothing is 0. */
function readDelay(node: Node): number {
  const match = /^([0-9]+)(ms|s)$/.exec(node.text('delay', '0ms'));
  assert(match !== null, node.path);
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

function readExpectations(node: Node, on: 'request' | 'response'): Expectation[] {
  node.allow('expect', 'method', 'status', 'reason', 'headers', 'content');
  const found: Expectation[] = [];
  if (node.has('expect')) {
    assert.equal(node.text('expect'), 'absent');
    found.push({ on: 'request', what: 'absent' });
  }
  if (node.has('method')) found.push({ on: 'request', what: 'method', value: node.text('method') });
  if (node.has('status')) found.push({ on: 'response', what: 'status', value: node.text('status') });
  if (node.has('reason')) found.push({ on: 'response', what: 'reason', value: node.text('reason') });
  for (const { name, value } of fieldNodes(node)) {
    // A field without a rule only tells what its author saw.
    if (value.isText) continue;
    value.allow('value', 'as');
    found.push({ on, what: 'field', name, as: readMatch(value.text('as')), value: value.text('value', '') });
  }
  if (node.has('content')) found.push(...readContentExpectations(node.child('content'), on));
  return found;
}

function readContentExpectations(node: Node, on: 'request' | 'response'): Expectation[] {
  const content = readContent(node);
  const found: Expectation[] = [];
  if (content.size !== undefined && content.data === undefined)
    found.push({ on, what: 'size', value: content.size });
  if (!node.has('verify')) return found;
  const verify = node.child('verify');
  verify.allow('value', 'as');
  const value = verify.has('value') ? decode(verify.text('value'), 'plain') : content.data;
  assert(value !== undefined, verify.path);
  found.push({ on, what: 'content', as: readMatch(verify.text('as')), value, isRaw: content.isRaw });
  return found;
}

function readMatch(text: string): Match {
  assert(text === 'equal' || text === 'contains' || text === 'absent' || text === 'present', text);
  return text;
}
