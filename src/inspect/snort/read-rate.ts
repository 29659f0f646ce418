/**
 * How often: `threshold` (which matches alert) and `detection_filter` (how many matches it takes). The same words are
 * used by the configuration lines `event_filter` and `rate_filter`.
 */
import { readInteger, splitArguments, wordAndRest } from './arguments.ts';
import type { RuleDraft } from './draft.ts';
import { OptionError, quotedText } from './mistake.ts';
import type { RateFilter, Threshold, Track } from './rule.ts';

const COUNT_MAX = 2 ** 31 - 1;
/** A window that is counted in: a month. Suricata and Snort have no bound; a longer one is a mistake of units. */
const SECONDS_MAX = 31 * 86_400;

const TRACKS: readonly string[] = [
  'by_src',
  'by_dst',
  'by_both',
  'by_rule',
  'by_flow',
] satisfies readonly Track[];
const TYPES: readonly string[] = [
  'limit',
  'threshold',
  'both',
  'backoff',
] satisfies readonly Threshold['type'][];

/** `threshold:type limit, track by_src, count 1, seconds 60`. */
export function readThreshold(draft: RuleDraft, value: string): void {
  draft.threshold = thresholdOf(wordsOf(value));
}

/** `detection_filter:track by_src, count 30, seconds 60`. */
export function readDetectionFilter(draft: RuleDraft, value: string): void {
  draft.filter = rateOf(wordsOf(value));
}

export function wordsOf(value: string): ReadonlyMap<string, string> {
  return new Map(splitArguments(value).map(({ text }) => wordAndRest(text)));
}

export function thresholdOf(words: ReadonlyMap<string, string>): Threshold {
  const type = words.get('type') ?? '';
  if (!TYPES.includes(type)) {
    throw new OptionError(`Cannot read threshold: type ${quotedText(type)} is not known`);
  }
  // `backoff` of Suricata 8 counts without a window.
  const seconds = type === 'backoff' ? (words.get('seconds') ?? String(SECONDS_MAX)) : words.get('seconds');
  const rate = rateOf(new Map([...words, ['seconds', seconds ?? '']]));
  // Checked above.
  return { ...rate, type: type as Threshold['type'] };
}

export function rateOf(words: ReadonlyMap<string, string>): RateFilter {
  const track = words.get('track') ?? '';
  if (!TRACKS.includes(track))
    throw new OptionError(`Cannot read track ${quotedText(track)}: it is not known`);
  return {
    // Checked above.
    track: track as Track,
    count: readInteger(words.get('count') ?? '', 'count', 1, COUNT_MAX),
    seconds: readInteger(words.get('seconds') ?? '', 'seconds', 0, SECONDS_MAX),
  };
}
