import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzSeed, seededRandom } from '../../../test/support/random.ts';
import { compileRules } from '../build.ts';
import { makeRx } from '../operators/rx.ts';
import { transformationNamed } from '../transforms/table.ts';
import { knownVariable } from '../variables/catalog.ts';
import type { Kind } from './kind.ts';
import { Found, Marks, NOTHING_FOUND } from './marks.ts';
import { Memo } from './memo.ts';
import { Remembered } from './remembered.ts';

/** The kind of all arguments under these rules. */
function kindOf(text: string, rememberedMax = 0): Kind {
  const compiled = compileRules([{ name: 'r.conf', text }], { exclude: [] });
  assert(compiled.kind === 'ok' && compiled.plan.fast !== undefined);
  const kind = compiled.plan.fast.naming.kindFor([knownVariable('ARGS')], 'a', rememberedMax);
  assert(kind !== undefined);
  return kind;
}

/** What, actions, operator, value, whether it matches. */
const VALUES: readonly (readonly [chain: string, operator: string, value: string, isMatch: boolean])[] = [
  ['', '@contains abc', 'xabcx', true],
  ['', '@contains abc', 'xABCx', false],
  ['t:lowercase', '@contains abc', 'xABCx', true],
  ['t:lowercase', '@contains ABC', 'xABCx', false],
  ['t:urlDecode', '@contains abc', 'a%62c', true],
  ['', '@contains abc', 'a%62c', false],
  // The decoder brings back upper case after the letters were folded.
  ['t:lowercase,t:urlDecode', '@contains ABC', '%41B%43', false],
  ['t:lowercase,t:urlDecode', '@contains AbC', '%41B%43', true],
  ['t:urlDecode,t:lowercase', '@contains abc', '%41B%43', true],
  ['t:base64Decode', '@contains abc', 'YWJj', true],
  ['t:lowercase,t:base64Decode', '@contains abc', 'YWJj', false],
  ['t:length', '@eq 4', 'four', true],
  ['t:length', '@eq 4', 'fives', false],
  ['multiMatch,t:urlDecode,t:lowercase', '@contains A', '%61A', true],
  ['multiMatch,t:lowercase', '@contains A', 'bA', true],
  ['', '!@contains abc', 'abc', false],
  ['', '!@contains abc', 'abd', true],
  ['', '@rx [<>]', 'a<b', true],
  ['', '@rx [<>]', 'a=b', false],
  ['t:removeWhitespace', '@streq ab', 'a b', true],
  ['t:cmdLine', '@streq a b', 'A"  b', true],
  // Steps are left out when nothing behind them could match: each of these could.
  ['t:removeWhitespace', '@contains ;)', '; )', true],
  ['t:removeWhitespace', '@contains ;)', '; (', false],
  ['t:base64Decode', '@rx <b', 'PGI', true],
  ['t:base64Decode', '@rx <b', 'PGE', false],
  ['t:removeWhitespace,t:base64Decode', '@rx <b', 'P G I', true],
  ['t:removeWhitespace,t:base64Decode,t:removeWhitespace', '@rx <b', 'P CBi', true],
  ['t:removeWhitespace,t:base64Decode,t:urlDecode', '@rx <b', 'JT Nj Yg', true],
  ['t:removeWhitespace,t:urlDecode', '@rx <b', '%3 cb', true],
  ['t:removeWhitespace,t:urlDecode,t:base64Decode', '@rx <b', '%5 0GI', true],
  ['t:removeWhitespace,t:lowercase,t:base64Decode', '@rx <', 'P A', false],
  ['t:removeWhitespace,t:lowercase,t:base64Decode', '@rx <', '8 Dyz P', false],
  ['t:removeWhitespace,t:htmlEntityDecode', '@rx <b', '& lt;b', true],
  // Whether a path is odd is looked at before it is normalized: of these some are, and some only look like it.
  ['t:normalizePath', '@contains a/b', 'a/./b', true],
  ['t:normalizePath', '@contains a/b', 'a//b', true],
  ['t:normalizePath', '@contains a/b', 'a./b', false],
  ['t:normalizePath', '@streq ab', './ab', true],
  ['t:normalizePath', '@streq a/', 'a/.', false],
  ['t:normalizePath', '@contains a/b', 'a\\b', false],
  ['t:normalizePathWin', '@contains a/b', 'a\\b', true],
  ['t:normalizePathWin', '@contains a/b', 'a/c/../b', true],
  ['t:lowercase,t:normalizePath', '@contains a/b', 'A/.//B', true],
  ['t:urlDecodeUni,t:normalizePath', '@contains a/b', 'a/%2e/b', true],
  ['t:urlDecodeUni,t:normalizePath', '@contains a /b', 'a+/./b', true],
  ['t:lowercase,t:htmlEntityDecode', '@contains <b', '&LT;B', true],
  ['t:htmlEntityDecode,t:lowercase', '@contains &b', '&B', true],
  // A value that is longer than what a whole line of it can be is not tested, unless it has several lines.
  ['', '@rx ^ab?$', 'ab', true],
  ['', '@rx ^ab?$', 'abb', false],
  ['', '@rx ^ab?$', 'xyz\nab\nxyz', true],
  ['', '@rx ^ab?$', 'ab\n', true],
  ['', '!@rx ^ab?$', 'abb', true],
  ['t:removeWhitespace', '@rx ^ab?$', 'a  b', true],
  ['', '@streq ab', 'ab', true],
  ['', '@streq ab', 'ab\n', false],

  // A text without a byte that is looked for satisfies the negated test without being tested.
  ['', '!@validateByteRange 97-122', 'ab', true],
  ['', '!@validateByteRange 97-122', 'aBb', false],
  ['', '!@validateByteRange 97-122', 'a b', false],
  ['', '!@validateByteRange 32-255', 'aB b', true],
  ['', '!@validateByteRange 32-255', 'a\nb', false],
  ['t:lowercase', '!@validateByteRange 97-122', 'aBb', true],
  ['t:urlDecodeUni', '!@validateByteRange 97-122', 'a%20b', false],
  // A plus behind base64 becomes a space, which is no sign; what is escaped may be one, and what stood apart may be together.
  ['t:base64Decode,t:urlDecodeUni', '@contains a (', 'YSso', true],
  ['t:base64Decode,t:urlDecodeUni,t:removeWhitespace', '@contains a(', 'YSso', true],
  ['t:base64Decode,t:urlDecodeUni', '@contains a(', 'YSUyOA', true],
  ['t:base64Decode,t:urlDecodeUni', '@contains a(', 'YSso', false],
  // Two rules may ask one step what it leaves of a text.
  ['multiMatch,t:base64Decode', '@contains (a', 'ciAoYQ', true],

  // Spaces that take the place of pluses are not made where no test could match with them: with each of these one could.
  ['t:urlDecodeUni', '@contains ab cd', 'xab+cdx', true],
  ['t:urlDecodeUni', '@contains ab cd', 'xab+ccx', false],
  ['t:urlDecodeUni', '@contains ab+cd', 'xab+cdx', false],
  ['t:urlDecodeUni', '@contains ab+cd', 'xab%2bcd+', true],
  ['t:urlDecodeUni', '@contains abcd', '+abcd', true],
  ['t:urlDecodeUni', '@contains abcd', '+ab+cd', false],
  ['t:urlDecodeUni', '@streq +', '+', false],
  ['t:urlDecode', '@rx ^[^+]+$', 'a+b', true],
  ['t:urlDecode', '@rx a\\s', 'a+b', true],
  ['t:urlDecode', '@rx [ ;]', 'a+b', true],
  ['t:urlDecode', '!@contains ab', 'a+b', true],
  ['t:urlDecodeUni,t:lowercase', '@contains ab cd', 'AB+CD', true],
  ['t:urlDecodeUni,t:cmdLine', '@contains ab cd', 'AB++CD', true],
  ['t:urlDecodeUni,t:removeWhitespace', '@contains abcd', 'ab+cd', true],
  ['t:urlDecodeUni,t:trim', '@streq abcd', '+abcd+', true],
  ['t:urlDecodeUni,t:base64Decode', '@contains ab', 'YWI+', true],
  ['t:urlDecodeUni,t:htmlEntityDecode', '@contains <b', '&+&lt;b', true],
  ['t:urlDecodeUni,t:htmlEntityDecode', '@contains <b', '&lt;+b&', false],
  ['t:urlDecodeUni,t:htmlEntityDecode', '@contains &a b', '&a+b', true],
  ['t:urlDecodeUni,t:htmlEntityDecode,t:urlDecodeUni', '@contains a%', '+a&percnt;', true],
  ['t:urlDecodeUni,t:removeWhitespace,t:htmlEntityDecode', '@contains <b', '&+lt;b', true],
];

