import assert from 'node:assert/strict';
import { endianness } from 'node:os';
import { describe, it } from 'node:test';
import { familyNumber, portIn, socketAddressBytes, writeSocketAddress } from './socket-address.ts';
import type { SocketEndpoint } from './socket-address.ts';

function four(bytes: readonly number[], port: number): SocketEndpoint {
  return { address: { family: 4, bytes: Uint8Array.from(bytes) }, port };
}

function six(bytes: readonly number[], port: number): SocketEndpoint {
  return { address: { family: 6, bytes: Uint8Array.from(bytes) }, port };
}

const LOOPBACK_6 = [...new Array<number>(15).fill(0), 1];
const ROWS: readonly {
  readonly name: string;
  readonly endpoint: SocketEndpoint;
  readonly rest: readonly number[];
}[] = [
  { name: 'IPv4', endpoint: four([192, 0, 2, 1], 80), rest: [0, 80, 192, 0, 2, 1, ...zeros(8)] },
  {
    name: 'a port of two bytes',
    endpoint: four([192, 0, 2, 1], 0x1234),
    rest: [0x12, 0x34, 192, 0, 2, 1, ...zeros(8)],
  },
  {
    name: 'the last port',
    endpoint: four([255, 255, 255, 255], 65_535),
    rest: [255, 255, 255, 255, 255, 255, ...zeros(8)],
  },
  { name: 'no port', endpoint: four([192, 0, 2, 1], 0), rest: [0, 0, 192, 0, 2, 1, ...zeros(8)] },
  { name: 'IPv6', endpoint: six(LOOPBACK_6, 443), rest: [1, 187, ...zeros(4), ...LOOPBACK_6, ...zeros(4)] },
];

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}

describe('writeSocketAddress', () => {
  for (const { name, endpoint, rest } of ROWS) {
    it(`writes ${name}`, () => {
      const bytes = new Uint8Array(socketAddressBytes(endpoint.address.family));
      writeSocketAddress(bytes, endpoint);
      const family = familyNumber(endpoint.address.family);
      assert.deepEqual([...bytes], [...(endianness() === 'LE' ? [family, 0] : [0, family]), ...rest]);
      assert.equal(portIn(bytes), endpoint.port);
    });
  }

  it('leaves nothing of the address before', () => {
    for (const last of [four([1, 2, 3, 4], 5), six(zeros(16), 0)]) {
      const { family } = last.address;
      const used = new Uint8Array(socketAddressBytes(family));
      const before =
        family === 4 ? four([255, 255, 255, 255], 65_535) : six(new Array<number>(16).fill(255), 65_535);
      writeSocketAddress(used, before);
      writeSocketAddress(used, last);
      const fresh = new Uint8Array(socketAddressBytes(family));
      writeSocketAddress(fresh, last);
      assert.deepEqual(used, fresh);
    }
  });
});
