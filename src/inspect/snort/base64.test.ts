import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase64, decodeSnortBase64, unfolded } from './base64.ts';

test('Suricata decodes up to the first byte that is not of the alphabet', () => {
  const rows = [
    ['QUJDREVG', 'ABCDEF'],
    ['QUJD.REVG', 'ABC'],
    ['QUJD\r\n REVG', 'ABC'],
    ['QUJDRA==', 'ABCD'],
    ['QUJDRA', 'ABCD'],
    ['.QUJD', ''],
    ['', ''],
  ] as const;
  for (const [text, decoded] of rows) assert.equal(decodeBase64(text), decoded, text);
});

test('Snort skips bytes that are not of the alphabet, and decodes groups of four', () => {
  const rows = [
    ['QUJDREVG', 'ABCDEF'],
    ['QUJD.REVG', 'ABCDEF'],
    ['.Q-U J\xffD\n', 'ABC'],
    ['QUJDRA', 'ABC'],
    ['QUJDR', 'ABC'],
    ['QUJDRA==', 'ABCD'],
    ['QUJDRA=', 'ABC'],
    ['QUJDRA==QUJD', 'ABCD'],
    ['QUJDREU=QUJD', 'ABCDE'],
    ['QUJD====', ''],
    ['QUJDR===', ''],
    ['QUJD=', 'ABC'],
    ['', ''],
  ] as const;
  for (const [text, decoded] of rows) assert.equal(decodeSnortBase64(text), decoded, text);
});

test('lines of Snort go on behind a line break with a blank, and end at any other', () => {
  const rows = [
    ['ab\r\n cd', Infinity, 'abcd', 7],
    ['ab\n\tcd', Infinity, 'abcd', 6],
    ['ab\r cd', Infinity, 'abcd', 6],
    ['ab\r\n  cd', Infinity, 'ab cd', 8],
    ['ab\r\ncd', Infinity, 'ab', 2],
    ['ab\ncd', Infinity, 'ab', 2],
    ['ab\n\n cd', Infinity, 'ab', 2],
    ['ab\r\r\n cd', Infinity, 'ab', 2],
    ['ab\r\n', Infinity, 'ab', 2],
    ['\n ab', Infinity, 'ab', 4],
    ['ab\r\n cd', 3, 'abc', 6],
    ['ab\r\n cd', 2, 'ab', 2],
    ['ab cd', 4, 'ab c', 4],
    ['', 4, '', 0],
  ] as const;
  for (const [text, bytesMax, found, end] of rows) {
    assert.deepEqual(unfolded(`..${text}`, 2, bytesMax), { text: found, end: 2 + end }, JSON.stringify(text));
  }
  assert.deepEqual(unfolded('ab', 5, 4), { text: '', end: 5 });
});
