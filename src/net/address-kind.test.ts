import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAnyAddress, isLoopback, isOneHost } from './address-kind.ts';
import { parseAddress } from './address.ts';

const ROWS: readonly {
  readonly text: string;
  readonly any?: true;
  readonly loop?: true;
  readonly one: boolean;
}[] = [
  { text: '0.0.0.0', any: true, one: false },
  { text: '0.0.0.1', one: false },
  { text: '127.0.0.1', loop: true, one: true },
  { text: '127.255.255.255', loop: true, one: true },
  { text: '128.0.0.1', one: true },
  { text: '192.0.2.1', one: true },
  { text: '223.255.255.255', one: true },
  { text: '224.0.0.1', one: false },
  { text: '255.255.255.255', one: false },
  { text: '::', any: true, one: true },
  { text: '::1', loop: true, one: true },
  { text: '::2', one: true },
  { text: '2001:db8::1', one: true },
  { text: 'fe80::1', one: false },
  { text: 'febf::1', one: false },
  { text: 'fec0::1', one: true },
  { text: 'ff02::1', one: false },
];

for (const { text, any, loop, one } of ROWS) {
  test(`${text} is ${one ? '' : 'not '}of one host${any ? ', and every address' : ''}${loop ? ', and loopback' : ''}`, () => {
    const address = parseAddress(text);
    assert(address !== undefined);
    assert.equal(isAnyAddress(address), any ?? false);
    assert.equal(isLoopback(address), loop ?? false);
    assert.equal(isOneHost(address), one);
  });
}
