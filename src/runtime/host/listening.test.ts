import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { parseEndpoint } from '../../net/address.ts';
import { includesLocal, readListening } from './listening.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: FD7100CB:0050 FEFF12C6:C350 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: FC7100CB:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1
`;
const TABLE6 = `  sl  local_address                         remote_address                        st
   0: B80D0120000000FF0000000053020000:01BB 00000000000000000000000000000000:0000 01
`;

const ROWS: readonly (readonly [table: string, local: string, isThere: boolean])[] = [
  [TABLE, '203.0.113.253:80', true],
  [TABLE, '203.0.113.253:81', false],
  [TABLE, '203.0.113.254:80', false],
  [TABLE, '203.0.113.252:80', false],
  [TABLE, '0.0.0.0:80', false],
  [TABLE6, '[2001:db8:ff00::253]:443', true],
  [TABLE6, '[2001:db8:ff00:0:0:0:0:253]:443', true],
  [TABLE6, '[2001:db8:ff00:0:0:0:2:5300]:443', false],
  ['', '203.0.113.253:80', false],
];

for (const [table, local, isThere] of ROWS) {
  test(`a connection at ${local} is ${isThere ? '' : 'not '}there`, () => {
    const endpoint = parseEndpoint(local);
    assert(endpoint !== undefined);
    assert.equal(includesLocal(table, endpoint), isThere);
  });
}

test('a connection of IPv6 is found by its four words', () => {
  const endpoint = parseEndpoint('[2001:db8:ff00::253]:443');
  assert(endpoint !== undefined);
  const word = (...bytes: number[]): string => Buffer.from(bytes.reverse()).toString('hex').toUpperCase();
  const local = word(0x20, 1, 0xd, 0xb8) + word(0xff, 0, 0, 0) + word(0, 0, 0, 0) + word(0, 0, 2, 0x53);
  assert(includesLocal(`   0: ${local}:01BB 0:0 01 x`, endpoint));
});

test('who listens is read with its options', () => {
  const plain = 'LISTEN 0 5 0.0.0.0:80 0.0.0.0:*\n\tinet-sockopt: ( is_icsk mc_loop mc_all)\n';
  assert.equal(readListening(''), 'nobody');
  assert.equal(readListening(plain), 'plain');
  assert.equal(readListening(plain.replace('mc_loop', 'transparent mc_loop')), 'transparent');
  assert.equal(readListening(plain + plain.replace('mc_loop', 'transparent mc_loop')), 'transparent');
});
