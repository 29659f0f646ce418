/**
 * From a match to what is told of it, and to what becomes of the exchange.
 */
import { CONTINUE, USED_UP } from '../../base/verdict.ts';
import type { Hit, Verdict } from '../../base/verdict.ts';
import type { BufferKind } from './buffers.ts';
import type { MatchPlace, SnortMatch } from './evaluate.ts';
import type { BufferReference, SnortRule } from './rule.ts';
import { ruleId } from './snort-plan.ts';
import type { SnortSettings } from './snort-options.ts';

const MATCHED_BYTES_MAX = 128;

export function hitOf(match: SnortMatch): Hit {
  const { rule } = match.rule;
  const place = longestPlace(match.places);
  const reference = rule.groups.find(({ buffer }) => buffer.key === place?.buffer)?.buffer;
  const hit = {
    rule: ruleId(rule),
    source: `${rule.place.file}:${rule.place.line}`,
    message: rule.message,
    severity: severityOf(rule.priority),
    tags: tagsOf(rule),
    target: place?.buffer ?? '',
    matched: place === undefined ? '' : matchedIn(place),
    transformations: reference === undefined ? [] : transformationsOf(reference),
  };
  return match.isExhausted ? { ...hit, data: USED_UP } : hit;
}

/** SecLang counts from 0, EMERGENCY, to 7, DEBUG: priority 1 becomes 2, CRITICAL, and so on. */
function severityOf(priority: number): number {
  return Math.min(7, priority + 1);
}

function tagsOf(rule: SnortRule): readonly string[] {
  const references = rule.references.map(({ system, id }) => `reference:${system},${id}`);
  return rule.classtype === undefined ? references : [`classtype:${rule.classtype}`, ...references];
}

/** The place with the longest span: it says most about what happened. */
function longestPlace(places: readonly MatchPlace[]): MatchPlace | undefined {
  let best = places[0];
  for (const place of places) if (longestOf(place) > (best === undefined ? 0 : longestOf(best))) best = place;
  return best;
}

function longestOf({ spans }: MatchPlace): number {
  return spans.reduce((most, { start, end }) => Math.max(most, end - start), 0);
}

/** The longest span; the beginning of the value when there is none, or none with an end. */
function matchedIn(place: MatchPlace): string {
  const size = longestOf(place);
  const span = place.spans.find(({ start, end }) => end - start === size);
  const start = span?.start ?? 0;
  const end = size === 0 ? place.value.length : start + size;
  return place.value.slice(start, Math.min(end, start + MATCHED_BYTES_MAX));
}

/** What the engines do to a buffer before rules see it. Those that are not here are as they came. */
const NORMALISED: Readonly<Partial<Record<BufferKind, readonly string[]>>> = {
  http_uri: ['percentDecode', 'normalizePath'],
  snort_uri: ['percentDecode', 'percentDecode', 'normalizePath'],
  snort_param: ['percentDecode', 'percentDecode'],
  snort_header: ['percentDecode', 'percentDecode'],
  snort_cookie: ['percentDecode', 'percentDecode'],
  snort_client_body: ['contentDecode', 'percentDecode', 'percentDecode'],
  http_host: ['lowercase'],
  http_request_body: ['contentDecode'],
  http_response_body: ['contentDecode'],
  file_data: ['contentDecode'],
  js_data: ['contentDecode'],
  snort_raw_body: ['contentDecode'],
};

function transformationsOf({ kind, transforms }: BufferReference): readonly string[] {
  return [...(NORMALISED[kind] ?? []), ...transforms.map(({ name }) => name)];
}

const BLOCKING: ReadonlySet<string> = new Set(['drop', 'sdrop', 'block', 'reject', 'react', 'rejectsrc']);

/** `action` is the rule's own, or what a rate_filter has made of it. */
export function verdictOf(rule: SnortRule, action: string, settings: SnortSettings): Verdict {
  if (settings.mode === 'detect' || action === 'log' || action === 'pass') return CONTINUE;
  const outcome = BLOCKING.has(action) ? (settings.onBlock ?? 'deceive') : (settings.onAlert ?? 'deceive');
  if (outcome === 'continue') return CONTINUE;
  const id = ruleId(rule);
  const message = rule.message === '' ? '' : `: ${rule.message}`;
  const text = `Rule ${id} (${rule.place.file}:${rule.place.line}) matched${message}`;
  const because = { code: `rule-${id}`, text };
  return outcome === 'reply' ? { do: 'reply', status: 403, because } : { do: outcome, because };
}
