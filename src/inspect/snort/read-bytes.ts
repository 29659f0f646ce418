/**
 * Options that read numbers and places out of a buffer: `byte_test`, `byte_jump`, `byte_extract`, `byte_math`,
 * `isdataat`, `base64_decode`. Arguments come in a fixed order and then words in any order; an example of each stands
 * beside its reader.
 */
import { readAmount, readInteger, splitArguments, wordAndRest } from './arguments.ts';
import type { Argument } from './arguments.ts';
import { addFollowing } from './draft.ts';
import type { RuleDraft } from './draft.ts';
import { OptionError, quotedText } from './mistake.ts';
import type {
  Amount,
  ByteJumpOption,
  ByteMathOption,
  ByteTestOption,
  Dialect,
  NumberForm,
  OptionAt,
} from './rule.ts';

const OFFSET_MAX = 65_535;
/** Bytes of a number: digits as text; binary ones have at most 8. */
const COUNT_MAX = 23;

/** `byte_test:4,>,1000,20,relative,string,dec`. */
export function readByteTest(draft: RuleDraft, value: string, at: OptionAt): void {
  const [count, sign, against, offset, ...words] = needed('byte_test', value, 4);
  const { operator, isNegated } = readOperator(sign.text);
  const tail = readTail(draft, 'byte_test', words);
  const option = {
    kind: 'byte_test',
    ...at,
    count: readAmount(count.text, 'byte_test count', [1, COUNT_MAX], draft.variables, count.index),
    operator,
    isNegated,
    value: readAmount(against.text, 'byte_test value', [0, Infinity], draft.variables, against.index),
    offset: readAmount(offset.text, 'offset', [-OFFSET_MAX, OFFSET_MAX], draft.variables, offset.index),
    isRelative: tail.isRelative,
    form: tail.form,
  } as const satisfies ByteTestOption;
  addFollowing(draft, option, tail.isRelative);
}

function readOperator(text: string): Pick<ByteTestOption, 'operator' | 'isNegated'> {
  const form = /^(!?)\s*(<=|>=|[<>=&^]?)$/.exec(text);
  if (form === null || text === '') {
    throw new OptionError(`Cannot read byte_test: operator ${quotedText(text)} is not known`);
  }
  // `!` alone is "not equal". The form has checked which operators there are.
  const operator = (form[2] === '' ? '=' : form[2]) as ByteTestOption['operator'];
  return { operator, isNegated: form[1] === '!' };
}

/** `byte_jump:4,12,relative,little,multiplier 2,align,from_beginning,post_offset -4`. */
export function readByteJump(draft: RuleDraft, value: string, at: OptionAt): void {
  const [count, offset, ...words] = needed('byte_jump', value, 2);
  const tail = readTail(draft, 'byte_jump', words, [
    'multiplier',
    'align',
    'post_offset',
    'from_beginning',
    'from_end',
  ]);
  const from = tail.has('from_beginning') ? 'beginning' : tail.has('from_end') ? 'end' : 'here';
  const option = {
    kind: 'byte_jump',
    ...at,
    count: readAmount(count.text, 'byte_jump count', [0, COUNT_MAX], draft.variables, count.index),
    offset: readAmount(offset.text, 'offset', [-OFFSET_MAX, OFFSET_MAX], draft.variables, offset.index),
    isRelative: tail.isRelative,
    form: tail.form,
    multiplier: readInteger(tail.value('multiplier') ?? '1', 'multiplier', 0, OFFSET_MAX),
    align: alignOf(tail, draft),
    from,
    postOffset: readAmount(
      tail.value('post_offset') ?? '0',
      'post_offset',
      [-OFFSET_MAX, OFFSET_MAX],
      draft.variables,
    ),
  } as const satisfies ByteJumpOption;
  addFollowing(draft, option, tail.isRelative);
}

/** `byte_extract:2,0,length,relative,multiplier 2,align 4,little`. */
export function readByteExtract(draft: RuleDraft, value: string, at: OptionAt): void {
  const [count, offset, name, ...words] = needed('byte_extract', value, 3);
  const tail = readTail(draft, 'byte_extract', words, ['multiplier', 'align']);
  addFollowing(
    draft,
    {
      kind: 'byte_extract',
      ...at,
      count: readInteger(count.text, 'byte_extract count', 1, COUNT_MAX, count.index),
      offset: readAmount(offset.text, 'offset', [-OFFSET_MAX, OFFSET_MAX], draft.variables, offset.index),
      variable: setVariable(draft, name),
      isRelative: tail.isRelative,
      form: tail.form,
      multiplier: readInteger(tail.value('multiplier') ?? '1', 'multiplier', 1, OFFSET_MAX),
      align: tail.has('align') ? readInteger(tail.value('align') ?? '4', 'align', 1, 4) : 1,
    },
    tail.isRelative,
  );
}

/** `byte_math:bytes 2,offset 0,oper +,rvalue 10,result total,relative,endian little,string dec`. */
export function readByteMath(draft: RuleDraft, value: string, at: OptionAt): void {
  const words = splitArguments(value);
  const named = ['bytes', 'offset', 'oper', 'rvalue', 'result'];
  const tail = readTail(draft, 'byte_math', words, named);
  const word = (name: string): string => {
    const found = tail.value(name);
    if (found === undefined) throw new OptionError(`Cannot read byte_math: it needs "${name}"`);
    return found;
  };
  const operator = word('oper');
  if (!['+', '-', '*', '/', '<<', '>>'].includes(operator)) {
    throw new OptionError(`Cannot read byte_math: operator ${quotedText(operator)} is not known`);
  }
  const amount = (name: string, min: number, max: number): Amount =>
    readAmount(word(name), `byte_math ${name}`, [min, max], draft.variables);
  const masksResult = draft.dialect === 'suricata';
  const option: ByteMathOption = {
    kind: 'byte_math',
    ...at,
    count: amount('bytes', 1, COUNT_MAX),
    offset: amount('offset', -OFFSET_MAX, OFFSET_MAX),
    // Checked above against the same six.
    operator: operator as ByteMathOption['operator'],
    operand: amount('rvalue', 0, 2 ** 32 - 1),
    variable: setVariable(draft, { text: word('result'), index: 0 }),
    isRelative: tail.isRelative,
    form: masksResult ? { ...tail.form, bitmask: 0 } : tail.form,
    resultBitmask: masksResult ? tail.form.bitmask : 0,
  };
  addFollowing(draft, option, tail.isRelative);
}

