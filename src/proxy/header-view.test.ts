import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { READ_OK } from '../http/field-section.ts';
import { RequestHead } from '../http/request-head.ts';
import { HeaderView } from './header-view.ts';

const LIMITS = { headBytes: 32_768, targetBytes: 8192, headerCount: 100 };

/** What inspection sees of each of `heads`, read one after the other with one reader, as on a connection. */
function views(...heads: readonly string[]): HeaderView[] {
  const head = new RequestHead(LIMITS);
  return heads.map((text) => {
    head.restart();
    const bytes = Buffer.from(text, 'latin1');
    assert.equal(head.read(bytes, 0, bytes.length), READ_OK);
    return new HeaderView(head);
  });
}

const FIELDS = 'Host: a\r\nX-A: 1\r\nX-A:\t2 \r\n\r\n';

test('a view has every field in order, with names as they came and values without the space around them', () => {
  const [view] = views(`GET / HTTP/1.1\r\n${FIELDS}`);
  assert(view !== undefined);
  const fields = Array.from({ length: view.count }, (_, index) => [view.name(index), view.value(index)]);
  assert.deepEqual(fields, [
    ['Host', 'a'],
    ['X-A', '1'],
    ['X-A', '2'],
  ]);
});

test('the section is the text of all fields with the empty line, without the request line', () => {
  const [first, second] = views(`GET / HTTP/1.1\r\n${FIELDS}`, `POST /longer?q=1 HTTP/1.1\r\n${FIELDS}`);
  assert.equal(first?.section, FIELDS);
  assert.equal(second?.section, FIELDS);
});

const OTHERS: readonly (readonly [string, string])[] = [
  ['a value is another', FIELDS.replace('1', '3')],
  ['the case of a name is another', FIELDS.replace('X-A', 'x-a')],
  ['there is one more space', FIELDS.replace(': 1', ':  1')],
  ['the order is another', 'X-A: 1\r\nHost: a\r\nX-A:\t2 \r\n\r\n'],
  ['a field is missing', 'Host: a\r\nX-A: 1\r\n\r\n'],
  ['a field has come to it', FIELDS.replace('\r\n\r\n', '\r\nX-B: 1\r\n\r\n')],
];

for (const [name, fields] of OTHERS) {
  test(`the section of the next message is its own when ${name}`, () => {
    const [, second, third] = views(
      `GET / HTTP/1.1\r\n${FIELDS}`,
      `GET / HTTP/1.1\r\n${fields}`,
      `GET / HTTP/1.1\r\n${FIELDS}`,
    );
    assert.equal(second?.section, fields);
    assert.equal(third?.section, FIELDS);
  });
}

test('a section that is too long to be remembered is not at hand, also after one that was', () => {
  const long = `Host: a\r\nX-Long: ${'x'.repeat(5000)}\r\n\r\n`;
  const sections = views(
    `GET / HTTP/1.1\r\n${FIELDS}`,
    `GET / HTTP/1.1\r\n${long}`,
    `GET / HTTP/1.1\r\n${FIELDS}`,
  ).map(({ section }) => section);
  assert.deepEqual(sections, [FIELDS, '', FIELDS]);
});
