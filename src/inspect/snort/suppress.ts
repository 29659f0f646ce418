/**
 * The lines of threshold.config: which alerts are not told, and how often.
 *
 *     suppress gen_id 1, sig_id 1852, track by_src, ip 10.1.1.0/24
 *     event_filter gen_id 1, sig_id 1851, type limit, track by_src, count 1, seconds 60     (`threshold` is the same)
 *     rate_filter gen_id 1, sig_id 1853, track by_src, count 100, seconds 1, new_action drop, timeout 10
 *
 * `sig_id 0` is every rule of the generator, `gen_id 0` every generator.
 */
import { readInteger, splitArguments, wordAndRest } from './arguments.ts';
import { OptionError, quotedText } from './mistake.ts';
import { readAddresses } from './read-header.ts';
import { rateOf, thresholdOf } from './read-rate.ts';
import type { AddressTerm, RateFilter, Threshold } from './rule.ts';

interface Whose {
  readonly gid: number;
  readonly sid: number;
}

export type AlertPolicy =
  | (Whose & {
      readonly kind: 'suppress';
      /** undefined: whatever the addresses. */
      readonly track: 'by_src' | 'by_dst' | 'by_either' | undefined;
      readonly addresses: AddressTerm | undefined;
    })
  | (Whose & { readonly kind: 'event_filter'; readonly threshold: Threshold })
  | (Whose & {
      readonly kind: 'rate_filter';
      readonly rate: RateFilter;
      readonly newAction: string;
      /** How long the new action holds; 0 for as long as the rate does. */
      readonly timeoutSeconds: number;
    });

export const POLICY_WORDS: ReadonlySet<string> = new Set([
  'suppress',
  'event_filter',
  'threshold',
  'rate_filter',
]);

/** Reads a line that begins with one of the words above. Throws OptionError. */
export function readAlertPolicy(word: string, value: string): AlertPolicy {
  const given = new Map(splitOutsideLists(value).map((text) => wordAndRest(text)));
  const whose = {
    gid: readInteger(given.get('gen_id') ?? '', 'gen_id', 0, 2 ** 32 - 1),
    sid: readInteger(given.get('sig_id') ?? '', 'sig_id', 0, 2 ** 32 - 1),
  };
  if (word === 'suppress') return readSuppress(whose, given);
  if (word === 'rate_filter') {
    return {
      ...whose,
      kind: 'rate_filter',
      rate: rateOf(given),
      newAction: given.get('new_action') ?? 'alert',
      timeoutSeconds: readInteger(given.get('timeout') ?? '0', 'timeout', 0, 2 ** 31 - 1),
    };
  }
  return { ...whose, kind: 'event_filter', threshold: thresholdOf(given) };
}

function readSuppress(whose: Whose, given: ReadonlyMap<string, string>): AlertPolicy {
  const track = given.get('track');
  const ip = given.get('ip');
  if (track === undefined && ip === undefined) {
    return { ...whose, kind: 'suppress', track: undefined, addresses: undefined };
  }
  if ((track !== 'by_src' && track !== 'by_dst' && track !== 'by_either') || ip === undefined) {
    throw new OptionError(
      `Cannot read suppress: "track by_src" or "by_dst" or "by_either" and "ip" belong together, given are ${quotedText(
        [...given.keys()].join(),
      )}`,
      'config-form',
    );
  }
  return { ...whose, kind: 'suppress', track, addresses: readAddresses({ text: ip, offset: 0 }) };
}

/** As splitArguments, and commas within `[a,b]` separate nothing. */
function splitOutsideLists(value: string): readonly string[] {
  const joined: string[] = [];
  let open = 0;
  for (const { text } of splitArguments(value)) {
    if (open > 0) joined.push(`${joined.pop() ?? ''},${text}`);
    else joined.push(text);
    for (const character of text) open += character === '[' ? 1 : character === ']' ? -1 : 0;
  }
  return joined;
}
