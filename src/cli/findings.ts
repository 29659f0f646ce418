/** Verdicts and hits as text for a terminal, the same for `explain` and `inspect`. Everything is escaped here. */
import { escapeForTerminal } from '../base/escape.ts';
import type { Hit, Reason, Verdict } from '../base/verdict.ts';

export const VERDICTS: Readonly<Record<Verdict['do'], string>> = {
  continue: 'passed on to the server',
  reply: 'answered by Sallyport itself',
  deceive: 'moved to the decoy',
  drop: 'closed without an answer',
};

/** `Because` and its label; none for `continue`. The section sign of our own texts may be shown as it is. */
export function reasonLines({ code, text }: Reason): string[] {
  if (code === '') return [];
  return [`Because    ${escapeForTerminal(text).replaceAll('\\xa7', '§')} (${escapeForTerminal(code)})`];
}

/** SecLang's names of its severities, from 0. */
const SEVERITIES = ['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const;

const FIRST = 'Hits       ';
const NEXT = '           ';

/** Lines without line ends, the first with its label. */
export function hitLines(hits: readonly Hit[]): string[] {
  if (hits.length === 0) return [`${FIRST}none`];
  return hits.flatMap((hit, index) => linesOf(hit, index === 0 ? FIRST : NEXT));
}

function linesOf(hit: Hit, label: string): string[] {
  const safe = escapeForTerminal;
  const { rule, source, message, target, matched, transformations, tags, data, score } = hit;
  const after = transformations.length === 0 ? '' : ` after ${safe(transformations.join(', '))}`;
  const severity = SEVERITIES[hit.severity] ?? String(hit.severity);
  return [
    `${label}rule ${safe(rule)} (${safe(source)}): ${safe(message)}`,
    ...(target === '' ? [] : [`${NEXT}  in ${safe(target)}: "${safe(matched)}"${after}`]),
    `${NEXT}  ${severity}${score === undefined ? '' : `, score ${score}`}${tags.length === 0 ? '' : `, tags ${safe(tags.join(', '))}`}`,
    ...(data === undefined || data === '' ? [] : [`${NEXT}  says "${safe(data)}"`]),
  ];
}
