/**
 * An inspector for tests of the proxy: it looks for a word, and says what the test wants said when it finds it. It
 * keeps what it was shown, so that a test can see that nothing was shown twice or not at all.
 */
import { Buffer } from 'node:buffer';
import { CONTINUE } from '../../src/base/verdict.ts';
import type { Hit, Reason, Verdict } from '../../src/base/verdict.ts';
import type { HeaderFields, Inspector, Transaction } from '../../src/inspect/inspector.ts';

export interface Needles {
  /** Looked for in the target and the field values of a request. */
  readonly head?: string;
  /** Looked for in the body of a request; without it, bodies are not asked for. */
  readonly body?: string;
  /** Looked for in the status and the field values of a response. */
  readonly responseHead?: string;
  /** Looked for in the body of a response; without it, bodies of responses are not asked for. */
  readonly responseBody?: string;
  /** Said in a hit when the exchange ends. */
  readonly end?: string;
  /** What is said about a hit; `deceive` without it. */
  readonly verdict?: Verdict;
}

export interface NeedleInspector extends Inspector {
  /** What was shown, one line each: `head GET /`, `body 5`, `body 5 prefix`, `response 200`. */
  readonly shown: string[];
  /** How many exchanges began, and how many of them ended; ending one twice is a defect. */
  readonly begun: number;
  readonly ended: number;
}

const BECAUSE: Reason = { code: 'rule-hit', text: 'A rule of the test matched' };
export const DECEIVE: Verdict = { do: 'deceive', because: BECAUSE };
export const REPLY_418: Verdict = { do: 'reply', status: 418, because: BECAUSE };
export const DROP: Verdict = { do: 'drop', because: BECAUSE };

export function needleInspector(needles: Needles): NeedleInspector {
  const shown: string[] = [];
  const verdict = needles.verdict ?? DECEIVE;
  let begun = 0;
  let ended = 0;
  const begin: Inspector['begin'] = (request): Transaction => {
    const hits: Hit[] = [];
    let isOver = false;
    begun++;
    const look = (text: string, needle: string | undefined, target: string): Verdict => {
      if (needle === undefined || !text.includes(needle)) return CONTINUE;
      hits.push(hit(needle, target));
      return verdict;
    };
    return {
      hits,
      wantsRequestBody: needles.body !== undefined,
      wantsResponseBody: needles.responseBody !== undefined,
      requestHead: () => {
        shown.push(`head ${request.method} ${request.target}`);
        return look(`${request.target} ${valuesOf(request.headers)}`, needles.head, 'REQUEST_HEADERS');
      },
      requestBody: ({ bytes, isPrefix }) => {
        shown.push(`body ${bytes.length}${isPrefix ? ' prefix' : ''}`);
        return look(Buffer.from(bytes).toString('latin1'), needles.body, 'REQUEST_BODY');
      },
      responseHead: ({ status, headers }) => {
        shown.push(`response ${status}`);
        return look(`${status} ${valuesOf(headers)}`, needles.responseHead, 'RESPONSE_HEADERS');
      },
      responseBody: ({ bytes, isPrefix }) => {
        shown.push(`response body ${bytes.length}${isPrefix ? ' prefix' : ''}`);
        return look(Buffer.from(bytes).toString('latin1'), needles.responseBody, 'RESPONSE_BODY');
      },
      end: () => {
        if (isOver) throw new Error('An exchange ended twice');
        isOver = true;
        ended++;
        if (needles.end !== undefined) hits.push(hit(needles.end, 'END'));
      },
    };
  };
  return {
    ruleCount: 1,
    begin,
    shown,
    get begun() {
      return begun;
    },
    get ended() {
      return ended;
    },
  };
}

function valuesOf(headers: HeaderFields): string {
  return Array.from({ length: headers.count }, (_, index) => headers.value(index)).join(' ');
}

function hit(matched: string, target: string): Hit {
  const rule = { rule: '100', source: 'test.conf:1', message: 'found it', severity: 2, tags: [] };
  return { ...rule, target, matched, transformations: [] };
}
