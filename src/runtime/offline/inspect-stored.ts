/** What inspection would say of an exchange from a file: the way of an exchange through the proxy, without sockets. */
import { CONTINUE } from '../../base/verdict.ts';
import type { Hit, Reason, Verdict } from '../../base/verdict.ts';
import type { Inspector } from '../../inspect/inspector.ts';
import type { HoldPolicy } from '../../proxy/context.ts';
import { FAILURES } from '../../proxy/failure.ts';
import { headerFields } from './stored-exchange.ts';
import type { StoredExchange } from './stored-exchange.ts';

export interface Finding {
  readonly verdict: Verdict;
  /** Where it was given; empty for `continue`. */
  readonly decidedAt: '' | 'reading' | 'request head' | 'request body' | 'response head' | 'response body';
  readonly hits: readonly Hit[];
  readonly notes: readonly string[];
}

export interface InspectionSettings {
  readonly inspector: Inspector;
  readonly hold: HoldPolicy;
  readonly isDetectOnly: boolean;
  readonly clientAddress: string;
}

export function inspectStored(exchange: StoredExchange, settings: InspectionSettings): Finding {
  const { request, refused } = exchange;
  if (refused !== undefined) {
    const { status, code, text } = refused;
    const verdict: Verdict = { do: 'reply', status, because: { code, text } };
    return { verdict, decidedAt: 'reading', hits: [], notes: exchange.notes };
  }
  const notes = [...exchange.notes];
  const transaction = settings.inspector.begin({
    method: request.method,
    target: request.target,
    version: request.version,
    headers: headerFields(request.fields),
    clientAddress: settings.clientAddress,
  });
  const decided = runPhases(exchange, settings, transaction, notes);
  transaction.end?.();
  return { ...decided, hits: transaction.hits, notes };
}

type Decided = Pick<Finding, 'verdict' | 'decidedAt'>;

const NOTHING: Decided = { verdict: CONTINUE, decidedAt: '' };

function runPhases(
  { request, response }: StoredExchange,
  settings: InspectionSettings,
  transaction: ReturnType<Inspector['begin']>,
  notes: string[],
): Decided {
  const head = transaction.requestHead();
  if (head !== CONTINUE) return { verdict: head, decidedAt: 'request head' };
  const held = transaction.wantsRequestBody ? holdBody(request.body, settings, notes) : request.body;
  if ('do' in held) return { verdict: held, decidedAt: 'request body' };
  const isPrefix = held.length < request.body.length;
  const body = isPassed(held, request.body, settings)
    ? CONTINUE
    : transaction.requestBody({ bytes: held, isPrefix });
  if (body !== CONTINUE) return { verdict: body, decidedAt: 'request body' };
  if (response === undefined) return NOTHING;
  const { status, fields } = response;
  const answer = transaction.responseHead({ status, headers: headerFields(fields) });
  if (answer !== CONTINUE) return { verdict: answer, decidedAt: 'response head' };
  if (!transaction.wantsResponseBody || response.body.length === 0) return NOTHING;
  const bytes = response.body.subarray(0, settings.hold.held);
  const isCut = bytes.length < response.body.length;
  if (isCut) notes.push(`Only the first ${bytes.length} bytes of the response are inspected`);
  const content = transaction.responseBody({ bytes, isPrefix: isCut });
  return content === CONTINUE ? NOTHING : { verdict: content, decidedAt: 'response body' };
}

/** What of the body is inspected, or the verdict that it is too long. As the steps of the proxy do it. */
function holdBody(
  body: Uint8Array,
  { hold, isDetectOnly }: InspectionSettings,
  notes: string[],
): Uint8Array | Verdict {
  if (body.length <= hold.held) return body;
  const beyond = isDetectOnly ? 'prefix' : hold.beyond;
  if (beyond === 'reject') {
    const { status, text } = FAILURES['request-body-not-held'];
    const because: Reason = { code: 'request-body-not-held', text };
    return { do: 'reply', status, because };
  }
  notes.push(
    beyond === 'pass'
      ? `The body has ${body.length} bytes, more than are held: it passes without inspection`
      : `Only the first ${hold.held} of ${body.length} bytes of the body are inspected`,
  );
  return beyond === 'pass' ? NOTHING_HELD : body.subarray(0, hold.held);
}

const NOTHING_HELD: Uint8Array = new Uint8Array();

function isPassed(held: Uint8Array, body: Uint8Array, { hold }: InspectionSettings): boolean {
  return held.length === 0 && body.length > 0 && hold.beyond === 'pass';
}
