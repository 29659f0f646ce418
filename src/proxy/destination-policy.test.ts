import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEndpoint } from '../net/address.ts';
import { CidrSet, parseCidr } from '../net/cidr.ts';
import { DestinationPolicy } from './destination-policy.ts';
import { LoopGuard } from './loop-guard.ts';

const OWN = ['192.0.2.1', '2001:db8:2::1', '127.0.0.1'];

function policy(
  within: readonly string[],
  loops = new LoopGuard(
    () => 0,
    () => OWN,
  ),
): DestinationPolicy {
  const cidrs = within.map((text) => {
    const cidr = parseCidr(text);
    assert(typeof cidr === 'object', text);
    return cidr;
  });
  return new DestinationPolicy(CidrSet.of(cidrs), loops);
}

function code(within: readonly string[], destination: string): string {
  const endpoint = parseEndpoint(destination);
  assert(endpoint !== undefined, destination);
  return policy(within).refusal(endpoint, '198.51.100.2:5000')?.code ?? 'allowed';
}

const EVERYTHING = ['0.0.0.0/0', '::/0'];

const REFUSED: readonly (readonly [what: string, within: readonly string[], to: string, code: string])[] = [
  ['an address outside of the networks', ['203.0.113.0/24'], '203.0.114.1:80', 'destination-not-allowed'],
  ['one of the other family', ['203.0.113.0/24'], '[2001:db8:f::80]:80', 'destination-not-allowed'],
  ['IPv6 where 0.0.0.0/0 is allowed', ['0.0.0.0/0'], '[2001:db8:f::80]:80', 'destination-not-allowed'],
  ['port 0', ['203.0.113.0/24'], '203.0.113.80:0', 'destination-address'],
  ['the unspecified address', EVERYTHING, '0.0.0.0:80', 'destination-address'],
  ['an address of "this network"', EVERYTHING, '0.1.2.3:80', 'destination-address'],
  ['the unspecified address of IPv6', EVERYTHING, '[::]:80', 'destination-address'],
  ['multicast', EVERYTHING, '224.0.0.1:80', 'destination-address'],
  ['broadcast', EVERYTHING, '255.255.255.255:80', 'destination-address'],
  ['multicast of IPv6', EVERYTHING, '[ff02::1]:80', 'destination-address'],
  ['link-local of IPv6', EVERYTHING, '[fe80::1]:80', 'destination-address'],
  ['loopback', EVERYTHING, '127.0.0.1:80', 'destination-guarded'],
  ['any of loopback', EVERYTHING, '127.255.255.254:80', 'destination-guarded'],
  ['loopback of IPv6', EVERYTHING, '[::1]:80', 'destination-guarded'],
  ['loopback, mapped into IPv6', EVERYTHING, '[::ffff:127.0.0.1]:80', 'destination-guarded'],
  ['loopback behind a translator', EVERYTHING, '[64:ff9b::7f00:1]:80', 'destination-guarded'],
  ['loopback in a 6to4 address', EVERYTHING, '[2002:7f00:1::1]:80', 'destination-guarded'],
  ['the metadata address', EVERYTHING, '169.254.169.254:80', 'destination-guarded'],
  ['the same, mapped', EVERYTHING, '[::ffff:169.254.169.254]:80', 'destination-guarded'],
  ['the same behind a translator', EVERYTHING, '[64:ff9b::a9fe:a9fe]:80', 'destination-guarded'],
  ['the same in a 6to4 address', EVERYTHING, '[2002:a9fe:a9fe::1]:80', 'destination-guarded'],
  ['the metadata address of IPv6', EVERYTHING, '[fd00:ec2::254]:80', 'destination-guarded'],
  ['those of other clouds', EVERYTHING, '100.100.100.200:80', 'destination-guarded'],
  ['a container task role address', EVERYTHING, '169.254.170.2:80', 'destination-guarded'],
  [
    'another guarded one than is named',
    ['0.0.0.0/0', '169.254.169.254'],
    '127.0.0.1:80',
    'destination-guarded',
  ],
  [
    'a network that holds the guarded one does not name it',
    ['126.0.0.0/7'],
    '127.0.0.1:80',
    'destination-guarded',
  ],
  ['an address of this host', EVERYTHING, '192.0.2.1:80', 'destination-own'],
  ['the same on another port', EVERYTHING, '192.0.2.1:22', 'destination-own'],
  ['one of IPv6', EVERYTHING, '[2001:db8:2::1]:80', 'destination-own'],
  ['one that is named itself', ['192.0.2.1'], '192.0.2.1:80', 'destination-own'],
];

for (const [what, within, to, expected] of REFUSED) {
  test(`${what} is refused`, () => assert.equal(code(within, to), expected));
}

const ALLOWED: readonly (readonly [what: string, within: readonly string[], to: string])[] = [
  ['an address of the networks', ['203.0.113.0/24'], '203.0.113.80:80'],
  ['one of IPv6', ['2001:db8:f::/64'], '[2001:db8:f::80]:65535'],
  ['anything else', EVERYTHING, '198.51.100.7:25'],
  ['the metadata address that is named', ['0.0.0.0/0', '169.254.169.254'], '169.254.169.254:80'],
  ['link-local addresses that are named', ['169.254.0.0/16'], '169.254.1.1:80'],
  ['loopback that is named', ['127.0.0.0/8'], '127.0.0.1:80'],
  ['loopback of IPv6 that is named', ['::1'], '[::1]:80'],
];

for (const [what, within, to] of ALLOWED) {
  test(`${what} may be connected to`, () => assert.equal(code(within, to), 'allowed'));
}

test('a client that wanted nothing known gets nothing', () => {
  assert.equal(policy(EVERYTHING).refusal(undefined, '')?.code, 'destination-unknown');
});

test('what comes from a connection of our own is a loop, as long as that is open', () => {
  const loops = new LoopGuard(
    () => 0,
    () => OWN,
  );
  const to = parseEndpoint('203.0.113.80:80');
  const from = (peer: string): string | undefined =>
    policy(['203.0.113.0/24'], loops).refusal(to, peer)?.code;
  loops.add('203.0.113.80:40000', '203.0.113.80:80');
  assert.equal(from('203.0.113.80:40000'), 'destination-loop');
  assert.equal(from('203.0.113.80:40001'), undefined);
  loops.remove('203.0.113.80:40000', '203.0.113.80:80');
  assert.equal(from('203.0.113.80:40000'), undefined);
});

test('a port that we use to another destination says nothing', () => {
  const loops = new LoopGuard(
    () => 0,
    () => OWN,
  );
  loops.add('198.51.100.2:40000', '203.0.113.81:80');
  assert.equal(
    policy(['203.0.113.0/24'], loops).refusal(parseEndpoint('203.0.113.80:80'), '198.51.100.2:40000'),
    undefined,
  );
});

test('addresses of this host are looked at anew after a second', () => {
  let at = 0;
  let own = ['192.0.2.1'];
  const loops = new LoopGuard(
    () => at,
    () => own,
  );
  assert.equal(loops.isOwn('192.0.2.9'), false);
  own = ['192.0.2.9'];
  at = 999;
  assert.equal(loops.isOwn('192.0.2.9'), false);
  at = 1000;
  assert.equal(loops.isOwn('192.0.2.9'), true);
  assert.equal(loops.isOwn('192.0.2.1'), false);
});

test('addresses of this host are those of its devices', () => {
  const loops = new LoopGuard(() => 0);
  assert.equal(loops.isOwn('127.0.0.1'), true);
  assert.equal(loops.isOwn('203.0.113.80'), false);
});
