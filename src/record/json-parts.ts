/**
 * The parts of a JSON log line that repeat from exchange to exchange, kept in escaped form.
 *
 * Comparing a text with one that is equal costs a fraction of testing its every character, and a kept part is one piece
 * of the line instead of fifteen. Each cache has a fixed number of places; a key has one place, and the last key to
 * come there stays. Keys are compared whole, so a place that is shared costs time and never gives a wrong line.
 */
import { escapeJson } from '../base/escape.ts';
import { flat } from '../http/flat.ts';
import type { Client } from '../identity/client.ts';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { cut, TEXT_CHARS_MAX } from './format.ts';

/** Places of each cache, a power of two. With texts of ordinary length the three hold some 300 KiB. */
const PLACES = 256;
/** One for each connection, as long as none have the same. */
const CLIENT_PLACES = 1024;

/** From the end of the id to the end of the client. A connection has one Client object, so that the object itself is the key. */
export class ClientParts {
  readonly #parts = places<{ readonly client: Client; readonly text: string }>(CLIENT_PLACES);

  text(client: Client): string {
    // Systems give out even ports or odd ones for connections.
    const place = (client.peerPort >> 1) & (CLIENT_PLACES - 1);
    const part = this.#parts[place];
    if (part?.client === client) return part.text;
    const { address, port, by, peerAddress, peerPort } = client;
    const isPeer = address === peerAddress && port === peerPort;
    const text = flat(
      `","client":{"address":"${escapeJson(address)}","port":${port}` +
        (by === 'socket' ? '' : `,"by":"${by}"`) +
        (isPeer ? '}' : `,"peer":{"address":"${escapeJson(peerAddress)}","port":${peerPort}}}`),
    );
    this.#parts[place] = { client, text };
    return text;
  }
}

type Way = Pick<ExchangeRecord, 'listener' | 'route' | 'pool' | 'server' | 'protocol' | 'method' | 'host'>;

/** From the listener to the beginning of the target; for TCP, which has no request, to the server. */
export class WayParts {
  readonly #parts = places<Way & { readonly text: string }>();

  text(record: Way): string {
    const place = (mix(record.server) + 7 * mix(record.host)) & (PLACES - 1);
    const part = this.#parts[place];
    if (part !== undefined && isSameWay(part, record)) return part.text;
    const { listener, route, pool, server, protocol, method, host } = record;
    const request =
      protocol !== 'http'
        ? `,"protocol":"${protocol}"`
        : `,"request":{"method":"${escapeText(method)}","host":"${escapeText(host)}","target":"`;
    const text = flat(
      `,"listener":"${escapeJson(listener)}"` +
        unlessEmpty('route', route) +
        unlessEmpty('pool', pool) +
        unlessEmpty('server', server) +
        request,
    );
    this.#parts[place] = { listener, route, pool, server, protocol, method, host, text };
    return text;
  }
}

type Agent = Pick<ExchangeRecord, 'version' | 'userAgent' | 'referer'>;

/** From the end of the target to the end of the request. */
export class AgentParts {
  readonly #parts = places<Agent & { readonly text: string }>();

  text(record: Agent): string {
    const { version, userAgent, referer } = record;
    const place = (mix(userAgent) + 7 * mix(referer)) & (PLACES - 1);
    const part = this.#parts[place];
    if (part?.userAgent === userAgent && part.referer === referer && part.version === version)
      return part.text;
    const text = flat(
      `"${version === 'HTTP/1.1' ? '' : `,"version":"${escapeJson(version)}"`}` +
        `${unlessEmpty('userAgent', userAgent)}${unlessEmpty('referer', referer)}}`,
    );
    // Long texts repeat seldom, and keeping them would let a client choose how much memory this takes.
    if (userAgent.length + referer.length <= TEXT_CHARS_MAX) {
      this.#parts[place] = { version, userAgent, referer, text };
    }
    return text;
  }
}

/** The status and the verdict. */
export class OutcomeParts {
  readonly #parts = places<{ readonly status: number; readonly verdict: string; readonly text: string }>();

  text(status: number, verdict: ExchangeRecord['verdict']): string {
    const place = status & (PLACES - 1);
    const part = this.#parts[place];
    if (part?.status === status && part.verdict === verdict) return part.text;
    const text = flat(`,"status":${status},"verdict":"${verdict}"`);
    this.#parts[place] = { status, verdict, text };
    return text;
  }
}

/** A text of the network, cut at its bound. */
export function escapeText(text: string): string {
  return escapeJson(cut(text, TEXT_CHARS_MAX));
}

function unlessEmpty(key: string, text: string): string {
  return text === '' ? '' : `,"${key}":"${escapeText(text)}"`;
}

function isSameWay(left: Way, right: Way): boolean {
  return (
    left.server === right.server &&
    left.pool === right.pool &&
    left.route === right.route &&
    left.listener === right.listener &&
    left.protocol === right.protocol &&
    left.method === right.method &&
    left.host === right.host
  );
}

/** A number that differs for most texts that differ, from their length and two characters. */
function mix(text: string): number {
  const { length } = text;
  return length === 0 ? 0 : length + 31 * text.charCodeAt(length - 1) + 61 * text.charCodeAt(length >> 1);
}

function places<Part>(count: number = PLACES): (Part | undefined)[] {
  return new Array<Part | undefined>(count).fill(undefined);
}
