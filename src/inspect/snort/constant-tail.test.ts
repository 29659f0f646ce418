import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyText } from '../match/text-bytes.ts';
import { parsePattern } from '../rx/parse.ts';
import { TAIL_TEXT, windowEndMax } from './constant-tail.ts';
import { makeNeedScanTables, NeedScan, NO_NEEDS } from './need-scan.ts';
import type { Need } from './needs.ts';
import { sequelOfPattern } from './sequel.ts';
import type { Sequel } from './sequel.ts';

const COVERAGE: Need['coverage'] = {
  isMethod: false,
  isInLine: true,
  field: undefined,
  isInBody: false,
  before: '',
  behind: '',
  cut: 'whole',
};

function needOf(literal: string, sequel?: Sequel): Need {
  return { key: literal, literals: [literal], coverage: COVERAGE, sequel, cost: 1 };
}

function found(scan: NeedScan, line: string): readonly number[] {
  assert.equal(copyText(line, 0), line.length);
  return [...new Set(scan.scanLine(line, true))].sort((left, right) => left - right);
}

/** Every piece of some lines, as literals. */
function piecesOf(lines: readonly string[]): readonly string[] {
  const pieces = new Set<string>();
  for (const line of lines) {
    for (let start = 0; start < line.length; start++)
      for (let end = start + 1; end <= line.length; end++) pieces.add(line.slice(start, end).toLowerCase());
  }
  return [...pieces];
}

const LINES = [
  `GET /${TAIL_TEXT}`,
  `GET /a${TAIL_TEXT}`,
  `POST /x http/1.1${TAIL_TEXT}`,
  `G * HTTP${TAIL_TEXT}`,
  `GET /ab${TAIL_TEXT.slice(0, 9)}${TAIL_TEXT}`,
];

test('each piece of a line is found, wherever it ends', () => {
  const pieces = piecesOf(LINES);
  const needs = pieces.map((piece) => needOf(piece));
  // One by one, so that no piece is found by the window of another.
  for (const [id, piece] of pieces.entries()) {
    const scan = new NeedScan(makeNeedScanTables(needs, [id]));
    for (const line of LINES) {
      const expected = line.toLowerCase().includes(piece) ? [id] : [];
      assert.deepEqual(found(scan, line), expected, `${JSON.stringify(piece)} in ${JSON.stringify(line)}`);
    }
  }
});

test('what stands in every line is found with all others in one scan', () => {
  const pieces = piecesOf(LINES.slice(0, 2));
  const scan = new NeedScan(
    makeNeedScanTables(
      pieces.map((piece) => needOf(piece)),
      [...pieces.keys()],
    ),
  );
  for (const line of LINES) {
    const expected = [...pieces.keys()].filter((id) => line.toLowerCase().includes(pieces[id] ?? ''));
    assert.deepEqual(found(scan, line), expected);
    assert.deepEqual(
      [...new Set(scan.scan(line, NO_NEEDS))].sort((left, right) => left - right),
      expected,
    );
  }
});

test('what must stand behind a literal is asked of the end of the line, too', () => {
  const needs = ['http/[0-1]', 'http/[2-3]', 'a http/[^2]'].map((source) => {
    const { literal = '', sequel } = sequelOfPattern(parsePattern(source)) ?? {};
    assert.ok(sequel !== undefined);
    return needOf(literal, sequel);
  });
  const scan = new NeedScan(makeNeedScanTables(needs, [0, 1, 2]));
  assert.deepEqual(found(scan, `GET /a${TAIL_TEXT}`), [0, 2]);
  assert.deepEqual(found(scan, `GET /http/2${TAIL_TEXT}`), [0, 1]);
});

test('windows end before the tail where the literal has room for one', () => {
  assert.equal(windowEndMax('/eh.html http/1.1'), '/eh.html'.length);
  assert.equal(windowEndMax('.p http/1.1'), 4);
  assert.equal(windowEndMax(' http/1.1'), ' http/1.1'.length);
  assert.equal(windowEndMax('/index.php'), '/index.php'.length);
  assert.equal(windowEndMax('.php http/1.0'), '.php http/1.0'.length);
});
