/**
 * Sends the requests of a file over a number of connections, each with one request at a time, until so many have been
 * sent or so much time has passed; then waits for the answers that are missing, so that all work is counted.
 *
 * Started as `node replay.ts PORT CONNECTIONS SECONDS COUNT FILE`, with the file as replay-file.ts writes it. A
 * connection takes a visit of the file, sends its requests one after the other, and takes the next one. At the end it
 * writes one line of JSON: see ReplayResult.
 *
 * Every answer is checked: what is harmless must come from the backend, which says so in a header field, and what is an
 * attack must not. Trusts its input: it is only ever spoken to by the peers of the bench.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

import { COUNTER, counterText } from '../traffic/sample.ts';
import type { ReplayedRequest } from './replay-file.ts';

const [port = 0, connections = 0, seconds = 0, countMax = 0] = process.argv.slice(2).map(Number);
/** Sent by the backend of the bench with every answer but that of /check. */
const FROM_BACKEND = '\r\nX-Bench-Backend: yes\r\n';
/** No answer for so long counts as an error: far above what any peer needs for any request. */
const ANSWER_MS = 30_000;
const WRONG_KEPT = 3;

interface Prepared {
  readonly bytes: Buffer;
  /** Where the counter stands. */
  readonly places: readonly number[];
  readonly isAttack: boolean;
}

const visits = readVisits();
const latenciesUs: number[] = [];
const errors = { closed: 0, timeout: 0, wrong: 0 };
const wrong: string[] = [];
let nextVisit = 0;
/** Another beginning in each run, so that a peer sees no request twice in a run of the bench. */
let counter = Math.floor(Math.random() * 90_000_000);
let sent = 0;
let open = connections;
const startedAt = performance.now();
const endsAt = startedAt + seconds * 1e3;

class Connection {
  #socket: Socket | undefined;
  #visit: readonly Prepared[] = [];
  #position = 0;
  #received = '';
  #sentAt = 0;
  #isAttack = false;
  #isWaiting = false;

  begin(): void {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () => this.#sendNext());
    this.#socket = socket;
    socket.setTimeout(ANSWER_MS, () => {
      errors.timeout++;
      socket.destroy();
    });
    socket.on('data', (piece: Buffer) => this.#receive(piece));
    socket.on('error', () => {});
    socket.once('close', () => this.#afterClose());
  }

  #sendNext(): void {
    if (sent >= countMax || performance.now() >= endsAt) {
      this.#socket?.end();
      return;
    }
    sent++;
    const prepared = this.#takeRequest();
    this.#isAttack = prepared.isAttack;
    this.#isWaiting = true;
    this.#sentAt = performance.now();
    this.#socket?.write(withCounter(prepared));
  }

  #takeRequest(): Prepared {
    if (this.#position === this.#visit.length) {
      // In range by the remainder; a file has at least one visit, and no visit is empty.
      this.#visit = visits[nextVisit++ % visits.length]!;
      this.#position = 0;
    }
    return this.#visit[this.#position++]!;
  }

  #receive(piece: Buffer): void {
    this.#received += piece.toString('latin1');
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.slice(0, end + 2);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) return void this.#socket?.destroy();
    if (this.#received.length < end + 4 + length) return;
    latenciesUs.push((performance.now() - this.#sentAt) * 1e3);
    this.#isWaiting = false;
    this.#check(head);
    this.#received = '';
    if (/\r\nconnection: *close\r\n/i.test(head)) this.#socket?.destroy();
    else this.#sendNext();
  }

  #check(head: string): void {
    const isExpected = head.includes(FROM_BACKEND)
      ? !this.#isAttack && head.startsWith('HTTP/1.1 200 ')
      : this.#isAttack;
    if (isExpected) return;
    errors.wrong++;
    if (wrong.length < WRONG_KEPT) {
      const request = this.#visit[this.#position - 1]?.bytes.toString('latin1', 0, 200) ?? '';
      wrong.push(`${head.slice(0, head.indexOf('\r\n'))} to ${request.slice(0, request.indexOf('\r\n'))}`);
    }
  }

  /** A peer may close a connection after an answer; in the middle of one it is an error. */
  #afterClose(): void {
    if (this.#isWaiting) errors.closed++;
    this.#isWaiting = false;
    this.#received = '';
    if (sent < countMax && performance.now() < endsAt) this.begin();
    else if (--open === 0) report();
  }
}

function readVisits(): readonly (readonly Prepared[])[] {
  // Written by replay-file.ts in this shape.
  const file = JSON.parse(readFileSync(process.argv[6] ?? '', 'utf8')) as ReplayedRequest[][];
  return file.map((visit) =>
    visit.map(({ text, isAttack }) => {
      const places: number[] = [];
      for (let at = text.indexOf(COUNTER); at >= 0; at = text.indexOf(COUNTER, at + 1)) places.push(at);
      return { bytes: Buffer.from(text, 'latin1'), places, isAttack };
    }),
  );
}

/** A copy: the one before may still be on its way. */
function withCounter({ bytes, places }: Prepared): Buffer {
  const copy = Buffer.from(bytes);
  const text = counterText(counter++);
  for (const place of places) copy.write(text, place, 'latin1');
  return copy;
}

function report(): void {
  const durationUs = (performance.now() - startedAt) * 1e3;
  latenciesUs.sort((left, right) => left - right);
  const at = (share: number): number => latenciesUs[Math.floor(share * latenciesUs.length)] ?? Number.NaN;
  const result = { requests: latenciesUs.length, durationUs, p50Us: at(0.5), p99Us: at(0.99), errors, wrong };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

// Last: the class is not there before it has been read.
for (let index = 0; index < connections; index++) new Connection().begin();
