import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mark } from '../decoy/attackers.ts';
import { listText } from './attackers.ts';

const MARK: Mark = {
  kind: 'mark',
  key: '203.0.113.7',
  address: '203.0.113.7',
  startMs: 0,
  cause: { rule: '11010', exchange: '01jd6z0000000000000001', text: 'SQL injection' },
  endMs: 3_600_000,
  offences: 2,
  visits: 1,
  lastSeenMs: 0,
};

test('listText says when nobody is marked', () => {
  assert.equal(listText({ total: 0, attackers: [] }, 0), 'Nobody is marked.\n');
});

test('listText shows marks in columns: who, how long, how often, why, and in which exchange', () => {
  const byHand: Mark = {
    ...MARK,
    key: '2001:db8:1:2::/64',
    cause: { rule: '', exchange: '', text: 'marked by an operator' },
    endMs: 60_500,
    offences: 1,
    visits: 0,
  };
  assert.equal(
    listText({ total: 2, attackers: [MARK, byHand] }, 0),
    `  203.0.113.7        1h left   2 offences, 1 visit  SQL injection          01jd6z0000000000000001
  2001:db8:1:2::/64  61s left  1 offence, 0 visits  marked by an operator
`,
  );
});

test('listText says how many are not shown', () => {
  assert.match(listText({ total: 5, attackers: [MARK] }, 0), /\n {2}and 4 more: --limit shows them\n$/);
});

test('listText shows a mark that has just ended as ended, not as negative', () => {
  assert.match(listText({ total: 1, attackers: [MARK] }, 4_000_000), / 0\w* left /);
});

test('listText escapes what the network had a hand in', () => {
  const cause = { rule: '', exchange: '', text: 'matched \x1b]0;owned\x07\n  198.51.100.1' };
  const text = listText({ total: 1, attackers: [{ ...MARK, cause }] }, 0);
  assert.equal(text.split('\n').length, 2, 'one line');
  assert.match(text, /matched \\x1b\]0;owned\\x07\\x0a {2}198\.51\.100\.1/);
});
