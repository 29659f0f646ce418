/** A client that asks again as soon as it is answered, on one connection, and says what became of it. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { COUNTER, counterText } from '../traffic/sample.ts';

/** Sent by the server of the bench with every answer. */
const FROM_BACKEND = '\r\nX-Bench-Backend: yes\r\n';
/** No answer for so long is as bad as a closed connection. */
const ANSWER_MS = 30_000;

export class Client {
  readonly #socket: Socket;
  readonly #requests: readonly string[];
  #received = '';
  #sentAt = 0;
  #isAsked = false;
  #onAnswer: () => void = () => {};
  /** Asks again and again. */
  #isLoad = false;
  /** What was wrong with an answer, or that the connection has ended. */
  failure: string | undefined;
  answers = 0;
  /** Since it was last set to 0. */
  longestMs = 0;

  private constructor(socket: Socket, requests: readonly string[]) {
    this.#socket = socket;
    this.#requests = requests;
    socket.setTimeout(ANSWER_MS, () => this.#fail('no answer'));
    socket.on('data', (bytes) => this.#receive(bytes.toString('latin1')));
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => this.#fail('closed'));
  }

  static async open(port: number, requests: readonly string[]): Promise<Client> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new Client(socket, requests);
  }

  /** Resolves when it is answered, or never will be. */
  ask(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve;
      this.#send();
    });
  }

  /** Asks without end. */
  load(): void {
    this.#isLoad = true;
    if (!this.#isAsked) this.#send();
  }

  close(): void {
    this.failure ??= 'closed by itself';
    this.#socket.destroy();
  }

  #send(): void {
    if (this.failure !== undefined) {
      this.#onAnswer();
      return;
    }
    this.#isAsked = true;
    this.#sentAt = performance.now();
    const request = this.#requests[this.answers % this.#requests.length] ?? '';
    this.#socket.write(request.replaceAll(COUNTER, counterText(this.answers)), 'latin1');
  }

  #receive(text: string): void {
    this.#received += text;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.slice(0, end + 2);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) this.#fail('an answer without a length');
    if (this.#received.length < end + 4 + length) return;
    this.longestMs = Math.max(this.longestMs, performance.now() - this.#sentAt);
    this.#received = '';
    this.#isAsked = false;
    if (!head.startsWith('HTTP/1.1 200 ') || !head.includes(FROM_BACKEND)) {
      this.#fail(`a wrong answer: ${head.slice(0, head.indexOf('\r\n'))}`);
      return;
    }
    this.answers++;
    this.#onAnswer();
    if (this.#isLoad) this.#send();
  }

  #fail(why: string): void {
    this.failure ??= why;
    this.#socket.destroy();
    this.#onAnswer();
  }
}
