import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { makeStreamInspector } from './inspect-stream.ts';
import type { StreamInspection } from './inspect-stream.ts';
import type { Direction } from './rule.ts';
import { compileSnort } from './snort-inspector.ts';
import type { SnortSettings } from './snort-inspector.ts';

const ENDS = {
  client: { address: '192.0.2.1', port: 40_000 },
  server: { address: '198.51.100.1', port: 143 },
};

function begin(rules: string, settings: Partial<SnortSettings> = {}): StreamInspection {
  const compiled = compileSnort([{ name: 'a.rules', text: rules, dialect: 'suricata' }]);
  assert(compiled.kind === 'ok', JSON.stringify(compiled));
  return makeStreamInspector(compiled.plan, { mode: 'on', nowMs: () => 0, ...settings }).begin(ENDS);
}

function rule(options: string, sid = 1, header = 'alert tcp any any -> any any'): string {
  return `${header} (${options} sid:${sid};)`;
}

type Step = readonly [direction: Direction, text: string];

/** The hits and what was said, after every step and at the end. */
function run(inspection: StreamInspection, steps: readonly Step[]): readonly string[] {
  const said = steps.map(([direction, text]) => inspection.feed(direction, Buffer.from(text, 'latin1')).do);
  return [...said, inspection.end().do];
}

const C = 'to_server';
const S = 'to_client';

const ROWS: readonly (readonly [
  when: string,
  options: string,
  steps: readonly Step[],
  said: readonly string[],
])[] = [
  ['at once', 'content:"evil";', [[C, 'an evil line']], ['deceive', 'continue']],
  [
    'across pieces',
    'content:"evil";',
    [
      [C, 'an ev'],
      [C, 'il line'],
    ],
    ['continue', 'deceive', 'continue'],
  ],
  [
    'once for each direction',
    'content:"evil";',
    [
      [C, 'evil'],
      [C, 'evil'],
      [S, 'evil'],
    ],
    ['deceive', 'continue', 'deceive', 'continue'],
  ],
  ['not from the other side', 'flow:to_client; content:"evil";', [[C, 'evil']], ['continue', 'continue']],
  [
    'from its side',
    'flow:to_client; content:"evil";',
    [
      [C, 'a'],
      [S, 'evil'],
    ],
    ['continue', 'deceive', 'continue'],
  ],
  [
    'when both contents have come',
    'content:"a1"; content:"b2"; distance:0;',
    [
      [C, 'a1'],
      [S, 'ok'],
      [C, 'b2'],
    ],
    ['continue', 'continue', 'deceive', 'continue'],
  ],
  [
    'not of what is there no more',
    'content:"USER"; content:!"|0a|"; distance:0;',
    [
      [C, 'USER a'],
      [C, '\n'],
    ],
    ['continue', 'continue', 'continue'],
  ],
  [
    'of what is not there when the other side speaks',
    'content:"USER"; content:!"|0a|"; distance:0;',
    [
      [C, 'USER a'],
      [S, '+'],
    ],
    ['continue', 'deceive', 'continue'],
  ],
  [
    'of what is not there at the end',
    'content:"USER"; content:!"|0a|"; distance:0;',
    [[C, 'USER a']],
    ['continue', 'deceive'],
  ],
  [
    'of what is not there after a block',
    'content:"USER"; content:!"|0a|"; distance:0;',
    [
      [C, 'USER a'],
      [C, 'a'.repeat(5000)],
    ],
    ['continue', 'deceive', 'continue'],
  ],
  [
    'of an end only at the end',
    'content:"bye"; endswith;',
    [
      [C, 'bye'],
      [C, ' bye'],
    ],
    ['continue', 'continue', 'deceive'],
  ],
  [
    'of digits only when they are over',
    'content:"n="; byte_test:4,>,99,0,string,dec,relative;',
    [
      [C, 'n=1'],
      [C, '00 '],
    ],
    ['continue', 'continue', 'deceive'],
  ],
  [
    'of no rule about HTTP',
    'http.uri; content:"evil";',
    [[C, 'GET /evil HTTP/1.1\r\n\r\n']],
    ['continue', 'continue'],
  ],
  [
    'of bits of the same connection',
    'content:"evil"; flowbits:isset,seen;',
    [
      [C, 'evil'],
      [S, 'evil'],
    ],
    ['continue', 'continue', 'continue'],
  ],
];