/** `isdataat:!10,relative`. */
export function readIsDataAt(draft: RuleDraft, value: string, at: OptionAt): void {
  const [first, ...words] = needed('isdataat', value, 1);
  const isNegated = first.text.startsWith('!');
  const offset = isNegated ? first.text.slice(1).trim() : first.text;
  const isRelative = words.some(({ text }) => text === 'relative');
  const other = words.find(({ text }) => text !== 'relative' && text !== 'rawbytes');
  if (other !== undefined) throw unknownWord('isdataat', other);
  addFollowing(
    draft,
    {
      kind: 'isdataat',
      ...at,
      offset: readAmount(offset, 'isdataat', [-OFFSET_MAX, OFFSET_MAX], draft.variables),
      isRelative,
      isNegated,
    },
    isRelative,
  );
}

/** `base64_decode:bytes 64,offset 0,relative`. */
export function readBase64Decode(draft: RuleDraft, value: string, at: OptionAt): void {
  const tail = readTail(draft, 'base64_decode', value === '' ? [] : splitArguments(value), [
    'bytes',
    'offset',
  ]);
  const count = tail.value('bytes');
  addFollowing(
    draft,
    {
      kind: 'base64_decode',
      ...at,
      decoded: [],
      count: count === undefined ? undefined : readInteger(count, 'bytes', 1, OFFSET_MAX),
      offset: readInteger(tail.value('offset') ?? '0', 'offset', 0, OFFSET_MAX),
      isRelative: tail.isRelative,
    },
    tail.isRelative,
  );
}

type Needed = readonly [Argument, Argument, Argument, Argument, ...Argument[]];

/** At least `count` arguments; callers take no more of them without looking. */
function needed(name: string, value: string, count: number): Needed {
  const found = splitArguments(value);
  if (found.length < count || found.slice(0, count).some(({ text }) => text === '')) {
    throw new OptionError(`Cannot read ${name} ${quotedText(value)}: it needs ${count} arguments`);
  }
  // Those behind `count` are there or are rest elements, which may be none.
  return found as unknown as Needed;
}

interface Tail {
  readonly isRelative: boolean;
  readonly form: NumberForm;
  has(word: string): boolean;
  value(word: string): string | undefined;
}

const FORM_WORDS: ReadonlySet<string> = new Set([
  'relative',
  'string',
  'dec',
  'hex',
  'oct',
  'little',
  'big',
  'endian',
  'bitmask',
]);

function readTail(
  draft: RuleDraft,
  name: string,
  words: readonly Argument[],
  own: readonly string[] = [],
): Tail {
  const found = new Map<string, string>();
  for (const argument of words) {
    const [word, rest] = wordAndRest(argument.text);
    if (word === 'dce') {
      draft.notRun.push({ option: name, because: '"dce" needs a decoder of DCE/RPC' });
      continue;
    }
    if (!FORM_WORDS.has(word) && !own.includes(word)) throw unknownWord(name, argument);
    found.set(word, rest);
    if (word === 'string' && rest !== '') found.set(rest.toLowerCase(), '');
    if (word === 'endian' && rest !== '') found.set(rest.toLowerCase(), '');
  }
  return {
    isRelative: found.has('relative'),
    form: formOf(found, draft.dialect),
    has: (word) => found.has(word),
    value: (word) => (found.get(word) === '' ? undefined : found.get(word)),
  };
}

function formOf(found: ReadonlyMap<string, string>, dialect: Dialect): NumberForm {
  const mask = found.get('bitmask') ?? '';
  const isText = found.has('string') || found.has('hex') || found.has('oct') || found.has('dec');
  return {
    isText,
    base: found.has('hex') ? 16 : found.has('oct') ? 8 : 10,
    isLittleEndian: found.has('little'),
    bitmask: mask === '' ? 0 : readInteger(/^0x/i.test(mask) ? mask : `0x${mask}`, 'bitmask', 1, 2 ** 32 - 1),
    isWhole: dialect === 'suricata',
  };
}

/** `align` alone is 4; Snort 3 also writes `align 2`. */
function alignOf(tail: Tail, draft: RuleDraft): number {
  if (!tail.has('align')) return 1;
  const value = tail.value('align');
  return value === undefined ? 4 : readInteger(value, 'align', 0, draft.dialect === 'snort3' ? 4 : 8);
}

function setVariable(draft: RuleDraft, name: Argument): string {
  if (!/^[A-Za-z_][\w.-]*$/.test(name.text)) {
    const because = `Cannot read variable ${quotedText(name.text)}: a name is needed`;
    throw new OptionError(because, 'option-argument', name.index);
  }
  draft.variables.add(name.text);
  return name.text;
}

function unknownWord(name: string, argument: Argument): OptionError {
  const because = `Cannot read ${name}: ${quotedText(argument.text)} is not known`;
  return new OptionError(because, 'option-argument', argument.index);
}