for (const [chain, operator, value, isMatch] of VALUES) {
  test(`${JSON.stringify(value)} ${isMatch ? 'satisfies' : 'does not satisfy'} ${operator} after ${chain || 'nothing'}`, () => {
    const kind = kindOf(`SecRule ARGS "${operator}" "id:1,phase:2,t:none${chain === '' ? '' : `,${chain}`}"`);
    assert.deepEqual([...kind.matches(value)], isMatch ? [0] : []);
  });
}

/** Behind much prose: chain, operator, the end of the value, whether it matches. */
const LONG_VALUES: typeof VALUES = [
  ['t:cmdLine', '@contains word a', 'word, A', true],
  ['t:cmdLine', '@contains powers', 'po^wers', true],
  ['t:cmdLine', '@contains powers', 'Powers', true],
  ['t:cmdLine', '@contains powers', 'pow ers', false],
  ['t:cmdLine', '@contains dir/x', 'dir /X', true],
  ['t:cmdLine', '@contains dir(x', 'dir (x', true],
  ['t:cmdLine', '@rx [q;]', 'q', true],
  ['t:cmdLine', '!@contains zzz', 'q', true],
  ['t:cmdLine,t:normalizePath', '@contains etc/pass', 'etc/./PASS', true],
  ['t:cmdLine,t:normalizePath', '@contains etc/pass', 'etc, /./pass', true],
  ['t:cmdLine,t:normalizePathWin', '@contains etc/pass', 'etc/.//pass', true],
  ['t:cmdLine,t:removeWhitespace', '@contains powers', 'pow ,ers', true],
  ['t:cmdLine,t:base64Decode', '@contains ab', 'q', false],
  ['multiMatch,t:cmdLine', '@contains A,b', 'A,b', true],
  ['t:urlDecodeUni', '@contains ://', 'a%3A//', true],
  ['t:urlDecodeUni', '@contains ://', 'a%u003a//', true],
  ['t:urlDecodeUni', '@contains ://', 'a%3//', false],
];

