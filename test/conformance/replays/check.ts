/**
 * Compares what client and server got with what the file expects, and with what the other side sent.
 */
import { contentOf, readChunked, valueOf } from './message.ts';
import type { ChunkedContent, Message } from './message.ts';
import type { Arrived } from './origin.ts';
import type { Answer } from './client.ts';
import type { Expectation, Field, Match, Transaction } from './scenario.ts';

/** What a transaction came to. */
export interface Outcome {
  readonly answer: Answer;
  /** Undefined when the server saw nothing of the request. */
  readonly arrived: Arrived | undefined;
}

/** What is wrong, one sentence, or undefined when the expectation is met. */
export function checkExpectation(expectation: Expectation, outcome: Outcome): string | undefined {
  if (expectation.what === 'absent')
    return outcome.arrived === undefined ? undefined : 'The server got the request';
  const message = expectation.on === 'request' ? outcome.arrived?.message : outcome.answer.message;
  const side = `The ${expectation.on}`;
  if (message === undefined) return `${side} never became whole`;
  switch (expectation.what) {
    case 'method':
      return differ(`${side}'s method`, message.start.split(' ')[0], expectation.value);
    case 'status':
      return differ(`${side}'s status`, message.start.split(' ')[1], expectation.value);
    case 'reason':
      return differ(`${side}'s reason`, message.start.split(' ').slice(2).join(' '), expectation.value);
    case 'size':
      return differ(`${side}'s size`, message.content.length, expectation.value);
    case 'field': {
      const { name, as, value } = expectation;
      return mismatch(`${side}'s field ${name}`, valueOf(message.fields, name), as, value);
    }
    case 'content':
      return checkContent(side, message, expectation);
  }
}

/** The same expectation turned around, so that what met the one cannot meet the other. */
export function invert(expectation: Expectation, outcome: Outcome): Expectation {
  if (expectation.what === 'absent') return { on: 'request', what: 'method', value: 'none' };
  if (expectation.what === 'size') return { ...expectation, value: expectation.value + 1 };
  if (expectation.what !== 'field' && expectation.what !== 'content')
    return { ...expectation, value: `${expectation.value}0` };
  if (expectation.as === 'equal' || expectation.as === 'contains') {
    const end = expectation.what === 'content' && expectation.isRaw ? expectation.value.length : 0;
    // Inside the chunks of a raw body the first byte of the content is changed.
    const value = end > 0 ? expectation.value.replace('\r\n', '\r\n~') : `${expectation.value}~`;
    return { ...expectation, value };
  }
  const { on } = expectation;
  const name = expectation.what === 'field' ? expectation.name : '';
  const got = on === 'request' ? outcome.arrived?.message : outcome.answer.message;
  return {
    on,
    what: 'field',
    name,
    as: valueOf(got?.fields ?? [], name) === undefined ? 'present' : 'absent',
    value: '',
  };
}

/**
 * What a proxy must not change, whatever the file expects: method, target, status, reason, content, trailers, and every
 * field that is not of one hop (RFC 9110 §7.6.1) with its spelling, its value and its place.
 */
export function checkPassedOn(transaction: Transaction, outcome: Outcome): string[] {
  const { request, response } = transaction;
  const arrived = outcome.arrived?.message;
  const answered = outcome.answer.message;
  if (arrived === undefined) return ['The server did not get the request'];
  if (answered === undefined) return ['The client did not get the response'];
  const [version, status, ...reason] = answered.start.split(' ');
  return [
    differ('The request line', arrived.start, `${request.method} ${request.url} HTTP/1.1`),
    differ('The version', version, 'HTTP/1.1'),
    differ('The status', status, String(response.status)),
    differ('The reason', reason.join(' '), response.reason),
    ...checkFields('request', arrived.fields, request.fields),
    ...checkFields('response', answered.fields, response.fields),
    ...checkWhole('request', arrived, contentOf(request.fields, request.content)),
    ...(response.status === 204 || response.status === 304
      ? []
      : checkWhole('response', answered, contentOf(response.fields, response.content))),
  ].filter((problem) => problem !== undefined);
}

/** Fields of one hop, and `Expect`, which the proxy may answer itself (RFC 9110 §10.1.1). */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade', 'expect'],
]);

function checkFields(side: string, got: readonly Field[], sent: readonly Field[]): (string | undefined)[] {
  const passed = sent.filter(([name]) => !NOT_PASSED_ON.has(name.toLowerCase()));
  let at = 0;
  return passed.map(([name, value]) => {
    const found = got.findIndex((field, index) => index >= at && field[0] === name && field[1] === value);
    if (found === -1) return `The ${side} lost ${name}: ${value}`;
    at = found + 1;
    return undefined;
  });
}

function checkWhole(side: string, got: Message, sent: ChunkedContent | undefined): (string | undefined)[] {
  return [
    differ(`The ${side}'s content`, got.content, sent?.content),
    differ(`The ${side}'s trailers`, JSON.stringify(got.trailers), JSON.stringify(sent?.trailers)),
  ];
}

function checkContent(
  side: string,
  message: Message,
  expectation: Extract<Expectation, { readonly what: 'content' }>,
): string | undefined {
  if (!expectation.isRaw)
    return mismatch(`${side}'s content`, message.content, expectation.as, expectation.value);
  // Chunks may be cut anew on the way (RFC 9112 §7.1); content and trailers may not change.
  const read = readChunked(expectation.value, 0);
  if (read.kind !== 'ok') return 'The expected content has no end';
  const { content, trailers } = message;
  return differ(
    `${side}'s content and trailers`,
    JSON.stringify({ content, trailers }),
    JSON.stringify(read.value),
  );
}

function mismatch(what: string, got: string | undefined, as: Match, value: string): string | undefined {
  switch (as) {
    case 'absent':
      return got === undefined ? undefined : `${what} is there: ${got}`;
    case 'present':
      return got === undefined ? `${what} is not there` : undefined;
    case 'equal':
      return differ(what, got, value);
    case 'contains':
      return got?.includes(value) === true ? undefined : `${what} is ${shown(got)}, without ${shown(value)}`;
  }
}

function differ<T extends string | number>(
  what: string,
  got: T | undefined,
  wanted: T | undefined,
): string | undefined {
  return got === wanted ? undefined : `${what} is ${shown(got)}, not ${shown(wanted)}`;
}

function shown(value: string | number | undefined): string {
  return value === undefined ? 'not there' : JSON.stringify(value).slice(0, 200);
}