for (const [when, options, steps, said] of ROWS) {
  test(`a stream is told ${when}`, () => {
    assert.deepEqual(run(begin(rule(options)), steps), said);
  });
}

test('a literal in a long stream is found wherever it is cut, and however late it comes', () => {
  const text = `${'x'.repeat(300_000)}an evil thing${'y'.repeat(1000)}`;
  for (const size of [1000, 4096, 65_535, 65_537, 200_000, text.length]) {
    const inspection = begin(rule('content:"evil"; content:"thing"; distance:1;'));
    const steps = Array.from({ length: Math.ceil(text.length / size) }, (_, index): Step => [
      C,
      text.slice(index * size, (index + 1) * size),
    ]);
    assert.equal(run(inspection, steps).filter((said) => said === 'deceive').length, 1, `pieces of ${size}`);
  }
});

test('a stream cut at every place gives the same hits', () => {
  const rules = [
    rule('content:"LOGIN"; nocase; pcre:"/\\s[^\\n]{5}/R";', 1),
    rule('content:"LOGIN"; content:!"|0a|"; within:20;', 2),
    rule('content:"a"; offset:3; depth:1; content:"end"; endswith;', 3),
    rule('byte_test:1,>,60,0; content:"b";', 4),
  ].join('\n');
  const text = 'abcalogin lengthy name b end';
  const whole = begin(rules);
  run(whole, [[C, text]]);
  const expected = whole.hits.map((hit) => hit.rule).sort();
  assert.deepEqual(
    expected,
    ['snort-1', 'snort-2', 'snort-3', 'snort-4'].filter((id) => id !== 'snort-2'),
  );
  for (let cut = 1; cut < text.length; cut++) {
    const inspection = begin(rules);
    run(inspection, [
      [C, text.slice(0, cut)],
      [C, text.slice(cut)],
    ]);
    assert.deepEqual(inspection.hits.map((hit) => hit.rule).sort(), expected, `cut at ${cut}`);
  }
});

test('a rule that passes ends the matter for the connection', () => {
  const rules = `${rule('content:"trusted";', 1, 'pass tcp any any -> any any')}\n${rule('content:"evil";', 2)}`;
  const inspection = begin(rules);
  assert.deepEqual(
    run(inspection, [
      [C, 'trusted'],
      [C, 'evil'],
      [S, 'evil'],
    ]),
    Array(4).fill('continue'),
  );
  assert.deepEqual(inspection.hits, []);
});

test('what is said to a stream is never a reply', () => {
  const inspection = begin(rule('content:"evil";'), { onAlert: 'reply' });
  assert.deepEqual(run(inspection, [[C, 'evil']]), ['drop', 'continue']);
  assert.equal(inspection.hits[0]?.target, 'payload');
  const detecting = begin(rule('content:"evil";'), { mode: 'detect' });
  assert.deepEqual(run(detecting, [[C, 'evil']]), ['continue', 'continue']);
  assert.equal(detecting.hits.length, 1);
});

test('bits that one direction sets are there for the other', () => {
  const rules = `${rule('flow:to_server; content:"open"; flowbits:set,o; flowbits:noalert;', 1)}
${rule('flow:to_client; flowbits:isset,o; content:"granted";', 2)}`;
  assert.deepEqual(
    run(begin(rules), [
      [C, 'open'],
      [S, 'granted'],
    ]),
    ['continue', 'deceive', 'continue'],
  );
  assert.deepEqual(
    run(begin(rules), [
      [C, 'close'],
      [S, 'granted'],
    ]),
    ['continue', 'continue', 'continue'],
  );
});

