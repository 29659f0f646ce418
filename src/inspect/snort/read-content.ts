/**
 * `content`, `uricontent` and their modifiers. Description: the buffer has these bytes, at the place that the
 * modifiers say. Arguments: text in quotes, `|0d 0a|` for bytes, `!` in front for "has not"; in Snort 3 the modifiers
 * behind it with commas, else as options of their own. Example: `content:"/etc/passwd"; nocase; offset:4;`.
 */
import { plainText, readAmount, readInteger, splitArguments, wordAndRest } from './arguments.ts';
import { addOption, bufferReference, lastContent } from './draft.ts';
import type { DraftContent, RuleDraft } from './draft.ts';
import { OptionError, quotedText } from './mistake.ts';
import { DIGEST_ONLY } from './not-run.ts';
import type { Dialect, FastPatternWish, OptionAt } from './rule.ts';

/** Offsets and depths: Snort's and Suricata's own bound. */
const OFFSET_MAX = 65_535;
const DISTANCE_MAX = 1_048_576;

export function readContent(draft: RuleDraft, value: string, at: OptionAt): void {
  const content = newContent(draft.dialect, value, at);
  addOption(draft, content);
  if (draft.dialect !== 'snort3') return;
  for (const { text, index } of splitArguments(value).slice(1)) {
    const [word, rest] = wordAndRest(text);
    if (word === 'width' || word === 'endian') {
      draft.notRun.push({
        option: 'content',
        because: `contents of wide characters ("${word}") are not run here`,
      });
    } else if (!readModifier(draft, content, word, rest)) {
      const because = `Cannot read content: modifier ${quotedText(word)} is not known`;
      throw new OptionError(because, 'option-argument', index);
    }
  }
}

export function readUriContent(draft: RuleDraft, value: string, at: OptionAt): void {
  const kind = draft.dialect === 'suricata' ? 'http_uri' : 'snort_uri';
  addOption(draft, newContent(draft.dialect, value, at), bufferReference(kind));
}

/** `protected_content:"DIGEST"` of Snort 2 is not run. What stands behind it is about it, and is read all the same. */
export function readProtectedContent(draft: RuleDraft, _value: string, at: OptionAt): void {
  draft.notRun.push({ option: 'protected_content', because: DIGEST_ONLY });
  addOption(draft, newContent(draft.dialect, '"?"', at));
}

/** Modifiers as options of their own, behind a content. */
export function readContentModifier(draft: RuleDraft, name: string, value: string): void {
  const content = lastContent(draft);
  if (content === undefined) {
    throw new OptionError(`Cannot read ${name}: no content stands before it`, 'option-place');
  }
  readModifier(draft, content, name, value);
}

export const CONTENT_MODIFIERS: readonly string[] = [
  'nocase',
  'offset',
  'depth',
  'distance',
  'within',
  'startswith',
  'endswith',
  'fast_pattern',
  'rawbytes',
  'replace',
];

function readModifier(draft: RuleDraft, content: DraftContent, word: string, value: string): boolean {
  const amount = (what: string, min: number, max: number): number | string =>
    readAmount(value.trim(), what, [min, max], draft.variables);
  switch (word) {
    case 'nocase':
      content.isNocase = true;
      return true;
    case 'offset':
      content.offset = amount('offset', -OFFSET_MAX, OFFSET_MAX);
      return true;
    case 'depth':
      content.depth = atLeast(content, 'depth', amount('depth', 1, OFFSET_MAX));
      return true;
    case 'distance':
      content.distance = amount('distance', -DISTANCE_MAX, DISTANCE_MAX);
      return true;
    case 'within':
      content.within = atLeast(content, 'within', amount('within', 1, DISTANCE_MAX));
      return true;
    case 'startswith':
      content.offset = 0;
      content.depth = content.bytes.length;
      return true;
    case 'endswith':
      content.isAtEnd = true;
      return true;
    case 'rawbytes':
      return true;
    case 'replace':
      // A proxy rewrites nothing here; the rule alerts as it would without.
      draft.withoutEffect.push('replace');
      return true;
    default:
      return readFastPattern(content, word, value);
  }
}

