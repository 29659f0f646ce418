/** What `sallyport inspect` says of an exchange, for a terminal. */
import { escapeForTerminal } from '../base/escape.ts';
import type { InspectedView } from '../runtime/offline/inspect-exchanges.ts';
import { hitLines, reasonLines, VERDICTS } from './findings.ts';
import { counted } from './table.ts';

export function inspectedText(view: InspectedView): string {
  const safe = escapeForTerminal;
  const { method, target, version, host, bodyBytes } = view.request;
  const body = bodyBytes === 0 ? '' : `, ${counted(bodyBytes, 'byte')} of body`;
  const set = view.set === null || view.set === '' ? '' : ` of set "${view.set}"`;
  const lines = [
    `Request    ${safe(method)} ${safe(target)} ${safe(version)}, host ${safe(host)}${body}`,
    `Way        listener ${view.listener}${view.route === '' ? '' : ` → route ${view.route}`}`,
    `Rules      ${counted(view.ruleCount, 'rule')}${set}, mode ${view.mode}`,
    ...(view.responseStatus === null ? [] : [`Response   ${view.responseStatus}`]),
    `Verdict    ${view.verdict}${decisionText(view)}: ${VERDICTS[view.verdict]}${whenOnText(view)}`,
    ...reasonLines(view.because),
    ...hitLines(view.hits),
    ...view.notes.map((note) => `Note       ${safe(note)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function decisionText({ status, decidedAt }: InspectedView): string {
  const withStatus = status === 0 ? '' : ` with status ${status}`;
  if (decidedAt === '') return withStatus;
  return `${withStatus}, at the ${decidedAt === 'reading' ? 'reading of the request' : decidedAt}`;
}

function whenOnText({ mode, verdict, verdictWhenOn }: InspectedView): string {
  return verdict === verdictWhenOn ? '' : ` (mode is ${mode}; with on it would be: ${verdictWhenOn})`;
}

/**
 * Several exchanges: those that something is to be said of, or all, and last how many there were of each verdict:
 * `1,000 requests: 997 pass, 3 deceive`.
 */
export function severalText(views: readonly InspectedView[], isAllWanted: boolean): string {
  const shown = isAllWanted ? views : views.filter(isRemarkable);
  return [...shown.map(inspectedText), summaryText(views)].join('\n');
}

function isRemarkable({ hits, verdict, verdictWhenOn, notes }: InspectedView): boolean {
  return hits.length > 0 || notes.length > 0 || verdict !== 'continue' || verdictWhenOn !== 'continue';
}

function summaryText(views: readonly InspectedView[]): string {
  const counts = Map.groupBy(views, ({ verdict }) => verdict);
  const parts = [...counts].map(
    ([verdict, { length }]) => `${grouped(length)} ${verdict === 'continue' ? 'pass' : verdict}`,
  );
  return `${grouped(views.length)} requests: ${parts.join(', ')}\n`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
