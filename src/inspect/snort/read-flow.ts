/**
 * Options about the connection: `flow`, `flowbits`, `xbits`, `hostbits`, `flowint`, `stream_size`, `app-layer-*`.
 */
import { readInteger, splitArguments, wordAndRest } from './arguments.ts';
import type { RuleDraft } from './draft.ts';
import { OptionError, quotedText } from './mistake.ts';
import type { BitExpression, BitOwner, Comparison, FlowCondition } from './rule.ts';

type Flow = { -readonly [Key in keyof FlowCondition]: FlowCondition[Key] };

/** `flow:to_server,established`. */
export function readFlow(draft: RuleDraft, value: string): void {
  const flow: Flow = { kind: 'flow', direction: undefined, state: undefined, stream: undefined };
  for (const { text, index } of splitArguments(value)) readFlowWord(draft, flow, text.toLowerCase(), index);
  draft.conditions.push(flow);
}

function readFlowWord(draft: RuleDraft, flow: Flow, word: string, index: number): void {
  switch (word) {
    case 'to_server':
    case 'from_client':
      flow.direction = 'to_server';
      return;
    case 'to_client':
    case 'from_server':
      flow.direction = 'to_client';
      return;
    case 'established':
    case 'not_established':
      flow.state = word;
      return;
    case 'only_stream':
    case 'no_stream':
      flow.stream = word;
      return;
    case 'stateless':
    case 'no_frag':
      // Every byte that a proxy sees is of an accepted connection and of no IP fragment: nothing to ask for.
      return;
    case 'only_frag':
      draft.notRun.push({ option: 'flow', because: 'IP fragments are not visible to a proxy' });
      return;
    default:
      throw new OptionError(
        `Cannot read flow ${quotedText(word)}: it is not known`,
        'option-argument',
        index,
      );
  }
}

/** `flowbits:set,name`, `flowbits:isset,a|b`, `flowbits:noalert`. */
export function readFlowbits(draft: RuleDraft, value: string): void {
  const [first, names, group] = splitArguments(value);
  const command = first?.text.toLowerCase() ?? '';
  if (command === 'noalert') {
    draft.isSilent = true;
    return;
  }
  if (draft.dialect !== 'suricata' && isOfGroup(command, names?.text, group?.text)) {
    draft.notRun.push({ option: 'flowbits', because: 'groups of bits are not known here' });
    return;
  }
  const bits = readBits(names?.text ?? '');
  switch (command) {
    case 'set':
    case 'unset':
    case 'toggle':
      draft.effects.push({ kind: 'flowbits', change: command, names: bits.names });
      return;
    case 'isset':
    case 'isnotset':
      draft.conditions.push({ kind: 'flowbits', test: command, bits: asTested(draft, command, bits) });
      return;
    default:
      throw new OptionError(`Cannot read flowbits ${quotedText(command)}: it is not known`);
  }
}

/** What Snort 2 does with all bits that some rule has put into a group: `setx,a,group`, `reset,group`, `isset,any,group`. */
function isOfGroup(command: string, names: string | undefined, group: string | undefined): boolean {
  if (command === 'setx' || command === 'reset') return true;
  return group !== undefined && (command === 'toggle' || names === 'any' || names === 'all');
}

/** In Suricata `isnotset,a|b` holds when any of them is not set; that is the opposite of "all are set". */
function asTested(draft: RuleDraft, command: string, bits: BitExpression): BitExpression {
  return draft.dialect === 'suricata' && command === 'isnotset' ? { ...bits, isAny: false } : bits;
}

function readBits(text: string): BitExpression {
  const names = text.split(/[&|]/).map((name) => name.trim());
  if (names.some((name) => !/^[\w./-]+(?: [\w./-]+)*$/.test(name))) {
    throw new OptionError(`Cannot read flowbits ${quotedText(text)}: a name is needed`);
  }
  return { names, isAny: text.includes('|') };
}

const OWNERS: Readonly<Record<string, BitOwner>> = {
  ip_src: 'ip_src',
  ip_dst: 'ip_dst',
  ip_pair: 'ip_pair',
  tx: 'tx',
};

/** Seconds a bit stays without `expire`: Suricata's own default. */
const EXPIRE_SECONDS = 30;
const EXPIRE_SECONDS_MAX = 30 * 86_400;

/** `xbits:set,name,track ip_src,expire 60`. */
export function readXbits(draft: RuleDraft, value: string): void {
  const [first, name, ...words] = splitArguments(value);
  const given = new Map(words.map(({ text }) => wordAndRest(text)));
  const track = OWNERS[given.get('track') ?? ''];
  if (track === undefined) throw new OptionError(`Cannot read xbits ${quotedText(value)}: "track" is needed`);
  const expire = given.get('expire') ?? String(EXPIRE_SECONDS);
  const expireSeconds = readInteger(expire, 'expire', 1, EXPIRE_SECONDS_MAX);
  addBit(draft, 'xbits', first?.text ?? '', name?.text ?? '', track, expireSeconds);
}