test('a byte at a time is paid for by what came, and nothing is lost', () => {
  const inspection = begin(rule('content:"a"; content:"bc"; distance:0; content:"zz"; distance:0;'));
  const text = `${'abc'.repeat(10_000)}zz`;
  let said = '';
  for (const character of text) said = inspection.feed(C, Buffer.from(character, 'latin1')).do;
  assert.equal(said === 'deceive' || inspection.end().do === 'deceive', true);
  assert.equal(inspection.hits.length, 1);
});

const wordOf = (index: number): string => `w${String(index).padStart(4, '0')}`;
const words = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => wordOf(from + index)).join('');

/** So many rules, each of which needs a word of its own and something else, and one about `evil`. */
function busyRules(count: number, options: string): string {
  const busy = Array.from({ length: count }, (_, index) =>
    rule(`content:"${wordOf(index)}"; ${options}`, 1_000 + index),
  );
  return [...busy, rule('content:"evil";', 7)].join('\n');
}

/** Something else that has been in front of the words, and never comes behind them. */
const NEVER = 'content:"never"; distance:0;';
const FILLER = '.'.repeat(16_384);

/** Whether anything but to continue is said while all of it is fed. */
function isToldBy(inspection: StreamInspection, texts: readonly string[]): boolean {
  const said = texts.map((text) => inspection.feed(C, Buffer.from(text, 'latin1')).do);
  return said.some((one) => one !== 'continue');
}

const fillers = (count: number): readonly string[] => Array<string>(count).fill(FILLER);
const told = ({ hits }: StreamInspection): readonly string[] =>
  hits.map(({ rule: id, data }) => (data === undefined ? id : `${id} ${data}`));

test('what could not be paid for is evaluated before the window moves past it', () => {
  const inspection = begin(busyRules(100, NEVER));
  assert.equal(isToldBy(inspection, [`never${words(0, 100)}`, ...fillers(7)]), false);
  assert.equal(isToldBy(inspection, ['evil']), false, 'there is nothing left to pay for it');
  assert.equal(isToldBy(inspection, fillers(12)), true);
  assert.deepEqual(told(inspection), ['snort-7']);
});

test('more rules than can be evaluated by then count as a match', () => {
  const inspection = begin(busyRules(300, NEVER));
  assert.equal(isToldBy(inspection, [`never${words(0, 300)}`, ...fillers(7), 'evil', ...fillers(12)]), true);
  assert.match(
    told(inspection)[0] ?? '',
    /^snort-1\d\d\d the work for this rule was used up before an answer$/,
  );
});

test('the same holds at the end', () => {
  const inspection = begin(busyRules(300, `${NEVER} isdataat:!1,relative;`));
  assert.equal(isToldBy(inspection, [...fillers(7), `never${words(0, 300)}`]), false);
  assert.equal(inspection.end().do, 'deceive');
  assert.match(
    told(inspection)[0] ?? '',
    /^snort-1\d\d\d the work for this rule was used up before an answer$/,
  );
});

test('and when the other side speaks, once more is owed than can be', () => {
  const inspection = begin(busyRules(100, `${NEVER} isdataat:!1,relative;`));
  const steps: readonly Step[] = [
    [C, `never${words(0, 100)}${FILLER.repeat(3)}`],
    ...Array.from({ length: 100 }, (): readonly Step[] => [
      [S, 'ok'],
      [C, 'a'],
    ]).flat(),
  ];
  const said = steps.map(([direction, text]) => inspection.feed(direction, Buffer.from(text, 'latin1')).do);
  assert.equal(said.slice(0, 10).includes('deceive'), false);
  assert.equal(said.includes('deceive'), true);
  assert.match(
    told(inspection)[0] ?? '',
    /^snort-1\d\d\d the work for this rule was used up before an answer$/,
  );
});

