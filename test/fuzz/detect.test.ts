/** Whatever a value holds: the detectors end, never throw, take time linear in it, and judge it the same each time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectSqli, sqlReadings } from '../../src/inspect/detect/sqli.ts';
import { detectXss } from '../../src/inspect/detect/xss.ts';
import { mutate, pick, runFlat } from '../support/fuzz.ts';
import { seededRandom } from '../support/random.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 3000);

const SQL_SEEDS = [
  `1' or '1'='1`,
  `-1) union all select 1,2,version() from information_schema.tables -- `,
  `'; exec master..xp_cmdshell 'dir'; --`,
  `1/*!50000union*/ select $$text$$, N'x', 0x41, 1e3, [name], \`name\`, @v, @@v #\n, case when 1 then 2 end`,
  `x" group by 1 having 1=1 limit 1,1 into outfile 'a'`,
  `it's 5" wide -- and 3/4 deep`,
];
const SQL_PIECES = [
  ...[
    `'`,
    `"`,
    '`',
    '/*',
    '*/',
    '/*!',
    '--',
    '-- ',
    '#',
    '\n',
    '(',
    ')',
    '((',
    ';',
    ',',
    '@',
    '@@',
    '$',
    '$$',
  ],
  ...[
    '\\',
    '[',
    ']',
    '||',
    '&&',
    '<=>',
    '::int',
    '0x',
    '1e',
    '.',
    '\0',
    '\xa0',
    '\xff',
    ' union select ',
    ' or ',
  ],
];
const SCRIPT_SEEDS = [
  `"><script>alert(1)</script>`,
  `<img src=x onerror=alert(1)>`,
  `<a href="jav&#x61;script&colon;alert(1)">`,
  `<!-- a --><svg/onload=1>`,
  `x' style='a:expression(1)`,
  `<p class="a">text</p><!DOCTYPE a>`,
];
const SCRIPT_PIECES = [
  ...[
    '<',
    '>',
    '"',
    `'`,
    '`',
    '=',
    '/',
    '<!--',
    '-->',
    '--!>',
    '<!',
    '<?',
    '&#',
    '&#x',
    '&colon;',
    ' ',
    '\0',
  ],
  ...[
    'javascript:',
    'data:',
    'on',
    'onload=',
    'style',
    ':',
    '\n',
    '\xff',
    '<a ',
    '</a',
    '<a b="',
    '<![CDATA[',
  ],
];

/** Hostile inputs: what is repeated, each made to be read again and again by a reader that goes back. */
const REPEATED = [
  ...[...SQL_PIECES, ...SCRIPT_PIECES],
  ...[
    '<a ',
    '<a b',
    `<a b='`,
    '<!--x',
    '<!--x--',
    'a:',
    '<a:',
    '=a',
    `a='`,
    `'a"`,
    '$a$',
    '$a',
    '# ',
    '#\n',
    'abs ',
  ],
  ...['(1', 'f(', 'sleep(', '1+', 'n,', 'a.', 'a..', "''", "\\'", '&#0', '& ', 'x y', '1 ', 'union ', 'not '],
];
const LENGTHS = [4096, 8192, 16_384];

test('the detectors give an answer to whatever comes, and the same again', () => {
  const random = seededRandom(0x5a11);
  runFlat(runs, () => {
    const isSql = random(2) === 0;
    const value = isSql ? mutate(random, SQL_SEEDS, SQL_PIECES) : mutate(random, SCRIPT_SEEDS, SCRIPT_PIECES);
    const fingerprint = detectSqli(value);
    const isScript = detectXss(value);
    // Another value between must leave nothing behind.
    detectSqli(pick(random, SQL_SEEDS));
    assert.equal(detectSqli(value), fingerprint, JSON.stringify(value));
    assert.equal(detectXss(value), isScript, JSON.stringify(value));
    if (fingerprint !== undefined) {
      assert.match(fingerprint, /^[\x21-\x7e]{1,16}$/);
      assert(
        sqlReadings(value).some((reading) => reading.startsWith(fingerprint)),
        JSON.stringify(value),
      );
    }
  });
});

test('a case of letters changes no answer', () => {
  const random = seededRandom(0xca5e);
  for (let run = 0; run < runs / 4; run++) {
    const value = mutate(random, [...SQL_SEEDS, ...SCRIPT_SEEDS], [...SQL_PIECES, ...SCRIPT_PIECES]);
    // Tags of `$tag$` strings keep their case, and so does \N.
    if (/[$\\]/.test(value)) continue;
    const upper = value.replace(/[a-z]/g, (letter) => letter.toUpperCase());
    assert.equal(detectSqli(upper), detectSqli(value), JSON.stringify(value));
    assert.equal(detectXss(upper), detectXss(value), JSON.stringify(value));
  }
});

test('what an attack is cut from is judged for itself, and cutting costs no more than reading', () => {
  for (const seed of [...SQL_SEEDS, ...SCRIPT_SEEDS]) {
    for (let cut = 0; cut <= seed.length; cut++) {
      for (const part of [seed.slice(0, cut), seed.slice(cut)]) {
        assert.equal(typeof detectXss(part), 'boolean');
        assert.notEqual(detectSqli(part), '');
      }
    }
  }
});

test('twice as much of anything takes about twice the steps', () => {
  for (const piece of REPEATED) {
    for (const before of ['', `'`, '"', '<a ']) {
      const steps = LENGTHS.map((length) => stepsOf(before + piece.repeat(Math.ceil(length / piece.length))));
      for (let at = 1; at < steps.length; at++) {
        const growth = steps[at]! / steps[at - 1]!;
        assert(growth < 2.2, `${JSON.stringify(before + piece)}: ${steps.join()} characters read`);
      }
    }
  }
});

/** How many characters the detectors look at, counted at the string itself. */
function stepsOf(value: string): number {
  let steps = 0;
  const original = Reflect.get(String.prototype, 'charCodeAt');
  const find = Reflect.get(String.prototype, 'indexOf');
  String.prototype.charCodeAt = function (this: string, at: number): number {
    steps++;
    return original.call(this, at);
  };
  String.prototype.indexOf = function (this: string, text: string, at = 0): number {
    const found = find.call(this, text, at);
    steps += (found === -1 ? this.length : found) - at;
    return found;
  };
  try {
    detectSqli(value);
    detectXss(value);
  } finally {
    String.prototype.charCodeAt = original;
    String.prototype.indexOf = find;
  }
  return steps;
}