/** A content never fits into less than its length: such a rule could not match, and Snort refuses it as well. */
function atLeast(content: DraftContent, what: string, amount: number | string): number | string {
  if (typeof amount === 'number' && amount < content.bytes.length) {
    const because = `Cannot read ${what} ${amount}: the content has ${content.bytes.length} bytes`;
    throw new OptionError(because);
  }
  return amount;
}

/** `fast_pattern`, `fast_pattern:only`, `fast_pattern:5,17`; in Snort 3 `fast_pattern_offset 5`. */
function readFastPattern(content: DraftContent, word: string, value: string): boolean {
  const known: FastPatternWish = content.fastPattern ?? { isOnly: false, offset: 0, length: undefined };
  const max = content.bytes.length;
  if (word === 'fast_pattern_only') content.fastPattern = { ...known, isOnly: true };
  else if (word === 'fast_pattern_offset')
    content.fastPattern = { ...known, offset: readInteger(value, word, 0, max) };
  else if (word === 'fast_pattern_length')
    content.fastPattern = { ...known, length: readInteger(value, word, 1, max) };
  else if (word !== 'fast_pattern') return false;
  else if (value === '' || value === 'only') content.fastPattern = { ...known, isOnly: value === 'only' };
  else {
    const [offset = '', length = ''] = value.split(',').map((part) => part.trim());
    content.fastPattern = {
      isOnly: false,
      offset: readInteger(offset, 'offset of fast_pattern', 0, max),
      length: readInteger(length, 'length of fast_pattern', 1, max),
    };
  }
  return true;
}

function newContent(dialect: Dialect, value: string, at: OptionAt): DraftContent {
  const [first] = dialect === 'snort3' ? splitArguments(value) : [{ text: value, index: 0 }];
  const text = first?.text ?? '';
  const isNegated = text.startsWith('!');
  const quoted = (isNegated ? text.slice(1) : text).trim();
  return {
    kind: 'content',
    ...at,
    bytes: readBytes(quoted, dialect),
    isNegated,
    isNocase: false,
    offset: undefined,
    depth: undefined,
    distance: undefined,
    within: undefined,
    isAtEnd: false,
    fastPattern: undefined,
  };
}

/** `"a|3a 2f|\;b"` as bytes. */
export function readBytes(quoted: string, dialect: Dialect): string {
  if (quoted.length < 3 || !quoted.startsWith('"') || !quoted.endsWith('"')) {
    throw new OptionError(`Cannot read content ${quotedText(quoted)}: text in double quotes is needed`);
  }
  let bytes = '';
  for (let at = 1; at < quoted.length - 1; at++) {
    const character = quoted.charAt(at);
    if (character === '|') {
      const end = quoted.indexOf('|', at + 1);
      bytes += readHex(end < 0 ? quoted.slice(at) : quoted.slice(at + 1, end), end, at);
      at = end;
    } else if (character === '\\') {
      at++;
      bytes += readEscaped(quoted, at, dialect);
    } else if (character === '"') {
      throw new OptionError(
        'Cannot read content: a quote inside of it is not escaped',
        'option-argument',
        at,
      );
    } else bytes += character;
  }
  if (bytes === '') throw new OptionError('Cannot read content: it is empty');
  return bytes;
}

function readEscaped(quoted: string, at: number, dialect: Dialect): string {
  const character = at < quoted.length - 1 ? quoted.charAt(at) : '';
  const isAllowed = dialect === 'suricata' ? '";:\\'.includes(character) : true;
  if (character !== '' && isAllowed) return character;
  throw new OptionError(
    `Cannot read content: "\\${character}" escapes nothing that needs it`,
    'option-argument',
    at,
  );
}

function readHex(text: string, end: number, index: number): string {
  const digits = text.replace(/\s+/g, '');
  if (end < 0 || digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) {
    const because = `Cannot read content: ${quotedText(text)} is not bytes in hexadecimal between two "|"`;
    throw new OptionError(because, 'option-argument', index);
  }
  return digits.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
}

/** The argument of an option that takes text, such as `msg`. */
export function readText(value: string): string {
  return plainText(value);
}