for (const [chain, operator, end, isMatch] of LONG_VALUES) {
  test(`prose and ${end} ${isMatch ? 'satisfy' : 'do not satisfy'} ${operator} after ${chain}`, () => {
    const kind = kindOf(`SecRule ARGS "${operator}" "id:1,phase:2,t:none,${chain}"`);
    const value = `${'The word, which we got on 6 May. '.repeat(40)}${end}`;
    assert.deepEqual([...kind.matches(value)], isMatch ? [0] : []);
  });
}

const CHAIN_STEPS = [
  'removeWhitespace',
  'removeWhitespace',
  'base64Decode',
  'urlDecodeUni',
  'jsDecode',
  'lowercase',
  'cmdLine',
  'removeNulls',
];
const LONG_PATTERNS = [
  '(?:eval|new\\s+Function\\s*)\\(',
  'this\\.constr|process(?:\\.(?:bin|env)|\\[)',
  '<[?]|%>',
  '\\bif\\s*\\(|;then',
  '(?i)x\\.y',
  'x *\\. *Y',
  'if(?: (?:exist|defined)|[ (].*(?:equ|==))',
];
/** Of what the patterns look for, its base64, and what may stand within. */
const LONG_TARGETS = [
  'eval(',
  'new Function (',
  'this.constr',
  'process.env',
  'process[',
  '<?',
  '%>',
  'if (',
  ';then',
  'X.y',
  'x.Y',
  'if exist',
  'if x equ',
];
const LONG_CODED = ['UHJvY2VzcyBb', 'PD8', 'ZXZhbCg', 'eC5Z', '%20', '\\x28', ',', '"'];
const LONG_BETWEEN = ['', '', '', '', ' ', '\t', '\xa0', '\xc2', '\0'];

