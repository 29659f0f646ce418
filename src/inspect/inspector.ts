/**
 * The border between the proxy and inspection. Nothing outside `inspect/` knows how rules are written or run.
 *
 * The proxy makes one transaction per exchange and calls its phases in order, each at most once. A phase answers with
 * a verdict; hits are collected on the transaction whatever the verdict was (a rule that only logs is a hit too).
 * Strings are latin1: one character is one byte of what arrived, so nothing is lost or merged on the way in.
 */
import type { Hit, Verdict } from '../base/verdict.ts';

/** Header fields in the order they arrived, duplicates kept. */
export interface HeaderFields {
  readonly count: number;
  name(index: number): string;
  value(index: number): string;
  /**
   * The lines of all fields with the empty line behind them: equal text means equal fields, and the next message of a
   * connection that repeats its fields has the same string. Empty or left out when it is not at hand.
   */
  readonly section?: string;
  /** True when there is surely no field with this name, which is in lower case; left out when that is not at hand. */
  lacks?(lowerName: string): boolean;
}

/** The head of a request as the client sent it, before anything was removed or added. */
export interface InspectedRequest {
  readonly method: string;
  /** The request target exactly as it arrived, e.g. `/a?b=c` or `http://host/a`. */
  readonly target: string;
  /** `HTTP/1.0` or `HTTP/1.1`. */
  readonly version: string;
  readonly headers: HeaderFields;
  /** The client's address in canonical text form. */
  readonly clientAddress: string;
  /** 0 or left out when it is not known. */
  readonly clientPort?: number;
  /** Where the client connected to. */
  readonly localAddress?: string;
  readonly localPort?: number;
  /** The id of the exchange, as the access log has it. */
  readonly id?: string;
  /** Any object that is the same for all exchanges of the client's connection, and that no other connection has. */
  readonly connection?: object;
}

/** The head of a response as the origin sent it. */
export interface InspectedResponse {
  readonly status: number;
  readonly headers: HeaderFields;
}

/** A message body, or the part of it that was held. */
export interface InspectedBody {
  readonly bytes: Uint8Array;
  /** True when the message had more than was held: the rest is not in `bytes`. */
  readonly isPrefix: boolean;
}

export interface Transaction {
  /** Every rule that matched so far, in the order of evaluation. */
  readonly hits: readonly Hit[];
  /** True when some rule wants the body of this request: the proxy then holds it, up to its bound. */
  readonly wantsRequestBody: boolean;
  /** True when some rule wants the body of the response. Asked after responseHead. */
  readonly wantsResponseBody: boolean;
  /**
   * False when no rule looks at responses: then responseHead and responseBody need not be called. True when left out.
   * Asked before responseHead.
   */
  readonly wantsResponse?: boolean;
  /** Phase 1: the request line and header fields are known. */
  requestHead(): Verdict;
  /** Phase 2: the body is known; called with an empty body when there is none. */
  requestBody(body: InspectedBody): Verdict;
  /** Phase 3: the response's status and header fields are known. */
  responseHead(response: InspectedResponse): Verdict;
  /**
   * Phase 4: the response's body is known, without its content coding where that could be undone. Called with an empty
   * body when there is none, or when it is none of those that are held.
   */
  responseBody(body: InspectedBody): Verdict;
  /** Phase 5: the exchange has ended, however it did. Rules that log or count run here; nothing can be changed any more. */
  end(): void;
}

/** Rules made ready to run. Holds no state of any exchange. */
export interface Inspector {
  /** How many rules are loaded. */
  readonly ruleCount: number;
  begin(request: InspectedRequest): Transaction;
}
