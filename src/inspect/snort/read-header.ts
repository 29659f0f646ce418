/**
 * Reads what stands before the bracket of a rule:
 *
 *     action protocol source sourcePorts direction destination destinationPorts
 *     action protocol                                 (Snort 3: every address and port)
 *
 * Lists nest; `!` negates a term or a list; blanks inside of a list are allowed.
 */
import { parseAddress } from '../../net/address.ts';
import type { RawText } from './lexer.ts';
import { OptionError, quotedText } from './mistake.ts';
import type { AddressTerm, PortTerm, RuleHeader } from './rule.ts';

/** Lists within lists. Rule sets nest two deep; the reader recurses, so that there is a bound. */
const DEPTH_MAX = 16;

const ANY = { kind: 'any', isNegated: false } as const;

/** Throws OptionError, its index behind the beginning of the header. */
export function readHeader(raw: RawText): RuleHeader {
  const words = splitWords(raw.text);
  const [action, protocol, source, sourcePorts, direction, destination, destinationPorts] = words;
  if (action === undefined || protocol === undefined) {
    throw new OptionError('Cannot read rule: its header needs an action and a protocol', 'header-form');
  }
  const plain = { action: action.text.toLowerCase(), protocol: protocol.text.toLowerCase() };
  if (words.length === 2) {
    return {
      ...plain,
      source: ANY,
      sourcePorts: ANY,
      direction: '->',
      destination: ANY,
      destinationPorts: ANY,
    };
  }
  if (
    source === undefined ||
    sourcePorts === undefined ||
    direction === undefined ||
    destination === undefined ||
    destinationPorts === undefined ||
    words.length > 7
  ) {
    const because = `Cannot read rule: its header needs 2 or 7 words, and has ${words.length}`;
    throw new OptionError(because, 'header-form');
  }
  const arrow = direction.text;
  if (arrow !== '->' && arrow !== '<>') {
    const because = `Cannot read rule: direction ${quotedText(arrow)} is not known`;
    throw new OptionError(because, 'header-form', direction.offset);
  }
  return {
    ...plain,
    source: readAddresses(source),
    sourcePorts: readPorts(sourcePorts),
    direction: arrow,
    destination: readAddresses(destination),
    destinationPorts: readPorts(destinationPorts),
  };
}

/** Reads `any`, `10.0.0.0/8`, `[1.2.3.4,!$HOME_NET]`; also the value of an `ipvar`. */
export function readAddresses(word: RawText): AddressTerm {
  return readTerm<AddressTerm>(word, 0, readAddress);
}

/** Reads `any`, `80`, `:1024`, `[80,8000:8080,!$SSH_PORTS]`; also the value of a `portvar`. */
export function readPorts(word: RawText): PortTerm {
  return readTerm<PortTerm>(word, 0, readPort);
}

/** Words between blanks; blanks inside of square brackets separate nothing. */
function splitWords(text: string): RawText[] {
  const words: RawText[] = [];
  let depth = 0;
  let start = -1;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at] ?? ' ';
    if (character === '[') depth++;
    if (character === ']') depth--;
    const isBlank = /\s/.test(character) && (depth <= 0 || at === text.length);
    if (!isBlank && start < 0) start = at;
    if (isBlank && start >= 0) {
      words.push({ text: text.slice(start, at), offset: start });
      start = -1;
    }
  }
  return words;
}

type Term<Leaf> = Leaf | { kind: 'list'; isNegated: boolean; terms: readonly Leaf[] };

function readTerm<Leaf>(
  word: RawText,
  depth: number,
  readLeaf: (text: string, isNegated: boolean, offset: number) => Leaf,
): Leaf {
  const lead = word.text.length - word.text.trimStart().length;
  let text = word.text.trim();
  let offset = word.offset + lead;
  const isNegated = text.startsWith('!');
  if (isNegated) {
    const rest = text.slice(1).trimStart();
    offset += text.length - rest.length;
    text = rest;
  }
  if (!text.startsWith('[')) return readLeaf(text, isNegated, offset);
  if (!text.endsWith(']')) {
    throw new OptionError(`Cannot read rule: list ${quotedText(text)} is not closed`, 'header-form', offset);
  }
  if (depth >= DEPTH_MAX) {
    throw new OptionError(`Cannot read rule: lists nest deeper than ${DEPTH_MAX}`, 'header-form', offset);
  }
  const inner = splitList({ text: text.slice(1, -1), offset: offset + 1 });
  const terms = inner.map((part) => readTerm(part, depth + 1, readLeaf));
  const list: Term<Leaf> = { kind: 'list', isNegated, terms };
  // A list is a member of both unions; the type parameter cannot say so.
  return list as Leaf;
}

function splitList(word: RawText): readonly RawText[] {
  const parts: RawText[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= word.text.length; at++) {
    const character = word.text[at];
    if (character === '[') depth++;
    if (character === ']') depth--;
    if (character !== undefined && (character !== ',' || depth > 0)) continue;
    const part = word.text.slice(start, at);
    // `[1.2.3.4,]` is written now and then; an empty list is a mistake all the same.
    if (part.trim() !== '' || word.text.trim() === '')
      parts.push({ text: part, offset: word.offset + start });
    start = at + 1;
  }
  return parts;
}

function readAddress(text: string, isNegated: boolean, offset: number): AddressTerm {
  if (text.toLowerCase() === 'any') return { kind: 'any', isNegated };
  const name = variableName(text);
  if (name !== undefined) return { kind: 'variable', name, isNegated };
  const [first = '', last] = text.split('-');
  const isRange = last !== undefined && isAddress(first.trim()) && isAddress(last.trim());
  if (isRange || isNetwork(text)) return { kind: 'address', text, isNegated };
  const because = `Cannot read rule: ${quotedText(text)} is no address, network or variable`;
  throw new OptionError(because, 'header-address', offset);
}

function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

/** `10.0.0.1/8` is written for the whole network; `10.0.0.0/255.0.0.0` is Suricata's other way to say it. */
function isNetwork(text: string): boolean {
  const [host = '', prefix, ...rest] = text.split('/');
  const address = parseAddress(host);
  if (address === undefined || rest.length > 0) return false;
  if (prefix === undefined) return true;
  if (/^\d{1,3}$/.test(prefix)) return Number(prefix) <= 8 * address.bytes.length;
  return address.family === 4 && parseAddress(prefix)?.family === 4;
}

function readPort(text: string, isNegated: boolean, offset: number): PortTerm {
  if (text.toLowerCase() === 'any') return { kind: 'any', isNegated };
  const name = variableName(text);
  if (name !== undefined) return { kind: 'variable', name, isNegated };
  const form = /^(\d{0,5})(:?)(\d{0,5})$/.exec(text);
  const first = form?.[1] ?? '';
  const last = form?.[3] ?? '';
  const isOne = form?.[2] === '' && first !== '';
  const isSpan = form?.[2] === ':' && (first !== '' || last !== '');
  const range = { first: Number(first), last: isOne ? Number(first) : last === '' ? 65_535 : Number(last) };
  if ((!isOne && !isSpan) || range.last > 65_535 || range.first > range.last) {
    const because = `Cannot read rule: ${quotedText(text)} is no port, range or variable`;
    throw new OptionError(because, 'header-port', offset);
  }
  return { kind: 'range', ...range, isNegated };
}

function variableName(text: string): string | undefined {
  const form = /^\$(?:([A-Za-z_]\w*)|\(([A-Za-z_]\w*)\))$/.exec(text);
  return form === null ? undefined : (form[1] ?? form[2]);
}
