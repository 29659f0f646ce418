/**
 * The record of an exchange that has just ended, read from it as it is asked for: most logs ask for little. It is the one
 * way on which anything of an exchange comes to the logs and to `explain`, so secrets are taken out
 * here; that of a Referer by the head, which clients repeat.
 */
import type { Hit, Reason } from '../base/verdict.ts';
import type { Client } from '../identity/client.ts';
import { formatEndpoint } from '../net/address.ts';
import { redactHit, redactTarget } from '../inspect/redact.ts';
import type { Exchange } from './exchange.ts';
import type { ExchangeRecord, ExchangeTimes } from './exchange-record.ts';
import { FAILURES } from './failure.ts';
import type { FailureCode } from './failure.ts';

const NO_REASON: Reason = Object.freeze({ code: '', text: '' });

export class LiveRecord implements ExchangeRecord, ExchangeTimes {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get id(): string {
    return this.#exchange.id;
  }

  get startedAtMs(): number {
    return this.#exchange.startedAtMs;
  }

  get client(): Client {
    return this.#exchange.client;
  }

  get listener(): string {
    return this.#exchange.context.name;
  }

  get destination(): string {
    const { connection, context, pool } = this.#exchange;
    const { destination } = connection;
    const isTold = context.options.transparent || pool?.destinations !== undefined;
    return isTold && destination !== undefined ? formatEndpoint(destination) : '';
  }

  get route(): string {
    return this.#exchange.route?.name ?? '';
  }

  get pool(): string {
    return this.#exchange.pool?.name ?? '';
  }

  get poolMeant(): string {
    return this.#exchange.meant?.name ?? '';
  }

  get server(): string {
    return this.#exchange.server?.name ?? '';
  }

  get protocol(): 'http' {
    return 'http';
  }

  get method(): string {
    return this.#isRead ? this.#exchange.head.method : '';
  }

  get host(): string {
    return this.#exchange.head.host;
  }

  get target(): string {
    return this.#isRead ? redactTarget(this.#exchange.head.target) : '';
  }

  get version(): string {
    return this.#isRead ? this.#exchange.head.version : '';
  }

  get userAgent(): string {
    return this.#isRead ? this.#exchange.head.userAgent : '';
  }

  get referer(): string {
    return this.#isRead ? this.#exchange.head.referer : '';
  }

  get status(): number {
    return this.#exchange.status;
  }

  get verdict(): ExchangeRecord['verdict'] {
    const { verdict, failure } = this.#exchange;
    return verdict.do === 'continue' && failure !== undefined ? 'reply' : verdict.do;
  }

  get because(): Reason {
    const { verdict, failure, failureReason } = this.#exchange;
    return verdict.do === 'continue' ? (failureReason ?? reasonOf(failure)) : verdict.because;
  }

  get hits(): readonly Hit[] {
    const { hits } = this.#exchange;
    return hits.length === 0 ? hits : hits.map(redactHit);
  }

  get times(): ExchangeTimes {
    return this;
  }

  get headMs(): number {
    const { headAt, beganAt } = this.#exchange;
    return headAt === -1 ? -1 : headAt - beganAt;
  }

  get queueMs(): number {
    const { choosingAt, chosenAt, endedAt } = this.#exchange;
    if (choosingAt === -1) return -1;
    // One that waited in vain did so to its end.
    return (chosenAt < choosingAt ? endedAt : chosenAt) - choosingAt;
  }

  get connectMs(): number {
    const { connectedAt, connectingAt } = this.#exchange;
    return connectedAt === -1 ? -1 : connectedAt - connectingAt;
  }

  get firstByteMs(): number {
    const { firstByteAt, sentAt } = this.#exchange;
    // A server may begin to answer before it has the whole request.
    return firstByteAt === -1 ? -1 : Math.max(0, firstByteAt - sentAt);
  }

  get totalMs(): number {
    return this.#exchange.endedAt - this.#exchange.beganAt;
  }

  get bytesIn(): number {
    return this.#exchange.bytesInAfter - this.#exchange.bytesInBefore;
  }

  get bytesOut(): number {
    return this.#exchange.bytesOutAfter - this.#exchange.bytesOutBefore;
  }

  get attempts(): number {
    return this.#exchange.attempts;
  }

  get retriedFor(): string {
    return this.#exchange.retriedFor;
  }

  get isPersistent(): boolean {
    return this.#exchange.isPersistent;
  }

  get isOriginReused(): boolean {
    return this.#exchange.isOriginReused;
  }

  get source(): string {
    return this.#exchange.sourceText;
  }

  get sourceBecause(): Reason {
    return this.#exchange.source?.because ?? NO_REASON;
  }

  get trace(): string {
    return this.#exchange.trace?.id ?? '';
  }

  get isTraceSampled(): boolean {
    return this.#exchange.trace?.isSampled === true;
  }

  get end(): string {
    return this.#exchange.failure ?? 'done';
  }

  /** False for a request that was refused before its head was whole: nothing of it can be told. */
  get #isRead(): boolean {
    return this.#exchange.head.text !== '';
  }
}

function reasonOf(code: FailureCode | undefined): Reason {
  return code === undefined ? NO_REASON : { code, text: FAILURES[code].text };
}
