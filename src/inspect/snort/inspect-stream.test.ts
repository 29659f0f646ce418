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
