/**
 * Several inspectors as one: rules of SecLang and rules of Snort look at the same exchange.
 *
 * All of them see each phase, also when one has said what is to become of the exchange: a hit that is not told is evidence
 * that is lost. Of the verdicts that do not continue, the first counts.
 */
import { CONTINUE } from '../base/verdict.ts';
import type { Hit, Verdict } from '../base/verdict.ts';
import type {
  InspectedBody,
  InspectedRequest,
  InspectedResponse,
  Inspector,
  Transaction,
} from './inspector.ts';

/** In the order in which they are asked. One alone is that inspector; none finds nothing. */
export function combine(inspectors: readonly Inspector[]): Inspector {
  const [only] = inspectors;
  if (only !== undefined && inspectors.length === 1) return only;
  return {
    ruleCount: inspectors.reduce((sum, { ruleCount }) => sum + ruleCount, 0),
    begin: (request) => new CombinedTransaction(inspectors, request),
  };
}

class CombinedTransaction implements Transaction {
  readonly #parts: readonly Transaction[];

  constructor(inspectors: readonly Inspector[], request: InspectedRequest) {
    this.#parts = inspectors.map((inspector) => inspector.begin(request));
  }

  /** By inspector, and for each in the order of evaluation. */
  get hits(): readonly Hit[] {
    const found = this.#parts.filter(({ hits }) => hits.length > 0);
    return found.length === 1 ? found[0]!.hits : found.flatMap(({ hits }) => hits); // Length was just checked.
  }

  get wantsRequestBody(): boolean {
    return this.#parts.some((part) => part.wantsRequestBody);
  }

  get wantsResponseBody(): boolean {
    return this.#parts.some((part) => part.wantsResponseBody);
  }

  get wantsResponse(): boolean {
    return this.#parts.some((part) => part.wantsResponse !== false);
  }

  requestHead(): Verdict {
    let verdict = CONTINUE;
    for (const part of this.#parts) verdict = firstOf(verdict, part.requestHead());
    return verdict;
  }

  requestBody(body: InspectedBody): Verdict {
    let verdict = CONTINUE;
    for (const part of this.#parts) verdict = firstOf(verdict, part.requestBody(body));
    return verdict;
  }

  responseHead(response: InspectedResponse): Verdict {
    let verdict = CONTINUE;
    for (const part of this.#parts) verdict = firstOf(verdict, part.responseHead(response));
    return verdict;
  }

  responseBody(body: InspectedBody): Verdict {
    let verdict = CONTINUE;
    for (const part of this.#parts) verdict = firstOf(verdict, part.responseBody(body));
    return verdict;
  }

  end(): void {
    for (const part of this.#parts) part.end();
  }
}

function firstOf(before: Verdict, verdict: Verdict): Verdict {
  return before === CONTINUE ? verdict : before;
}