test('words that the window has moved past name no rule any more', () => {
  const inspection = begin(busyRules(400, NEVER));
  for (let from = 0; from < 400; from += 20) {
    const texts = [`never${words(from, from + 20)}`, ...fillers(9)];
    assert.equal(isToldBy(inspection, texts), false);
  }
  assert.equal(isToldBy(inspection, ['evil', ...fillers(9)]), true);
  assert.deepEqual(told(inspection), ['snort-7']);
});

test('a large piece is evaluated window by window', () => {
  const inspection = begin(busyRules(1, NEVER));
  assert.equal(isToldBy(inspection, [FILLER.repeat(3) + 'evil' + FILLER.repeat(20)]), true);
  assert.deepEqual(told(inspection), ['snort-7']);
});

test('rules that cost more than their bytes are paid for, too', () => {
  /** Each letter is tried, and what is to follow it is not there. */
  const text = (count: number): string => `b${'a'.repeat(10_000)}${words(0, count)}`;
  const dear = begin(busyRules(40, 'content:"a"; content:"b"; distance:1; within:1;'));
  assert.equal(isToldBy(dear, [text(40)]), false);
  assert.equal(isToldBy(dear, ['evil']), false, 'there is nothing left to pay for it');
  assert.equal(dear.end().do, 'deceive');
  assert.deepEqual(told(dear), ['snort-7']);
  const cheap = begin(busyRules(40, 'content:"b"; distance:1; within:1;'));
  assert.equal(isToldBy(cheap, [text(40)]), false);
  assert.equal(isToldBy(cheap, ['evil']), true);
  const many = begin(busyRules(200, 'content:"a"; content:"b"; distance:1; within:1;'));
  isToldBy(many, [text(200)]);
  many.end();
  assert.match(told(many)[0] ?? '', /^snort-1\d\d\d the work for this rule was used up before an answer$/);
});

for (const size of [65_536, 65_535, 40_000, 65_537, 200_000]) {
  test(`a literal is found across each border of pieces of ${size} bytes`, () => {
    for (let border = 1; border * size < 300_000; border++) {
      const text = `${'x'.repeat(border * size - 2)}evil${'x'.repeat(150_000)}`;
      const inspection = begin(rule('content:"evil";', 7));
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        text.slice(index * size, (index + 1) * size),
      );
      assert.equal(isToldBy(inspection, pieces), true, `border ${border}`);
    }
  });
}

test('a rule about what is not there sees the last bytes before the window moves past them', () => {
  const inspection = begin(rule('content:"evil"; content:!"good"; within:10;', 7));
  const texts = ['x'.repeat(65_536), 'x'.repeat(63_536), `evil${'y'.repeat(1_000)}`, 'z'.repeat(65_536)];
  assert.equal(isToldBy(inspection, texts), true);
});

/** Rules without a literal about a bit that another one sets, which is not told itself. */
const BITS = [
  rule('content:"evil"; flowbits:set,x; noalert;', 1),
  rule('flowbits:isset,x;', 2),
  rule('flowbits:isset,x; content:!"nono";', 3),
].join('\n');

test('a bit is there for rules behind the one that sets it, in the same bytes', () => {
  const inspection = begin(BITS);
  assert.equal(isToldBy(inspection, [`evil${'x'.repeat(5_000)}`]), true);
  assert.deepEqual(told(inspection), ['snort-2', 'snort-3']);
});

test('a bit that is set while much is owed is there for the other side', () => {
  const rules = [
    rule('flow:to_client; content:"READY"; flowbits:set,ready; noalert;', 1),
    rule('flow:to_server; flowbits:isset,ready; content:"evil";', 2),
    ...Array.from({ length: 40 }, (_, index) =>
      rule(`flow:to_client; content:"${wordOf(index)}"; ${NEVER}`, 1_000 + index),
    ),
  ].join('\n');
  const steps: readonly Step[] = [
    [S, `never${words(0, 40)}${'.'.repeat(60_000)}`],
    ...Array.from({ length: 40 }, (): Step => [S, '.'.repeat(100)]),
    [S, 'READY'],
    [C, 'evil'],
    [S, 'bye'],
  ];
  assert.equal(run(begin(rules), steps).includes('deceive'), true);
});