test('of long values every chain says what its steps and its test do', () => {
  const random = seededRandom(fuzzSeed);
  const one = (list: readonly string[]): string => list[random(list.length)] ?? '';
  let matched = 0;
  for (let run = 0; run < 400; run++) {
    const pattern = one(LONG_PATTERNS);
    const steps = Array.from({ length: 1 + random(4) }, () => one(CHAIN_STEPS));
    const multi = random(2) === 0 ? 'multiMatch,' : '';
    const kind = kindOf(`SecRule ARGS "@rx ${pattern}" "id:1,phase:2,${multi}t:none,t:${steps.join(',t:')}"`);
    for (let turn = 0; turn < 8; turn++) {
      const hidden = Array.from(one(LONG_TARGETS), (byte) => byte + one(LONG_BETWEEN)).join('');
      const start = random(2) === 0 ? one(LONG_CODED) : '';
      const value = `${start}${one(LONG_BETWEEN)} The ${'word, which we got. '.repeat(60)}${hidden}${one(LONG_CODED)}`;
      const texts = [value];
      for (const step of steps) texts.push(transformationNamed(step)?.run(texts.at(-1) ?? '') ?? '');
      const shown = multi === '' ? texts.slice(-1) : texts;
      const isMatch = shown.some((text) => makeRx(pattern).test(text));
      if (isMatch) matched++;
      assert.deepEqual(
        [...kind.matches(value)],
        isMatch ? [0] : [],
        `${pattern} ${steps.join()} ${JSON.stringify(value)}`,
      );
    }
  }
  assert(matched > 100, `only ${matched} matched`);
});

test('a remembered value gets the same answer, and another one its own', () => {
  const kind = kindOf('SecRule ARGS "@contains abc" "id:1,phase:2"', 64);
  for (let turn = 0; turn < 3; turn++) {
    assert.deepEqual([...kind.matches('xabc')], [0]);
    assert.deepEqual([...kind.matches('xabd')], []);
  }
  assert.deepEqual([...kind.matches(`${'x'.repeat(100)}abc`)], [0], 'what is too long to be remembered');
});

test('a memory that is full forgets everything', () => {
  const memo = new Memo();
  const text = 'x'.repeat(1000);
  for (let count = 0; count < 3000; count++) memo.keep(text);
  assert.equal(memo.epoch, 0);
  for (let count = 0; count < 1000; count++) memo.keep(text);
  assert.equal(memo.epoch, 1);
});

test('remembered texts are bounded in number and length, and apart under each condition', () => {
  const remembered = new Remembered();
  const get = remembered.under('GET');
  const one = foundOf([1, '/a']);
  const ask = (text: string, found: Found): void => {
    if (get.get(text) === undefined) get.set(text, found);
  };
  ask('/a', one);
  assert.equal(get.get('/a'), undefined, 'what comes once is not kept');
  get.set('/a', one);
  assert.deepEqual(get.get('/a')?.texts, ['/a']);
  assert.equal(remembered.under('POST').get('/a'), undefined);
  for (let turn = 0; turn < 3; turn++) ask('x'.repeat(5000), one);
  assert.equal(get.get('x'.repeat(5000)), undefined);
  const askTwice = (count: number): void => {
    for (let turn = 0; turn < 2; turn++) ask(`/${count}`.padEnd(4000, 'x'), NOTHING_FOUND);
  };
  for (let count = 0; count < 1000; count++) askTwice(count);
  assert.deepEqual(get.get('/a')?.texts, ['/a'], 'there is room for 4 MiB');
  for (let count = 1000; count < 1100; count++) askTwice(count);
  assert.equal(get.get('/a'), undefined, 'forgotten with all others');
  for (let count = 0; count < 8; count++) remembered.under(String(count));
  assert.notEqual(remembered.under('GET'), get);
});

