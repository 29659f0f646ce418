/**
 * `dsize`, `bsize`, `urilen`, `bufferlen`. Description: how many bytes the buffer has. Arguments: `5`, `>5`, `<=5`,
 * `!5`, `5<>9` (in Snort 2 both ends belong to it, in Snort 3 and Suricata neither), `5<=>9` (Snort 3, both ends do),
 * `5-9` (Suricata, both ends do). Example: `urilen:>1024,norm;`.
 */
import { readAmount } from './arguments.ts';
import type { RuleDraft } from './draft.ts';
import { OptionError, quotedText } from './mistake.ts';
import type { Amount, OptionAt, SizeOption } from './rule.ts';

const SIZE_MAX = 2 ** 32 - 1;

export function readSize(
  draft: RuleDraft,
  name: string,
  text: string,
  isRelative: boolean,
  at: OptionAt,
): SizeOption {
  const form = /^(<=|>=|!=|[<>=!])?\s*([\w.-]+?)\s*(?:(<>|<=>|-)\s*(\w+))?$/.exec(text.trim());
  const [, sign = '=', first = '', span, last = ''] = form ?? [];
  if (form === null || (span !== undefined && form[1] !== undefined)) throw bad(name, text);
  const amount = (word: string): Amount => readAmount(word, name, [0, SIZE_MAX], draft.variables);
  const option = { kind: 'size', ...at, name, isRelative } as const;
  if (span !== undefined) {
    return { ...option, isNegated: false, ...rangeOf(draft, span, amount(first), amount(last), name) };
  }
  return { ...option, isNegated: sign.startsWith('!'), ...oneSided(sign, amount(first), name) };
}

interface Range {
  readonly min: Amount;
  readonly max: Amount;
}

function oneSided(sign: string, value: Amount, name: string): Range {
  switch (sign) {
    case '<':
      return { min: 0, max: nextTo(value, -1, name) };
    case '<=':
      return { min: 0, max: value };
    case '>':
      return { min: nextTo(value, 1, name), max: Infinity };
    case '>=':
      return { min: value, max: Infinity };
    default:
      return { min: value, max: value };
  }
}

function rangeOf(draft: RuleDraft, span: string, first: Amount, last: Amount, name: string): Range {
  const isClosed = span !== '<>' || draft.dialect === 'snort2';
  return isClosed ? { min: first, max: last } : { min: nextTo(first, 1, name), max: nextTo(last, -1, name) };
}

function nextTo(value: Amount, step: number, name: string): number {
  if (typeof value === 'number') return value + step;
  throw new OptionError(`Cannot read ${name}: a variable can only be compared with "=", "<=" or ">="`);
}

function bad(name: string, text: string): OptionError {
  return new OptionError(`Cannot read ${name} ${quotedText(text)}: a size or a range of sizes is needed`);
}
