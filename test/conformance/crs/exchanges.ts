/**
 * Exchanges made of the payloads in the data, to run rules on: requests of the regression tests, values where clients
 * can put values, lines of an access log.
 */
import { Buffer } from 'node:buffer';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InspectedRequest } from '../../../src/inspect/inspector.ts';
import { DATA, TESTS } from './crs-data.ts';
import { listedFields } from '../../../src/inspect/listed-fields.ts';
import { readRequest } from './inspect-stage.ts';
import { loadRegressionTests } from './load-tests.ts';
import { reflect } from './reflect.ts';
import type { Reflection } from './reflect.ts';
import { requestBytes } from './request-bytes.ts';

/** A whole exchange as inspection is shown it. */
export interface Exchange {
  /** For people: where it comes from. */
  readonly name: string;
  readonly request: InspectedRequest;
  readonly body: Buffer;
  readonly response: Reflection;
}

/** The requests of the regression tests that a strict reader lets through, with what is reflected. */
export function regressionExchanges(): readonly Exchange[] {
  return loadRegressionTests(TESTS).flatMap(({ name, stages }) =>
    stages.flatMap((stage) => {
      const read = readRequest(requestBytes(stage));
      if (typeof read === 'string' || typeof read.body === 'string') return [];
      const { request, body } = read;
      return [{ name, request, body, response: reflect(request.target, body) }];
    }),
  );
}

/** Values of one byte a character: parameters, benign and attacks, and the lists of injections. */
export function payloads(): readonly string[] {
  const csv = readFileSync(join(DATA, 'traffic/http-params-train.csv'), 'latin1');
  const parameters = [...csv.matchAll(/^"((?:[^"]|"")*)","\d+","\w+","\w+"\r?$/gm)].map(([, value = '']) =>
    value.replaceAll('""', '"'),
  );
  const lists = globSync(join(DATA, 'libinjection-tests/*.txt'))
    .sort()
    .flatMap((file) => readFileSync(file, 'latin1').split(/\r?\n/))
    .filter((line) => line !== '' && !line.startsWith('#'));
  return [...parameters, ...lists];
}

/** The requests of an access log, each once: target, referer, user agent. */
export function logExchanges(): readonly Exchange[] {
  const text = readFileSync(join(DATA, 'traffic/access-log-10000.txt'), 'latin1');
  const known = new Map<string, Exchange>();
  for (const line of text.split('\n')) {
    const match = /"([A-Z]+) (\S+) HTTP\/1\.[01]" \d+ \S+ "([^"]*)" "([^"]*)"/.exec(line);
    if (match === null) continue;
    const [key, method = '', target = '', referer = '', agent = ''] = match;
    const headers = [
      ['Host', 'www.example.org'],
      ['User-Agent', agent],
      ['Referer', referer],
      ['Accept', '*/*'],
    ] as const;
    known.set(key, made(`log ${target}`, method, target, headers, ''));
  }
  return [...known.values()];
}

/** `value` in the place of this number; there are PLACES.length of them. */
export function exchangeWith(value: string, place: number): Exchange {
  const at = place % PLACES.length;
  return PLACES[at]!(value); // Below the length.
}

const BROWSER = [
  ['Host', 'www.example.org'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'],
  ['Accept', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8'],
] as const;

/** Every place in which a client, or a server, can put a value. */
export const PLACES: readonly ((value: string) => Exchange)[] = [
  (value) => get(`/search?q=${escape(value)}&page=2`),
  (value) => post('application/x-www-form-urlencoded', `name=${escape(value)}&city=Bern`),
  (value) => post('application/json', `{"user":{"name":${JSON.stringify(value)},"id":7}}`),
  (value) => get('/', ['Cookie', `session=1f; theme=${plain(value)}`]),
  (value) => get('/index.html', ['Referer', plain(value)]),
  (value) => get('/index.html', ['X-Forwarded-Host', plain(value)]),
  (value) => get(`/files/${escape(value)}`),
  (value) => get(`/search?${escape(value)}=1`),
  (value) => get(`/search?q=${value.replace(/[^!-~\x80-\xff]|#/g, '+')}`),
  (value) =>
    post(
      'multipart/form-data; boundary=edge',
      `--edge\r\nContent-Disposition: form-data; name="note"\r\n\r\n${value}\r\n--edge--\r\n`,
    ),
  (value) =>
    post(
      'multipart/form-data; boundary=edge',
      `--edge\r\nContent-Disposition: form-data; name="file"; filename="${plain(value).replaceAll('"', '')}"\r\n\r\nx\r\n--edge--\r\n`,
    ),
  (value) => post('application/xml', `<?xml version="1.0"?><a b="c">${value.replace(/[<&]/g, '+')}</a>`),
  (value) => post('text/plain', value),
  (value) => ({
    ...get('/page'),
    response: { status: 500, headers: [['Content-Type', 'text/html']], body: bytesOf(value) },
  }),
];

function get(target: string, ...more: readonly (readonly [string, string])[]): Exchange {
  return made(target, 'GET', target, [...BROWSER, ...more], '');
}

function post(type: string, body: string): Exchange {
  const headers = [...BROWSER, ['Content-Type', type], ['Content-Length', String(body.length)]] as const;
  return made(`${type} ${body}`, 'POST', '/form', headers, body);
}

function made(
  name: string,
  method: string,
  target: string,
  headers: readonly (readonly [string, string])[],
  body: string,
): Exchange {
  const request = {
    method,
    target,
    version: 'HTTP/1.1',
    headers: listedFields(headers),
    clientAddress: '127.0.0.1',
  };
  return { name, request, body: bytesOf(body), response: reflect('/', Buffer.alloc(0)) };
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function escape(value: string): string {
  return value.replace(
    /[^A-Za-z0-9_.~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** As a header can carry it. */
function plain(value: string): string {
  return value.replace(/[^\t -~\x80-\xff]/g, '').trim();
}
