/**
 * Where the heads of requests are while no exchange uses them: with the connection that used them last, or free.
 *
 * A head is some 2.5 KB, so that not every idle connection can have one. But what a client sent last is worth knowing
 * when it sends the same again (http/message-head.ts), so a connection keeps its head for as long as there is room. When
 * there is none, the next place in turn is taken from whoever has it: that costs a client one reading of its fields.
 */
import * as known from '../http/known-headers.ts';
import { RequestHead } from '../http/request-head.ts';
import type { RequestLimits } from '../http/request-head.ts';
import { redactTarget } from '../inspect/redact.ts';
import { WrittenFields } from './request-writer.ts';

/** Heads that are kept by idle connections of a listener, and as many that are free. */
export const HEADS_KEPT_MAX = 1024;

/** A head together with what is told of its fields: to the server, and to the log. */
export class ClientHead extends RequestHead {
  readonly written: WrittenFields = new WrittenFields();
  /** The fields that the texts below are from. */
  #described = '';
  #userAgent = '';
  #referer = '';

  get userAgent(): string {
    this.#describe();
    return this.#userAgent;
  }

  /** As it may be recorded: without its secrets. */
  get referer(): string {
    this.#describe();
    return this.#referer;
  }

  /** The same fields give the same strings, so that whoever compares them sees it at once. */
  #describe(): void {
    if (this.#described === this.remembered && this.#described !== '') return;
    this.#described = this.remembered;
    this.#userAgent = this.value(known.USER_AGENT);
    this.#referer = redactTarget(this.value(known.REFERER));
  }
}

/** A connection that may keep a head between its requests. */
export interface HeadKeeper {
  /** Taken away at any time while it is kept. */
  keptHead: ClientHead | undefined;
  /** Its place among those who keep one; -1 for none. */
  keptHeadPlace: number;
}

export class HeadStore {
  readonly #limits: RequestLimits;
  readonly #keepers: HeadKeeper[] = [];
  readonly #free: ClientHead[] = [];
  /** The place that is taken from its keeper next. */
  #next = 0;

  constructor(limits: RequestLimits) {
    this.#limits = limits;
  }

  /** True when heads of these limits are the same as those here. */
  isFor(limits: RequestLimits): boolean {
    const { headBytes, targetBytes, headerCount } = this.#limits;
    return (
      headBytes === limits.headBytes &&
      targetBytes === limits.targetBytes &&
      headerCount === limits.headerCount
    );
  }

  /** The head that `keeper` kept, or another; ready for a request. */
  take(keeper: HeadKeeper): ClientHead {
    return this.#takeKept(keeper) ?? this.#free.pop() ?? new ClientHead(this.#limits);
  }

  /** `keeper` keeps `head` until its next request. */
  keep(keeper: HeadKeeper, head: ClientHead): void {
    // At once: the text of the last request may be long.
    head.restart();
    keeper.keptHead = head;
    if (this.#keepers.length < HEADS_KEPT_MAX) {
      keeper.keptHeadPlace = this.#keepers.length;
      this.#keepers.push(keeper);
      return;
    }
    const place = this.#next;
    this.#next = (place + 1) % HEADS_KEPT_MAX;
    const other = this.#keepers[place]!; // All places are taken.
    keeper.keptHeadPlace = place;
    this.#keepers[place] = keeper;
    if (other.keptHead !== undefined) this.free(other.keptHead);
    other.keptHead = undefined;
    other.keptHeadPlace = -1;
  }

  /** `keeper` has no next request. */
  drop(keeper: HeadKeeper): void {
    const head = this.#takeKept(keeper);
    if (head !== undefined) this.free(head);
  }

  free(head: ClientHead): void {
    head.restart();
    if (this.#free.length < HEADS_KEPT_MAX) this.#free.push(head);
  }

  #takeKept(keeper: HeadKeeper): ClientHead | undefined {
    const head = keeper.keptHead;
    if (head === undefined) return undefined;
    const last = this.#keepers.pop()!; // keeper has a place, so there is a last one.
    if (last !== keeper) {
      this.#keepers[keeper.keptHeadPlace] = last;
      last.keptHeadPlace = keeper.keptHeadPlace;
    }
    keeper.keptHead = undefined;
    keeper.keptHeadPlace = -1;
    return head;
  }
}
