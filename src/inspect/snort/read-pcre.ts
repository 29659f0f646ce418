/**
 * `pcre`. Description: the buffer matches the regular expression. Arguments: `"/pattern/letters"`, or `"m!pattern!"`
 * with another sign around it; the quotes may be left out; `!` in front for "does not match". Letters: `i s m x A E G` as in PCRE, `R` for "at the
 * cursor or behind it", `O` and `B` without effect, the others name a buffer. Example: `pcre:"/id=\d+'/Ui";`.
 */
import { bufferOfLetter } from './buffer-words.ts';
import type { BufferKind } from './buffers.ts';
import { addOption, bufferReference } from './draft.ts';
import type { RuleDraft } from './draft.ts';
import { OptionError, quotedText } from './mistake.ts';
import type { OptionAt } from './rule.ts';

export function readPcre(draft: RuleDraft, value: string, at: OptionAt): void {
  const isNegated = value.startsWith('!');
  const quoted = (isNegated ? value.slice(1) : value).trim();
  const text = (
    quoted.startsWith('"') ? /^"([\s\S]+)"$/.exec(quoted.replace(CAPTURES, ''))?.[1] : quoted
  )?.trim();
  const start = text?.startsWith('m') === true ? 1 : 0;
  const sign = text?.[start] ?? '';
  const end = text?.lastIndexOf(sign) ?? -1;
  if (text === undefined || end <= start || (start === 0 && sign !== '/')) {
    throw new OptionError(`Cannot read pcre ${quotedText(value)}: "/pattern/letters" is needed`);
  }
  const letters = text
    .slice(end + 1)
    .replace(CAPTURES, '')
    .trim();
  const { flags, isRelative, kind } = readLetters(draft, letters, value.length - letters.length - 1);
  const pattern = text.slice(start + 1, end);
  const option = { kind: 'pcre', ...at, pattern, isNegated, isRelative, flags } as const;
  addOption(draft, option, kind === undefined ? draft.buffer : bufferReference(kind));
}

/** Suricata keeps what groups captured, `"/x/U, flow:name"`, or behind the quotes; nothing here reads such a variable. */
const CAPTURES = /\s*,\s*(?:flow|pkt|alert):[\w,: ]+$/;

interface Letters {
  readonly flags: string;
  readonly isRelative: boolean;
  readonly kind: BufferKind | undefined;
}

function readLetters(draft: RuleDraft, letters: string, index: number): Letters {
  let flags = '';
  let isRelative = false;
  let kind: BufferKind | undefined;
  for (const letter of letters) {
    const named = bufferOfLetter(draft.dialect, letter);
    if (named !== undefined) kind = named;
    else if ('ismxAEG'.includes(letter)) flags += flags.includes(letter) ? '' : letter;
    else if (letter === 'R') isRelative = true;
    else if (letter !== 'O' && letter !== 'B') {
      throw new OptionError(
        `Cannot read pcre: letter "${letter}" behind the pattern is not known`,
        'option-argument',
        index,
      );
    }
  }
  return { flags, isRelative, kind };
}
