/**
 * Fuzz target: `traceparent` and `tracestate`, against a slow reading clause by clause. FUZZ_RUNS sets the number of runs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  readTraceparent,
  readTracestate,
  STATE_CHARS_MAX,
  STATE_MEMBERS_MAX,
  writeTraceparent,
} from '../../src/http/trace-context.ts';
import type { TraceContext } from '../../src/http/trace-context.ts';
import { mutate, randomCuts, runFlat } from '../support/fuzz.ts';
import { fuzzSeed, seededRandom } from '../support/random.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 8000);

const ID = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';
const PARENTS = [`00-${ID}-01`, `00-${ID}-00`, `cc-${ID}-01-more`, `ff-${ID}-01`];
const PARENT_FRAGMENTS = [
  '-',
  '00-',
  '01-',
  'ff',
  '0'.repeat(32),
  '0'.repeat(16),
  'A',
  'g',
  ' ',
  ',',
  '\0',
  '\xff',
];

test('traceparent: what is read is what the clauses say, and what is written is read again', () => {
  const random = seededRandom(fuzzSeed);
  let read = 0;
  runFlat(runs, () => {
    const text = mutate(random, PARENTS, PARENT_FRAGMENTS);
    const context = readTraceparent(text);
    assert.deepEqual(context, slowParent(text), JSON.stringify(text));
    if (context === undefined) return;
    read++;
    const written = writeTraceparent(context);
    assert.match(written, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    assert.deepEqual(readTraceparent(written), context);
  });
  assert.ok(read > runs / 100, `only ${read} were contexts`);
});

const STATES = [
  'a=1',
  'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
  'fw5@dt=x, b= y ',
  `l=${'v'.repeat(200)},m=1`,
];
const STATE_FRAGMENTS = [
  ',',
  '=',
  '@',
  ' ',
  '\t',
  ',a=1',
  ',z=',
  `,q=${'w'.repeat(140)}`,
  'A',
  '\x7f',
  '\xff',
];

test('tracestate: what is passed on is a list within bounds that passes again, unchanged and wherever it is cut', () => {
  const random = seededRandom(fuzzSeed + 1);
  let passed = 0;
  runFlat(runs, () => {
    const text = mutate(random, STATES, STATE_FRAGMENTS);
    const state = readTracestate([text]);
    assert.ok(state.length <= STATE_CHARS_MAX);
    assert.match(state, /^[ -~]*$/);
    assert.equal(readTracestate([state]), state, JSON.stringify(text));
    const members = state === '' ? [] : state.split(',');
    assert.ok(members.length <= STATE_MEMBERS_MAX);
    const given = text.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
    for (const member of members) assert.ok(given.includes(member), `${member} of ${JSON.stringify(text)}`);
    if (state !== '') passed++;
    // A list may be cut into fields at any comma (RFC 9110 §5.3).
    const commas = new Set(randomCuts(random, given.length));
    const fields = text.split(',').reduce<string[][]>((lists, member, index) => {
      if (index === 0 || commas.has(index)) lists.push([]);
      lists.at(-1)?.push(member);
      return lists;
    }, []);
    assert.equal(readTracestate(fields.map((list) => list.join(','))), state, JSON.stringify(text));
  });
  assert.ok(passed > runs / 100, `only ${passed} were lists`);
});

/** One character after the other. */
function slowParent(text: string): TraceContext | undefined {
  const isHex = (part: string): boolean =>
    Array.from(part).every((digit) => '0123456789abcdef'.includes(digit));
  if (text.length < 55) return undefined;
  for (const [index, character] of Array.from(text.slice(0, 55)).entries()) {
    const isDash = index === 2 || index === 35 || index === 52;
    if (isDash ? character !== '-' : !isHex(character)) return undefined;
  }
  const version = text.slice(0, 2);
  if (version === 'ff') return undefined;
  if (version === '00' ? text.length !== 55 : text.length > 55 && text[55] !== '-') return undefined;
  const [traceId, spanId] = [text.slice(3, 35), text.slice(36, 52)];
  if (
    Array.from(traceId).every((digit) => digit === '0') ||
    Array.from(spanId).every((digit) => digit === '0')
  )
    return undefined;
  return { traceId, spanId, isSampled: '13579bdf'.includes(text[54] ?? '') };
}
