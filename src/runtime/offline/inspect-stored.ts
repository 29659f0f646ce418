/**
 * What inspection would say of an exchange from a file: the way of an exchange through the proxy (steps.ts,
 * response-inspection.ts), without sockets.
 */
import { CONTINUE } from '../../base/verdict.ts';
import type { Hit, Reason, Verdict } from '../../base/verdict.ts';
import { decodeContent, isEncoded } from '../../inspect/body/content-encoding.ts';
import type { InspectedBody, Inspector, Transaction } from '../../inspect/inspector.ts';
import { DEFAULT_LIMITS } from '../../inspect/limits.ts';
import { listedFields } from '../../inspect/listed-fields.ts';
import { FAILURES } from '../../proxy/failure.ts';
import type { FailureCode } from '../../proxy/failure.ts';
import { hasHeldType } from '../../proxy/held-types.ts';
import type { InspectionUse } from '../inspection-use.ts';
import { fieldValues, NO_BYTES } from './stored-exchange.ts';
import type { StoredExchange, StoredResponse } from './stored-exchange.ts';

export interface Finding {
  readonly verdict: Verdict;
  /** Where it was given; empty for `continue`. */
  readonly decidedAt: '' | 'reading' | 'request head' | 'request body' | 'response head' | 'response body';
  readonly hits: readonly Hit[];
  readonly notes: readonly string[];
}

export interface InspectionSettings {
  readonly inspector: Inspector;
  /** With the mode that the inspector has. */
  readonly use: InspectionUse;
  readonly clientAddress: string;
}

export function inspectStored(exchange: StoredExchange, settings: InspectionSettings): Finding {
  const { request, refused } = exchange;
  if (refused !== undefined) {
    const { status, code, text } = refused;
    const verdict: Verdict = { do: 'reply', status, because: { code, text } };
    return { verdict, decidedAt: 'reading', hits: [], notes: exchange.notes };
  }
  const { method, target, version, fields } = request;
  const headers = listedFields(fields);
  const { inspector, use, clientAddress } = settings;
  const transaction = inspector.begin({ method, target, version, headers, clientAddress });
  const run: Run = { exchange, use, transaction, notes: [...exchange.notes] };
  const decided = inspectRequest(run) ?? inspectResponse(run) ?? NOTHING;
  transaction.end();
  return { ...decided, hits: transaction.hits, notes: run.notes };
}

interface Run {
  readonly exchange: StoredExchange;
  readonly use: InspectionUse;
  readonly transaction: Transaction;
  readonly notes: string[];
}

type Decided = Pick<Finding, 'verdict' | 'decidedAt'>;

const NOTHING: Decided = { verdict: CONTINUE, decidedAt: '' };

/** There is a body, and nothing of it is shown. */
const UNSEEN: InspectedBody = { bytes: NO_BYTES, isPrefix: true };
const NO_BODY: InspectedBody = { bytes: NO_BYTES, isPrefix: false };

function inspectRequest(run: Run): Decided | undefined {
  const { transaction, exchange } = run;
  const head = decided(transaction.requestHead(), 'request head');
  if (head !== undefined) return head;
  const held = transaction.wantsRequestBody
    ? holdRequest(run)
    : { bytes: exchange.request.body, isPrefix: false };
  return decided('do' in held ? held : transaction.requestBody(held), 'request body');
}

/** What of the body is inspected, or the verdict that it is too long. */
function holdRequest({ exchange, use, notes }: Run): InspectedBody | Verdict {
  const { body } = exchange.request;
  if (body.length <= use.hold.held) return { bytes: body, isPrefix: false };
  const beyond = use.mode === 'detect' ? 'prefix' : use.hold.beyond;
  if (beyond === 'reject') return failure('request-body-not-held');
  return beyondHeld('request', body, use.hold.held, beyond, notes);
}

function inspectResponse(run: Run): Decided | undefined {
  const { exchange, use, transaction } = run;
  const { response } = exchange;
  if (response === undefined || use.responses.mode === 'off' || transaction.wantsResponse === false)
    return undefined;
  const { status, fields } = response;
  const head = decided(transaction.responseHead({ status, headers: listedFields(fields) }), 'response head');
  if (head !== undefined) return head;
  const held = isHeld(run, response) ? holdResponse(run, response) : NO_BODY;
  return decided('do' in held ? held : transaction.responseBody(held), 'response body');
}

function isHeld({ use, transaction, notes }: Run, { status, fields, body }: StoredResponse): boolean {
  if (body.length === 0 || !transaction.wantsResponseBody) return false;
  if (status !== 206 && hasHeldType(fieldValues(fields, 'content-type'), new Set(use.responses.types)))
    return true;
  notes.push('The body of the response is of a kind that is not inspected');
  return false;
}

function holdResponse({ use, notes }: Run, { fields, body }: StoredResponse): InspectedBody | Verdict {
  const { held } = use.responses;
  const beyond = use.mode === 'detect' && use.responses.beyond === 'reject' ? 'prefix' : use.responses.beyond;
  if (body.length > held && beyond === 'reject') return failure('response-body-not-held');
  const shown =
    body.length > held ? beyondHeld('response', body, held, beyond, notes) : { bytes: body, isPrefix: false };
  const encodings = fieldValues(fields, 'content-encoding');
  if (shown === UNSEEN || !isEncoded(encodings)) return shown;
  const decoded = decodeContent(shown.bytes, encodings, {
    ...DEFAULT_LIMITS,
    ...use.limits,
  });
  if (decoded.kind === 'ok') return { bytes: decoded.bytes, isPrefix: shown.isPrefix };
  notes.push('The body of the response could not be unpacked as a whole');
  return { bytes: decoded.bytes.length > 0 ? decoded.bytes : shown.bytes, isPrefix: true };
}

function beyondHeld(
  what: string,
  body: Uint8Array,
  held: number,
  beyond: 'prefix' | 'pass' | 'reject',
  notes: string[],
): InspectedBody {
  if (beyond === 'pass') {
    notes.push(`The body of the ${what} has ${body.length} bytes, more than are held: it passes unseen`);
    return UNSEEN;
  }
  notes.push(`Only the first ${held} of ${body.length} bytes of the ${what} are inspected`);
  return { bytes: body.subarray(0, held), isPrefix: true };
}

function failure(code: FailureCode): Verdict {
  const { status, text } = FAILURES[code];
  const because: Reason = { code, text };
  return { do: 'reply', status, because };
}

function decided(verdict: Verdict, decidedAt: Decided['decidedAt']): Decided | undefined {
  return verdict.do === 'continue' ? undefined : { verdict, decidedAt };
}
