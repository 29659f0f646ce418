/** An inspector that looks at some requests only, chosen by chance so that nobody knows which. */
import { CONTINUE } from '../base/verdict.ts';
import type { Inspector, Transaction } from './inspector.ts';

/** `percent` is 0 to 100. `random` is as Math.random. */
export function sampled(
  inspector: Inspector,
  percent: number,
  random: () => number = Math.random,
): Inspector {
  if (percent >= 100) return inspector;
  const begin: Inspector['begin'] = (request) =>
    random() * 100 < percent ? inspector.begin(request) : UNSEEN;
  return { ruleCount: inspector.ruleCount, begin };
}

/** It keeps nothing, so that all requests share it. */
const UNSEEN: Transaction = Object.freeze({
  hits: Object.freeze([]),
  wantsRequestBody: false,
  wantsResponseBody: false,
  wantsResponse: false,
  requestHead: () => CONTINUE,
  requestBody: () => CONTINUE,
  responseHead: () => CONTINUE,
  responseBody: () => CONTINUE,
  end: () => undefined,
});
