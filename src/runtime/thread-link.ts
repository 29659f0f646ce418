/**
 * Questions and answers between two threads. Every question has a deadline, and fails at once when the other side ends.
 *
 * Each side offers functions by name and calls those of the other. What crosses is copied (structured clone) or
 * transferred; a class comes out as plain data.
 */

/** What a side offers: one argument, and a result or a promise of one. */
export type Offer = Readonly<Record<string, (argument: never) => unknown>>;

/** The end of a channel that each side has: a Worker, or parentPort. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

export interface CallOptions {
  /** When the question has failed, at the latest. */
  readonly withinMs: number;
  readonly transfer?: ArrayBuffer[];
}

type ArgumentOf<O extends Offer, Name extends keyof O> = Parameters<O[Name]>[0];
type ResultOf<O extends Offer, Name extends keyof O> = Awaited<ReturnType<O[Name]>>;

type Message =
  | { readonly kind: 'ask'; readonly id: number; readonly name: string; readonly argument: unknown }
  /** As `ask`, and nobody waits for the answer. */
  | { readonly kind: 'tell'; readonly name: string; readonly argument: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly text: string };

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class ThreadLink<Ours extends Offer, Theirs extends Offer> {
  readonly #port: Port;
  readonly #offer: Ours;
  readonly #onDefect: (error: unknown) => void;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #whyClosed: string | undefined;

  /** `onDefect` hears what was thrown by a function of ours that was told something. */
  constructor(port: Port, offer: Ours, onDefect: (error: unknown) => void) {
    this.#port = port;
    this.#offer = offer;
    this.#onDefect = onDefect;
    // The other side is ours too, and sends nothing else.
    port.on('message', (message) => this.#take(message as Message));
  }

  /** Rejects with the error of the other side, after `withinMs`, or when the link is closed. */
  ask<Name extends string & keyof Theirs>(
    name: Name,
    argument: ArgumentOf<Theirs, Name>,
    { withinMs, transfer = [] }: CallOptions,
  ): Promise<ResultOf<Theirs, Name>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#whyClosed !== undefined) {
        reject(new Error(this.#whyClosed));
        return;
      }
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new Error(`No answer to "${name}" within ${withinMs} ms`));
      }, withinMs);
      // What the other side answers has the type that it offers.
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.#port.postMessage({ kind: 'ask', id, name, argument } satisfies Message, transfer);
    });
  }

  /** Says something that needs no answer. */
  tell<Name extends keyof Theirs & string>(name: Name, argument: ArgumentOf<Theirs, Name>): void {
    if (this.#whyClosed === undefined)
      this.#port.postMessage({ kind: 'tell', name, argument } satisfies Message, []);
  }

  /** The other side is gone: whatever waits for it fails, now and from now on. */
  close(why: string): void {
    this.#whyClosed = why;
    for (const { timer, reject } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new Error(why));
    }
    this.#pending.clear();
  }

  #take(message: Message): void {
    switch (message.kind) {
      case 'ask':
        void this.#answer(message.id, message.name, message.argument);
        return;
      case 'tell':
        this.#run(message.name, message.argument).catch(this.#onDefect);
        return;
      case 'answer':
        this.#settle(message.id)?.resolve(message.value);
        return;
      case 'failed':
        this.#settle(message.id)?.reject(new Error(message.text));
        return;
    }
  }

  async #answer(id: number, name: string, argument: unknown): Promise<void> {
    let message: Message;
    try {
      message = { kind: 'answer', id, value: await this.#run(name, argument) };
    } catch (error) {
      message = { kind: 'failed', id, text: error instanceof Error ? error.message : String(error) };
    }
    this.#port.postMessage(message, []);
  }

  async #run(name: string, argument: unknown): Promise<unknown> {
    const offered = this.#offer[name];
    if (offered === undefined) throw new Error(`A thread was asked for "${name}", which it does not offer`);
    // The types of both sides are one table, which the compiler checks where they call.
    return await (offered as (argument: unknown) => unknown)(argument);
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    // An answer after the deadline.
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    return pending;
  }
}