test('marks know which tests held, for which texts', () => {
  const marks = new Marks(70);
  assert.equal(marks.has(69), false);
  marks.add([69, 3], 'a');
  marks.add([3, 0], 'b');
  assert(marks.has(69) && marks.has(0) && !marks.has(1));
  assert(!marks.has(37), 'not for another test with the same bit');
  assert.deepEqual(marks.fresh().parts, []);
  const all = marks.fresh();
  all.addAll(marks.found);
  all.addAll(NOTHING_FOUND);
  all.add([3], 'c');
  assert.deepEqual(
    all.parts.map(({ tests }) => tests),
    [[69, 3, 3, 0], [3]],
  );
  assert(all.has(69) && all.has(3) && !all.has(1));
  const held = (id: number): readonly string[] =>
    ['a', 'b', 'c', ''].filter((text) => all.textsOf(id).has(text));
  assert.deepEqual([held(69), held(3), held(0), held(1)], [['a'], ['a', 'b', 'c'], ['b'], []]);
  for (let count = 0; count < 20; count++) all.add([1], String(count));
  assert(all.textsOf(1).has('19') && !all.textsOf(1).has('a'), 'many');
});

test('what was found in a text is kept with it', () => {
  const text = 'Accept: a\r\nUser-Agent: curl';
  const found = foundOf([4, 'curl'], [5, 'decoded']).within(text);
  assert.deepEqual(
    [found.ids, found.texts],
    [
      [4, 5],
      ['curl', 'decoded'],
    ],
  );
  assert(found.has(4) && found.has(5) && !found.has(6));
  assert.equal(foundOf().within(text), NOTHING_FOUND);
});

test('tests that held for many texts are there once, few of them perhaps more often', () => {
  const few = foundOf([2, 'a'], [1, 'a'], [2, 'b']);
  assert.deepEqual(few.tests, [2, 1, 2]);
  for (const count of [24, 25, 26, 60]) {
    const found = new Found(100);
    const wanted = Array.from({ length: count }, (_, place) => 99 - 3 * (place % 20));
    for (const [place, id] of wanted.entries()) found.add(id, String(place));
    assert.deepEqual(found.tests, count > 24 ? [...new Set(wanted)] : wanted, String(count));
    for (let id = 0; id < 100; id++) assert.equal(found.has(id), wanted.includes(id), `${count} ${id}`);
    assert.deepEqual([found.ids, found.texts.length], [wanted, count]);
  }
});

test('what was found knows the bits of its tests, those that come later included', () => {
  const bitsOf = Uint16Array.of(0, 1, 4, 1024);
  const marks = new Marks(4);
  assert.equal(marks.bits(bitsOf), 0);
  marks.add([0, 2], '');
  assert.equal(marks.found.bits(bitsOf), 4);
  assert.equal(marks.bits(bitsOf), 4);
  marks.add([1], '');
  assert.equal(marks.found.bits(bitsOf), 5);
  assert.equal(marks.bits(bitsOf), 5);
  const other = new Found(4);
  other.add(3, '');
  marks.addAll(other);
  assert.equal(marks.bits(bitsOf), 1029);
  assert.equal(marks.found.bits(bitsOf), 5);
});

function foundOf(...pairs: readonly (readonly [id: number, text: string])[]): Found {
  const found = new Found(100);
  for (const [id, text] of pairs) found.add(id, text);
  return found;
}
