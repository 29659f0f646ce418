/**
 * Requests as a proxy has them: from many connections in turn, each with visits of its own, the bytes of a head read by the
 * reader that its connection keeps. No two requests are the same.
 */
import { Buffer } from 'node:buffer';

import { READ_OK } from '../../src/http/field-section.ts';
import { RequestHead } from '../../src/http/request-head.ts';
import { ResponseHead } from '../../src/http/response-head.ts';
import { HeaderView } from '../../src/proxy/header-view.ts';
import { COUNTER, counterText, toMessage } from '../traffic/sample.ts';
import type { Visits } from '../traffic/samples.ts';
import type { Exchange } from './rule-sets.ts';

const LIMITS = { headBytes: 32_768, targetBytes: 8_192, headerCount: 100 } as const;
const CLIENT = '127.0.0.1';
/** Read once: what a proxy needs to read an answer is none of inspection. */
const ANSWER = readAnswer();
const ANSWER_BODY = Buffer.alloc(100, 'x');

/** Bytes that have arrived on a connection. */
export interface Arrived {
  readonly head: RequestHead;
  readonly bytes: Buffer;
  readonly isAttack: boolean;
}

interface Line {
  readonly head: RequestHead;
  visit: Visits[number];
  position: number;
}

export class Feed {
  readonly #visits: Visits;
  readonly #lines: readonly Line[];
  #nextVisit = 0;
  #counter = 0;

  constructor(visits: Visits, connections: number) {
    this.#visits = visits;
    this.#lines = Array.from({ length: connections }, () => ({
      head: new RequestHead(LIMITS),
      visit: [],
      position: 0,
    }));
  }

  /** The next `count` requests, the connections in turn. */
  take(count: number): readonly Arrived[] {
    return Array.from({ length: count }, (_, index) => this.#next(this.#lines[index % this.#lines.length]!));
  }

  #next(line: Line): Arrived {
    if (line.position === line.visit.length) {
      // In range by the remainder; no visit is empty.
      line.visit = this.#visits[this.#nextVisit++ % this.#visits.length]!;
      line.position = 0;
    }
    const sample = line.visit[line.position++]!;
    const text = toMessage(sample).replaceAll(COUNTER, counterText(this.#counter++));
    return { head: line.head, bytes: Buffer.from(text, 'latin1'), isAttack: sample.isAttack };
  }
}

function readArrived({ head, bytes }: Arrived): RequestHead {
  head.restart();
  if (head.read(bytes, 0, bytes.length) !== READ_OK)
    throw new Error(`Cannot read a request: ${head.refusal}`);
  return head;
}

/** As the proxy shows it to an inspector, with the answer of the backend of the bench. */
export function exchangeOf(arrived: Arrived): Exchange {
  const head = readArrived(arrived);
  const request = {
    method: head.method,
    target: head.target,
    version: head.version,
    headers: new HeaderView(head),
    clientAddress: CLIENT,
    connection: head,
  };
  const response = { status: ANSWER.status, headers: new HeaderView(ANSWER) };
  return { request, body: arrived.bytes.subarray(head.length), response, responseBody: ANSWER_BODY };
}

function readAnswer(): ResponseHead {
  const text =
    'HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 06:00:00 GMT\r\nContent-Type: text/plain\r\n' +
    'Content-Length: 100\r\nConnection: keep-alive\r\nX-Bench-Backend: yes\r\n\r\n';
  const head = new ResponseHead(LIMITS);
  const bytes = Buffer.from(text, 'latin1');
  if (head.read(bytes, 0, bytes.length) !== READ_OK)
    throw new Error(`Cannot read the answer: ${head.refusal}`);
  return head;
}