/** `hostbits:isset,name,src`: xbits by one address, as Suricata wrote them before. */
export function readHostbits(draft: RuleDraft, value: string): void {
  const [first, name, side] = splitArguments(value);
  const track = side?.text === 'dst' ? 'ip_dst' : 'ip_src';
  if (side?.text === 'both') throw new OptionError('Cannot run hostbits: "both" is not supported');
  addBit(draft, 'hostbits', first?.text ?? '', name?.text ?? '', track, EXPIRE_SECONDS_MAX);
}

function addBit(
  draft: RuleDraft,
  option: string,
  command: string,
  name: string,
  track: BitOwner,
  expireSeconds: number,
): void {
  if (command === 'noalert') {
    draft.isSilent = true;
    return;
  }
  if (!/^[\w./-]+$/.test(name)) {
    throw new OptionError(`Cannot read ${option} ${quotedText(name)}: a name is needed`);
  }
  if (command === 'set' || command === 'unset' || command === 'toggle') {
    draft.effects.push({ kind: 'xbits', change: command, name, track, expireSeconds });
  } else if (command === 'isset' || command === 'isnotset') {
    draft.conditions.push({ kind: 'xbits', test: command, name, track });
  } else throw new OptionError(`Cannot read ${option} ${quotedText(command)}: it is not known`);
}

const COMPARISONS: readonly string[] = ['<', '>', '<=', '>=', '=', '!='] satisfies readonly Comparison[];

/** `flowint:name,+,1`, `flowint:name,>,3`, `flowint:name,isset`. */
export function readFlowint(draft: RuleDraft, value: string): void {
  const [name = '', command = '', operand] = splitArguments(value).map(({ text }) => text);
  if (!/^[\w./-]+$/.test(name))
    throw new OptionError(`Cannot read flowint ${quotedText(name)}: a name is needed`);
  if (command === 'isset' || command === 'isnotset' || command === 'notset') {
    const test = command === 'isset' ? 'isset' : 'isnotset';
    draft.conditions.push({ kind: 'flowint', name, test, value: 0 });
    return;
  }
  const isName = /^[A-Za-z_][\w./-]*$/.test(operand ?? '');
  const amount = isName ? (operand ?? '') : readInteger(operand ?? '', 'flowint', 0, 2 ** 32 - 1);
  if (command === '+' || command === '-' || command === '=') {
    draft.effects.push({ kind: 'flowint', name, change: command, value: amount });
    return;
  }
  const test = command === '==' ? '=' : command;
  if (!COMPARISONS.includes(test)) {
    throw new OptionError(`Cannot read flowint ${quotedText(command)}: it is not known`);
  }
  // Checked above against the table of comparisons.
  draft.conditions.push({ kind: 'flowint', name, test: test as Comparison, value: amount });
}

const SIDES: readonly string[] = ['client', 'server', 'both', 'either'];

/** `stream_size:client,>,1800`; Snort 3 writes `stream_size:>1800,to_server`. */
export function readStreamSize(draft: RuleDraft, value: string): void {
  const words = splitArguments(value).map(({ text }) => text);
  const [side = '', operator = '', size = ''] = draft.dialect === 'snort3' ? snort3Sides(words) : words;
  const test = operator === '==' ? '=' : operator;
  if (!SIDES.includes(side) || !COMPARISONS.includes(test)) {
    throw new OptionError(`Cannot read stream_size ${quotedText(value)}: side, operator and size are needed`);
  }
  draft.conditions.push({
    kind: 'stream_size',
    // Both checked above.
    side: side as 'client' | 'server' | 'both' | 'either',
    operator: test as Comparison,
    size: readInteger(size, 'stream_size', 0, 2 ** 32 - 1),
  });
}

function snort3Sides(words: readonly string[]): readonly string[] {
  const [range = '', side = 'either'] = words;
  const form = /^(<=|>=|!=|[<>=])?\s*(\d+)$/.exec(range);
  const name = side === 'to_server' ? 'client' : side === 'to_client' ? 'server' : side;
  return [name, form?.[1] ?? '=', form?.[2] ?? ''];
}

/** `app-layer-protocol:!http`. */
export function readAppProtocol(draft: RuleDraft, value: string): void {
  const isNegated = value.startsWith('!');
  const [name] = (isNegated ? value.slice(1) : value).split(',');
  draft.conditions.push({ kind: 'app_protocol', name: (name ?? '').trim().toLowerCase(), isNegated });
}

/** `app-layer-event:http.invalid_content_length_field_in_request`. */
export function readAppEvent(draft: RuleDraft): void {
  draft.notRun.push({
    option: 'app-layer-event',
    because: 'what the parser of Suricata notices is not told here',
  });
}
