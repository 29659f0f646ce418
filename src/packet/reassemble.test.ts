import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { Reassembler } from './reassemble.ts';
import type { ReassembleLimits } from './reassemble.ts';

type Step = readonly [number, string];

/** What comes out, gaps as <n>; sequence numbers count from 1000. */
function run(
  steps: readonly Step[],
  options: { limits?: ReassembleLimits; base?: number; syn?: boolean } = {},
): {
  readonly text: string;
  readonly reassembler: Reassembler;
} {
  let text = '';
  const sink = {
    data: (bytes: Uint8Array): void => {
      text += Buffer.from(bytes).toString('latin1');
    },
    gap: (bytes: number): void => {
      text += `<${bytes}>`;
    },
  };
  const base = options.base ?? 1000;
  const reassembler =
    options.limits === undefined ? new Reassembler(sink) : new Reassembler(sink, options.limits);
  if (options.syn !== false) reassembler.open(base);
  for (const [at, payload] of steps) reassembler.push((base + at) >>> 0, Buffer.from(payload));
  reassembler.skipGaps();
  return { text, reassembler };
}

suite('Reassembler', () => {
  const rows: readonly (readonly [string, readonly Step[], string])[] = [
    [
      'passes on what is in order',
      [
        [0, 'abc'],
        [3, 'def'],
      ],
      'abcdef',
    ],
    [
      'holds what comes too early',
      [
        [3, 'def'],
        [6, 'ghi'],
        [0, 'abc'],
      ],
      'abcdefghi',
    ],
    [
      'sorts what it holds',
      [
        [6, 'ghi'],
        [3, 'def'],
        [0, 'abc'],
      ],
      'abcdefghi',
    ],
    [
      'ignores a repetition',
      [
        [0, 'abc'],
        [0, 'abc'],
        [3, 'def'],
      ],
      'abcdef',
    ],
    [
      'ignores an older repetition',
      [
        [0, 'abc'],
        [3, 'def'],
        [1, 'bcd'],
      ],
      'abcdef',
    ],
    [
      'takes only what is new of a longer one',
      [
        [0, 'abc'],
        [0, 'ABCdef'],
      ],
      'abcdef',
    ],
    [
      'lets the first win among the held',
      [
        [3, 'def'],
        [1, 'BCDEFG'],
        [0, 'a'],
      ],
      'aBCdefG',
    ],
    [
      'lets the held win over what fills the gap',
      [
        [3, 'def'],
        [0, 'abcDEFghi'],
      ],
      'abcdefghi',
    ],
    [
      'fills between the held',
      [
        [2, 'c'],
        [6, 'g'],
        [1, 'BCDEFGH'],
        [0, 'a'],
      ],
      'aBcDEFgH',
    ],
    [
      'says what never came',
      [
        [0, 'abc'],
        [5, 'fgh'],
      ],
      'abc<2>fgh',
    ],
    [
      'says each gap',
      [
        [2, 'c'],
        [4, 'e'],
      ],
      '<2>c<1>e',
    ],
    [
      'does nothing for empty segments',
      [
        [0, ''],
        [5, ''],
        [0, 'a'],
      ],
      'a',
    ],
  ];
  for (const [name, steps, text] of rows) test(name, () => assert.equal(run(steps).text, text));

  test('counts across the wrap of sequence numbers', () => {
    assert.equal(
      run(
        [
          [3, 'def'],
          [0, 'abc'],
          [1, 'bcd'],
        ],
        { base: 0xffffffff },
      ).text,
      'abcdef',
    );
  });

  test('begins with the first segment where there was no SYN, and drops what lies before', () => {
    assert.equal(
      run(
        [
          [5, 'fgh'],
          [0, 'abcde'],
          [8, 'ij'],
        ],
        { syn: false },
      ).text,
      'fghij',
    );
  });

  test('counts segments that contradict what is held', () => {
    assert.equal(
      run([
        [3, 'def'],
        [3, 'deF'],
        [0, 'abc'],
      ]).reassembler.conflicts,
      1,
    );
    assert.equal(
      run([
        [3, 'def'],
        [4, 'ef'],
        [0, 'abc'],
      ]).reassembler.conflicts,
      0,
    );
  });

  test('knows its end', () => {
    const { reassembler } = run([[0, 'abc']]);
    assert.equal(reassembler.isAtEnd, false);
    reassembler.finish(1003);
    assert.equal(reassembler.isAtEnd, true);
  });

  test('holds its bounds of bytes and segments', () => {
    const bytes = run(
      [
        [10, 'xxxx'],
        [20, 'yyyy'],
        [0, 'a'],
      ],
      { limits: { heldBytes: 6, heldSegments: 9 } },
    );
    assert.deepEqual([bytes.text, bytes.reassembler.dropped], ['a<9>xxxx', 1]);
    const segments = run(
      [
        [10, 'x'],
        [20, 'y'],
        [30, 'z'],
      ],
      { limits: { heldBytes: 99, heldSegments: 2 } },
    );
    assert.deepEqual([segments.text, segments.reassembler.dropped], ['<10>x<9>y', 1]);
  });
});
