import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { seekerWith } from '../../test/support/balance.ts';
import { changeCookies, changeSetCookies, findCookie } from './cookies.ts';
import type { RequestHead } from './request-head.ts';
import { ResponseHead } from './response-head.ts';

function request(...fields: readonly string[]): RequestHead {
  const { head } = seekerWith('GET / HTTP/1.1', fields.map((field) => `${field}\r\n`).join(''));
  assert(head !== undefined);
  return head;
}

function response(...fields: readonly string[]): ResponseHead {
  const head = new ResponseHead({ headBytes: 65_536, headerCount: 100 });
  const text = `HTTP/1.1 200 OK\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
  const bytes = Buffer.from(text, 'latin1');
  assert.equal(head.read(bytes, 0, bytes.length), 1);
  return head;
}

/** `value` undefined: there is none. `left`: what is left without it; `changed`: with `<…>` around each value. */
const REQUESTS: readonly {
  readonly fields: readonly string[];
  readonly value?: string;
  readonly left?: string;
  readonly changed?: string;
}[] = [
  { fields: [] },
  { fields: ['Cookie: '] },
  { fields: ['Cookie: a=1'] },
  { fields: ['Cookie: SS=1; s=2; XS=3; aS=4'] },
  { fields: ['Cookie: S; S ;S =1'] },
  { fields: ['Cookie: a=S=1; b="; c'] },
  { fields: ['X-Cookie: S=1', 'Set-Cookie: S=1'] },
  { fields: ['Cookie: S=1'], value: '1', left: '', changed: 'Cookie: S=<1>\r\n' },
  { fields: ['Cookie: S='], value: '', left: '', changed: 'Cookie: S=<>\r\n' },
  { fields: ['Cookie: S=1=2; a'], value: '1=2', left: 'Cookie: a\r\n', changed: 'Cookie: S=<1=2>; a\r\n' },
  { fields: ['cookie: a=1; S=2'], value: '2', left: 'Cookie: a=1\r\n', changed: 'Cookie: a=1; S=<2>\r\n' },
  {
    fields: ['Cookie: \t a=1 ;\tS= 2 ; b=3;'],
    value: ' 2',
    left: 'Cookie: a=1; b=3\r\n',
    changed: 'Cookie: a=1; S=< 2>; b=3\r\n',
  },
  { fields: ['Cookie: S=1; S=2;S=3'], value: '1', left: '', changed: 'Cookie: S=<1>; S=<2>; S=<3>\r\n' },
  {
    fields: ['Cookie: ;;S=1;; ;a=2'],
    value: '1',
    left: 'Cookie: a=2\r\n',
    changed: 'Cookie: S=<1>; a=2\r\n',
  },
  {
    fields: ['Cookie: a="x;S=1;y"'],
    value: '1',
    left: 'Cookie: a="x; y"\r\n',
    changed: 'Cookie: a="x; S=<1>; y"\r\n',
  },
  {
    fields: ['Cookie: a=1', 'X: y', 'Cookie: S=2', 'Cookie: b=3; S=4'],
    value: '2',
    left: 'Cookie: a=1\r\nCookie: b=3\r\n',
    changed: 'Cookie: a=1\r\nCookie: S=<2>\r\nCookie: b=3; S=<4>\r\n',
  },
];

for (const { fields, value, left, changed } of REQUESTS) {
  test(`the cookie S of ${JSON.stringify(fields)} is ${value ?? 'not there'}`, () => {
    const head = request(...fields);
    const place = { valueStart: -1, valueEnd: -1 };
    assert.equal(findCookie(head, 'S', place), value !== undefined);
    if (value !== undefined) assert.equal(head.text.slice(place.valueStart, place.valueEnd), value);
    assert.equal(
      changeCookies(head, 'S', () => undefined),
      left,
    );
    assert.equal(
      changeCookies(head, 'S', (one) => `<${one}>`),
      changed,
    );
  });
}

const RESPONSES: readonly {
  readonly fields: readonly string[];
  readonly changed?: string;
  readonly left?: string;
}[] = [
  { fields: [] },
  { fields: ['Set-Cookie: a=1; S=2', 'Cookie: S=1', 'Set-Cookie: S; Path=/', 'Set-Cookie: SS=1'] },
  { fields: ['Set-Cookie: S=1'], changed: 'Set-Cookie: S=<1>\r\n', left: '' },
  {
    fields: ['set-cookie:  S=1 ; Path=/; HttpOnly'],
    changed: 'Set-Cookie: S=<1> ; Path=/; HttpOnly\r\n',
    left: '',
  },
  {
    fields: ['Set-Cookie: a=1; Path=/', 'X: y', 'Set-Cookie: S=; Secure', 'Set-Cookie: b=2'],
    changed: 'Set-Cookie: a=1; Path=/\r\nSet-Cookie: S=<>; Secure\r\nSet-Cookie: b=2\r\n',
    left: 'Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n',
  },
];

for (const { fields, changed, left } of RESPONSES) {
  test(`a response with ${JSON.stringify(fields)} ${changed === undefined ? 'does not set' : 'sets'} S`, () => {
    assert.equal(
      changeSetCookies(response(...fields), 'S', (value) => `<${value}>`),
      changed,
    );
    assert.equal(
      changeSetCookies(response(...fields), 'S', () => undefined),
      left,
    );
  });
}
