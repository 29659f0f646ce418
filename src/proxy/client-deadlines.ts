/** What a client must have done by when, while one of its requests is being answered. */
import { now } from '../base/clock.ts';
import type { Connection } from '../net/connection.ts';
import type { Exchange } from './exchange.ts';
import type { FailureCode } from './failure.ts';
import type { ListenerOptions } from './options.ts';

export class ClientDeadlines {
  readonly #connection: Connection;
  #timeouts: ListenerOptions['timeouts'];
  /** When the client must have sent more of its request body; Infinity while nothing of it is awaited. */
  #bodyBy = Infinity;
  /** When the client must have taken bytes; Infinity while it is not behind. */
  #writeBy = Infinity;

  constructor(connection: Connection, timeouts: ListenerOptions['timeouts']) {
    this.#connection = connection;
    this.#timeouts = timeouts;
  }

  /** From now on these times hold. */
  use(timeouts: ListenerOptions['timeouts']): void {
    this.#timeouts = timeouts;
  }

  /** When the client must have taken some of what is queued. */
  get writeBy(): number {
    return this.#writeBy;
  }

  /** The client does not have to do anything. */
  clear(): void {
    this.#bodyBy = Infinity;
    this.#writeBy = Infinity;
  }

  /** More of the request body must come, counted from `at`. */
  awaitBody(at: number): void {
    this.#bodyBy = at + this.#timeouts.bodyIdle;
  }

  /** Nothing more of the request body is awaited, or nothing of it is read now. */
  releaseBody(): void {
    this.#bodyBy = Infinity;
  }

  /** From now on the client has timeouts.clientWrite to take some of what is queued. */
  limitWrites(): void {
    this.#connection.takesBytes();
    this.#writeBy = now() + this.#timeouts.clientWrite;
  }

  /** The client has taken all that was queued. */
  releaseWrites(): void {
    this.#writeBy = Infinity;
  }

  /** The next deadline is the first of all that the exchange has now. */
  set(exchange: Exchange): void {
    this.#connection.deadlineAt = Math.min(
      exchange.deadlineAt,
      exchange.queuedUntil,
      this.#bodyBy,
      this.#writeBy,
    );
  }

  /** The failure that a deadline which has passed means; undefined when there is time left, and that is set. */
  check(exchange: Exchange): FailureCode | undefined {
    const at = now();
    if (at >= exchange.deadlineAt) return 'exchange-timeout';
    if (at >= exchange.queuedUntil) return 'queue-timeout';
    if (at >= this.#bodyBy) return 'client-timeout-body';
    if (at >= this.#writeBy) {
      // A client that is slow but takes something is not cut off.
      if (!this.#connection.takesBytes()) return 'client-timeout-write';
      this.limitWrites();
    }
    this.set(exchange);
    return undefined;
  }
}