test('a bit that comes to the other side at the end is asked for there', () => {
  const rules = [
    rule('flow:to_client; content:"READY"; isdataat:!1,relative; flowbits:set,ready; noalert;', 1),
    rule('flow:to_server; flowbits:isset,ready; content:"evil";', 2),
  ].join('\n');
  assert.deepEqual(
    run(begin(rules), [
      [C, 'evil'],
      [S, 'READY'],
    ]),
    ['continue', 'continue', 'deceive'],
  );
});

test('what a side has said is asked about before it says more, whatever is owed', () => {
  const rules = [
    rule('flow:to_server; content:"USER"; content:!"|0a|"; distance:0;', 7),
    ...Array.from({ length: 40 }, (_, index) => rule(`content:"${wordOf(index)}"; ${NEVER}`, 1_000 + index)),
  ].join('\n');
  const inspection = begin(rules);
  const many = Array<string>(40).fill('.'.repeat(100));
  assert.equal(isToldBy(inspection, [`never${words(0, 40)}${'.'.repeat(60_000)}`, ...many, 'USER']), false);
  assert.equal(inspection.feed(S, Buffer.from('ok')).do, 'deceive');
});

const LOGINS = Array.from({ length: 10 }, (): readonly Step[] => [
  [C, 'PASS a\r\n'],
  [S, '530 Login incorrect\r\n'],
]).flat();

for (const filter of [
  'detection_filter:track by_dst, count 3, seconds 60;',
  'threshold:type both,track by_dst, count 3, seconds 60;',
]) {
  test(`each answer of a connection is counted: ${filter}`, () => {
    const options = `flow:to_client; content:"530 Login"; ${filter}`;
    assert.equal(run(begin(rule(options)), LOGINS).filter((said) => said === 'deceive').length, 1);
    assert.equal(run(begin(rule(options)), LOGINS.slice(0, 4)).includes('deceive'), false);
    // What was counted is not counted again with what follows it.
    const others = LOGINS.slice(0, 4).concat(
      Array.from({ length: 10 }, (): Step => [S, '220 Something else\r\n']),
    );
    assert.equal(run(begin(rule(options)), others).includes('deceive'), false);
  });
}

test('what is counted without a content is counted once for what has come', () => {
  const rules = (most: number): string =>
    [
      rule('flow:to_server; flowint:n,+,1; noalert;', 1),
      rule(`flow:to_server; flowint:n,>,${most};`, 2),
    ].join('\n');
  const steps: readonly Step[] = [
    [C, 'a'],
    [S, 'ok'],
    [C, 'b'],
    [S, 'ok'],
  ];
  assert.equal(run(begin(rules(1)), steps).includes('deceive'), true);
  assert.equal(run(begin(rules(2)), steps).includes('deceive'), false);
});

test('a bit is set again after it was unset', () => {
  const rules = [
    rule('content:"LOGIN"; flowbits:set,x; noalert;', 1),
    rule('content:"LOGOUT"; flowbits:unset,x; noalert;', 2),
    rule('flowbits:isset,x; content:"evil";', 3),
  ].join('\n');
  const lines = (...texts: readonly string[]): readonly Step[] =>
    texts.flatMap((text): readonly Step[] => [
      [C, `${text}\n`],
      [S, 'ok'],
    ]);
  assert.equal(run(begin(rules), lines('LOGIN', 'LOGOUT', 'LOGIN', 'evil')).includes('deceive'), true);
  assert.equal(run(begin(rules), lines('LOGIN', 'LOGOUT', 'evil')).includes('deceive'), false);
});
