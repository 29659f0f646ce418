import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchInherited } from './inherited-sockets.ts';
import type { InheritedSocket, WantedSocket } from './inherited-sockets.ts';

/** `name@host:port`; `+` behind it for both families. */
function socket(text: string): InheritedSocket {
  const [, name = '', host = '', port = '', dual = ''] = /^(.*)@(.*):([0-9]+)(\+?)$/.exec(text) ?? [];
  return { name, host, port: Number(port), isDual: dual === '+', isTransparent: false, descriptor: 3 };
}

function wanted(text: string): WantedSocket {
  const { name, host, port } = socket(text);
  return { listener: name, host, port };
}

const ROWS: readonly {
  readonly name: string;
  readonly wanted: readonly string[];
  readonly inherited: readonly string[];
  /** By index; -1 for none. */
  readonly matched: readonly number[];
}[] = [
  { name: 'nothing is inherited', wanted: ['web@127.0.0.1:80'], inherited: [], matched: [-1] },
  {
    name: 'one of the same address',
    wanted: ['web@127.0.0.1:80'],
    inherited: ['x@127.0.0.1:80'],
    matched: [0],
  },
  {
    name: 'each address gets its own, in whatever order',
    wanted: ['web@127.0.0.1:80', 'api@127.0.0.1:81'],
    inherited: ['x@127.0.0.1:81', 'x@127.0.0.1:80'],
    matched: [1, 0],
  },
  {
    name: 'another port is another address',
    wanted: ['web@127.0.0.1:80'],
    inherited: ['x@127.0.0.1:81'],
    matched: [-1],
  },
  { name: 'another address', wanted: ['web@127.0.0.1:80'], inherited: ['x@127.0.0.2:80'], matched: [-1] },
  {
    name: 'one that takes every address is none of one',
    wanted: ['web@127.0.0.1:80'],
    inherited: ['x@0.0.0.0:80'],
    matched: [-1],
  },
  { name: 'IPv6', wanted: ['web@::1:80'], inherited: ['x@::1:80'], matched: [0] },
  {
    name: 'a socket for both families serves both addresses of a listener',
    wanted: ['web@0.0.0.0:80', 'web@:::80'],
    inherited: ['x@:::80+'],
    matched: [0, 0],
  },
  {
    name: 'a socket for both families serves IPv4 alone',
    wanted: ['web@0.0.0.0:80'],
    inherited: ['x@:::80+'],
    matched: [0],
  },
  {
    name: 'a socket for IPv6 alone serves no IPv4',
    wanted: ['web@0.0.0.0:80'],
    inherited: ['x@:::80'],
    matched: [-1],
  },
  {
    name: 'a socket for both families does not serve two listeners',
    wanted: ['a@0.0.0.0:80', 'b@:::80'],
    inherited: ['x@:::80+'],
    matched: [-1, 0],
  },
  {
    name: 'both families have sockets',
    wanted: ['web@0.0.0.0:80', 'web@:::80'],
    inherited: ['x@:::80', 'x@0.0.0.0:80'],
    matched: [1, 0],
  },
  { name: 'by its name', wanted: ['web@127.0.0.1:0'], inherited: ['web@127.0.0.1:4711'], matched: [0] },
  { name: 'another name', wanted: ['web@127.0.0.1:0'], inherited: ['api@127.0.0.1:4711'], matched: [-1] },
  {
    name: 'the address counts more than the name',
    wanted: ['web@127.0.0.1:80', 'api@127.0.0.1:81'],
    inherited: ['api@127.0.0.1:80', 'web@127.0.0.1:81'],
    matched: [0, 1],
  },
  {
    name: 'two of one name serve two addresses of a listener',
    wanted: ['web@127.0.0.1:0', 'web@127.0.0.2:0'],
    inherited: ['web@127.0.0.1:1', 'web@127.0.0.1:2'],
    matched: [0, 1],
  },
  {
    name: 'one of a name serves one address',
    wanted: ['web@127.0.0.1:0', 'web@127.0.0.2:0'],
    inherited: ['web@127.0.0.1:1'],
    matched: [0, -1],
  },
];

for (const row of ROWS) {
  test(`matchInherited: ${row.name}`, () => {
    const inherited = row.inherited.map(socket);
    const matched = matchInherited(row.wanted.map(wanted), inherited);
    assert.deepEqual(
      matched.map((one) => (one === undefined ? -1 : inherited.indexOf(one))),
      row.matched,
    );
  });
}
