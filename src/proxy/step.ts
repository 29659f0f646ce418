/** What a step answers: the number of the next one (the table is in steps.ts), or that it waits. */
import type { Exchange } from './exchange.ts';
import type { FailureCode } from './failure.ts';

export const WAIT = -1;
// 0 is identify, where every exchange begins and none comes back to.
export const GUARD = 1;
export const INSPECT_HEAD = 2;
export const HOLD = 3;
export const INSPECT_BODY = 4;
export const CHOOSE = 5;
export const CONNECT = 6;
export const FORWARD = 7;
export const RESPOND = 8;
export const REPLY = 9;
export const RECORD = 10;
export const DONE = 11;

/** What walks on with an exchange that has waited. */
export type GoOn = (exchange: Exchange) => void;

/** The next step after a failure while nothing of a response was sent. */
export function failed(exchange: Exchange, code: FailureCode): number {
  exchange.failure = code;
  return REPLY;
}
