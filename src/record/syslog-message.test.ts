import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { MessageOptions } from './syslog-message.ts';
import { FACILITIES, framed, SyslogMessages } from './syslog-message.ts';

const OPTIONS: MessageOptions = { form: 'rfc5424', facility: 'local0', name: 'sallyport', lengthMax: 8192 };
const AT_MS = Date.UTC(2026, 0, 31, 12, 34, 56, 789);

function messages(lines: string, changes: Partial<MessageOptions> = {}, host = 'edge-1'): string[] {
  const made = new SyslogMessages({ ...OPTIONS, ...changes }, host);
  return made.of(Buffer.from(lines, 'latin1'), AT_MS).map((message) => message.toString('latin1'));
}

test('a line is a message of RFC 5424', () => {
  assert.deepEqual(messages('GET /\n'), [
    `<134>1 2026-01-31T12:34:56.789Z edge-1 sallyport ${process.pid} access - GET /`,
  ]);
});

/** In local time, wherever the test runs. */
const LOCAL_MS = new Date(2026, 0, 3, 4, 5, 6).getTime();
const FORMS: readonly (readonly [form: 'rfc3164' | 'local', atMs: number, host: string, head: string])[] = [
  ['rfc3164', LOCAL_MS, 'edge-1', '<134>Jan  3 04:05:06 edge-1'],
  ['rfc3164', LOCAL_MS, '', '<134>Jan  3 04:05:06 localhost'],
  ['local', LOCAL_MS, 'edge-1', '<134>Jan  3 04:05:06'],
  ['local', new Date(2026, 11, 31, 23, 59, 59).getTime(), 'edge-1', '<134>Dec 31 23:59:59'],
];

for (const [form, atMs, host, head] of FORMS) {
  test(`the form ${form} begins with ${head}`, () => {
    const made = new SyslogMessages({ ...OPTIONS, form }, host).of(Buffer.from('GET /\n'), atMs);
    assert.equal(String(made[0]), `${head} sallyport[${process.pid}]: GET /`);
  });
}

test('each line is a message of its own', () => {
  assert.deepEqual(
    messages('a\nbc\n\nd').map((message) => message.slice(message.lastIndexOf(' ') + 1)),
    ['a', 'bc', 'd'],
  );
});

test('nothing is no message', () => {
  assert.deepEqual(messages(''), []);
  assert.deepEqual(messages('\n\n'), []);
});

for (const [index, facility] of FACILITIES.entries()) {
  test(`the facility ${facility} is ${index}`, () => {
    assert.ok(messages('a\n', { facility })[0]?.startsWith(`<${index * 8 + 6}>1 `));
  });
}

test('a line that is too long is cut, and the next one is not', () => {
  const [long = '', next = ''] = messages(`${'x'.repeat(500)}\nnext\n`, { lengthMax: 480 });
  assert.equal(long.split(' ').at(-1)?.length, 480);
  assert.ok(next.endsWith(' - next'));
});

const HOSTS: readonly (readonly [host: string, written: string])[] = [
  ['edge-1', 'edge-1'],
  ['', '-'],
  ['a b\nc', 'abc'],
  ['\u00e4', '-'],
  ['x'.repeat(300), 'x'.repeat(255)],
];

for (const [host, written] of HOSTS) {
  test(`the host ${JSON.stringify(host.slice(0, 20))} cannot break the header`, () => {
    assert.equal(messages('a\n', {}, host)[0]?.split(' ')[2], written);
  });
}

test('on a stream each message stands after its length in bytes', () => {
  assert.equal(framed([Buffer.from('abc'), Buffer.from('\xe4', 'latin1')]).toString('latin1'), '3 abc1 \xe4');
});
