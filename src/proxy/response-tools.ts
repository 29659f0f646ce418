/**
 * What a response is read and written with, and where it is while no connection has it.
 *
 * It is some 2.5 KB, most of it outside of the heap of JavaScript, where making it and giving it up is slow: 3 % of all time
 * when each request has a connection of its own. What comes again in the heads of a server is known to whoever reads the next
 * one, too. A connection gives its tools back only when it is closed and no exchange has anything to do with them.
 */
import { BodyReader } from '../http/body-reader.ts';
import { HeadGather } from '../http/gather.ts';
import { ResponseHead } from '../http/response-head.ts';
import { WrittenResponse } from './response-writer.ts';

/** Bounds on the chunks of responses: the same for all pools, because no honest server comes near them. */
const CHUNK_LIMITS = { chunkExtensionBytes: 4096, trailerBytes: 16_384 };

/** Those that are kept for the next connections of a pool: what comes and goes at once, not what there is at most. */
export const TOOLS_FREE_MAX = 256;

/** Bytes of a head, and how many fields it may have. */
export interface ResponseLimits {
  readonly headBytes: number;
  readonly headerCount: number;
}

export class ResponseTools {
  readonly head: ResponseHead;
  readonly written: WrittenResponse = new WrittenResponse();
  readonly body: BodyReader = new BodyReader(CHUNK_LIMITS);
  readonly heads: HeadGather = new HeadGather();

  constructor(limits: ResponseLimits) {
    this.head = new ResponseHead(limits);
  }
}

export class ResponseToolStore {
  readonly #limits: ResponseLimits;
  readonly #free: ResponseTools[] = [];

  constructor(limits: ResponseLimits) {
    this.#limits = limits;
  }

  get free(): number {
    return this.#free.length;
  }

  take(): ResponseTools {
    return this.#free.pop() ?? new ResponseTools(this.#limits);
  }

  /** Nobody else may have them any more. */
  give(tools: ResponseTools): void {
    if (this.#free.length >= TOOLS_FREE_MAX) return;
    // At once: the text of the last response may be long.
    tools.head.restart();
    tools.heads.clear();
    this.#free.push(tools);
  }
}
