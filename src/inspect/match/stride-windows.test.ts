import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_MEMBER, makeStrideTables, StrideWindows } from './stride-windows.ts';
import { copyText } from './text-bytes.ts';

/** Literals, with where they may begin, that windows of the text stand for. */
function foundIn(literals: readonly string[], text: string): ReadonlySet<string> {
  const strides = new StrideWindows(makeStrideTables(literals));
  const count = copyText(text, 0);
  const found = new Set<string>();
  for (let from = 0; from < count; from = strides.resume) {
    const places = strides.collect(from, count);
    for (let index = 0; index < places; index++) {
      const at = strides.places[index] ?? -1;
      assert.equal(at % strides.stride, 0);
      for (let entry = strides.starts[index] ?? -1; strides.members[entry] !== NO_MEMBER; entry += 2) {
        const literal = literals[strides.members[entry] ?? -1] ?? '';
        found.add(`${literal}@${at - (strides.members[entry + 1] ?? 0)}`);
      }
    }
    assert(strides.resume > from);
  }
  return found;
}

const LITERAL = 'qwzxvjkqzwvx';

/** So many short literals that a look at every fourth place would not do. */
const MANY: readonly string[] = Array.from({ length: 26 * 4 }, (_, index) => {
  const letter = String.fromCharCode(0x61 + (index % 26));
  return `${letter}${index}`.padEnd(3, letter);
});

const ROWS: readonly (readonly [literals: readonly string[], stride: number])[] = [
  [[], 0],
  [['a'], 0],
  [['ab'], 2],
  [['abc'], 4],
  [['runtime', 'http/', '%uff'], 4],
  [MANY, 2],
  [[...MANY, 'ab', 'cd'], 2],
  [Array.from({ length: 26 }, (_, index) => `${String.fromCharCode(0x61 + index)}-`), 0],
  [['abcdefg', 'x'], 0],
];

for (const [literals, stride] of ROWS) {
  const title = `${literals
    .slice(0, 3)
    .map((literal) => JSON.stringify(literal))
    .join()} and others, ${literals.length}`;
  test(`${title}: looked for at every place of ${stride}`, () => {
    assert.equal(makeStrideTables(literals).stride, stride);
  });
}

for (const others of [[], MANY]) {
  for (let size = 2; size <= LITERAL.length; size++) {
    test(`a literal of ${size} bytes is found wherever it begins, beside ${others.length} others`, () => {
      const literal = LITERAL.slice(0, size);
      for (let before = 0; before < 9; before++) {
        for (let behind = 0; behind < 5; behind++) {
          for (const filler of ['\0', '.', '\xff']) {
            for (const written of [literal, literal.toUpperCase()]) {
              const text = filler.repeat(before) + written + filler.repeat(behind);
              assert(foundIn([...others, literal], text).has(`${literal}@${before}`), JSON.stringify(text));
            }
          }
        }
      }
    });
  }
}

for (const others of [[], MANY]) {
  test(`a text made of a literal is found to hold it each time, beside ${others.length} others`, () => {
    const times = 1000;
    const found = foundIn([...others, 'runtime'], 'runtime'.repeat(times));
    for (let index = 0; index < times; index++) assert(found.has(`runtime@${7 * index}`));
  });
}

test('what was copied before is not part of a text', () => {
  copyText('..runtime'.repeat(8), 0);
  assert.deepEqual([...foundIn(['runtime'], '....')], []);
});
