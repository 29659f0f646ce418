import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CidrSet, parseCidr } from '../net/cidr.ts';
import type { Cause, Mark, Refusal } from './attackers.ts';
import { Attackers } from './attackers.ts';

const CAUSE: Cause = { rule: '942100', exchange: 'x1', text: 'SQL injection in ARGS:id' };

function never(...texts: string[]): CidrSet {
  return CidrSet.of(
    texts.map((text) => {
      const cidr = parseCidr(text);
      assert.ok(typeof cidr === 'object', text);
      return cidr;
    }),
  );
}

class FakeClock {
  nowMs = 1_000_000;
  reads = 0;
  readonly read = (): number => {
    this.reads++;
    return this.nowMs;
  };
}

function attackersWith(options: { max?: number; never?: CidrSet; markForMs?: number } = {}): {
  attackers: Attackers;
  clock: FakeClock;
} {
  const clock = new FakeClock();
  const attackers = new Attackers({ markForMs: 60_000, max: 10, never: never(), ...options }, clock.read);
  return { attackers, clock };
}

function marked(result: Mark | Refusal): Mark {
  assert.equal(result.kind, 'mark');
  return result;
}

test('a mark says who, when, why and until when', () => {
  const { attackers, clock } = attackersWith();
  attackers.mark('203.0.113.9', CAUSE);
  clock.nowMs += 5;
  attackers.isMarked('203.0.113.9');
  assert.deepEqual(attackers.list(), [
    {
      kind: 'mark',
      key: '203.0.113.9',
      address: '203.0.113.9',
      startMs: 1_000_000,
      cause: CAUSE,
      endMs: 1_060_000,
      offences: 1,
      visits: 1,
      lastSeenMs: 1_000_005,
    },
  ]);
});

test('a mark holds until its end and not at it, however often the client comes', () => {
  const { attackers, clock } = attackersWith();
  attackers.mark('203.0.113.9', CAUSE);
  for (let visit = 0; visit < 5; visit++) {
    clock.nowMs += 10_000;
    assert.ok(attackers.isMarked('203.0.113.9'));
  }
  clock.nowMs = 1_059_999;
  assert.ok(attackers.isMarked('203.0.113.9'));
  clock.nowMs = 1_060_000;
  assert.equal(attackers.isMarked('203.0.113.9'), undefined);
  assert.deepEqual(attackers.list(), []);
});

test('a new offence moves the end and keeps the first cause', () => {
  const { attackers, clock } = attackersWith();
  attackers.mark('203.0.113.9', CAUSE);
  clock.nowMs += 30_000;
  const mark = marked(attackers.mark('203.0.113.9', { rule: '1', exchange: 'x2', text: 'again' }));
  assert.equal(mark.endMs, 1_090_000);
  assert.equal(mark.startMs, 1_000_000);
  assert.equal(mark.offences, 2);
  assert.deepEqual(mark.cause, CAUSE);
  assert.equal(attackers.size, 1);
});

test('an end never moves to an earlier time', () => {
  const { attackers } = attackersWith();
  attackers.mark('203.0.113.9', CAUSE, 500_000);
  assert.equal(marked(attackers.mark('203.0.113.9', CAUSE, 1)).endMs, 1_500_000);
});

const SAME: readonly [string, string, string][] = [
  ['the same IPv4 address', '203.0.113.9', '203.0.113.9'],
  ['an IPv4-mapped address, marked as such', '::ffff:203.0.113.9', '203.0.113.9'],
  ['another address of the same IPv6 /64', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
  ['the same /64 in another spelling', '2001:0DB8:1:2:0:0:0:1', '2001:db8:1:2::77'],
];
for (const [name, first, second] of SAME) {
  test(`a mark is found by ${name}`, () => {
    const { attackers } = attackersWith();
    attackers.mark(first, CAUSE);
    assert.ok(attackers.isMarked(second));
    assert.ok(attackers.isMarked(second), 'the key of the last IPv6 address is kept');
    assert.equal(attackers.forgive(second), true);
    assert.equal(attackers.isMarked(second), undefined);
  });
}

const DIFFERENT: readonly [string, string, string][] = [
  ['another IPv4 address', '203.0.113.9', '203.0.113.10'],
  ['another /64', '2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['an IPv4 address inside an IPv6 one', '2001:db8::cb00:7109', '203.0.113.9'],
  ['a client without an address', '203.0.113.9', ''],
  ['text that is no address', '203.0.113.9', 'x:y'],
  ['the key of a mark, which is no address', '2001:db8:1:2::1', '2001:db8:1:2::/64'],
];
for (const [name, first, second] of DIFFERENT) {
  test(`a mark is not found by ${name}`, () => {
    const { attackers } = attackersWith();
    attackers.mark(first, CAUSE);
    assert.equal(attackers.isMarked(second), undefined);
    assert.ok(attackers.isMarked(first));
  });
}

const REFUSED: readonly [string, string, Refusal['code']][] = [
  ['a client on a UNIX socket', '', 'no-address'],
  ['a host name', 'localhost', 'bad-address'],
  ['an address with a port', '203.0.113.9:80', 'bad-address'],
  ['an address with a leading zero', '203.0.113.09', 'bad-address'],
  ['a network', '203.0.113.0/24', 'bad-address'],
  ['a trusted proxy', '10.0.0.7', 'never'],
  ['a trusted proxy as an IPv4-mapped address', '::ffff:10.0.0.7', 'never'],
  ['an allowed IPv6 client', '2001:db8:5::1', 'never'],
];
for (const [name, address, code] of REFUSED) {
  test(`mark refuses ${name}`, () => {
    const { attackers } = attackersWith({ never: never('10.0.0.0/8', '2001:db8:5::1') });
    const result = attackers.mark(address, CAUSE);
    assert.equal(result.kind, 'refused');
    assert.equal(result.code, code);
    assert.match(result.text, /^Cannot mark /);
    assert.equal(attackers.size, 0);
  });
}

test('a trusted proxy inside the /64 of an attacker is not marked with it', () => {
  const { attackers } = attackersWith({ never: never('2001:db8:1:2::1') });
  attackers.mark('2001:db8:1:2::66', CAUSE);
  assert.equal(attackers.isMarked('2001:db8:1:2::1'), undefined);
  assert.ok(attackers.isMarked('2001:db8:1:2::67'));
  assert.equal(attackers.list()[0]?.visits, 1);
});

test('the mark that ends first makes room when there are too many', () => {
  const { attackers } = attackersWith({ max: 2 });
  attackers.mark('192.0.2.1', CAUSE, 50_000);
  attackers.mark('192.0.2.2', CAUSE, 40_000);
  attackers.mark('192.0.2.3', CAUSE, 60_000);
  assert.equal(attackers.size, 2);
  assert.equal(attackers.dropped, 1);
  assert.equal(attackers.isMarked('192.0.2.2'), undefined);
  assert.ok(attackers.isMarked('192.0.2.1'));
});

test('forgive says whether there was a mark, and takes a key as list shows it', () => {
  const { attackers, clock } = attackersWith();
  assert.equal(attackers.forgive('192.0.2.1'), false);
  assert.equal(attackers.forgive('not an address'), false);
  attackers.mark('2001:db8:1:2::1', CAUSE);
  const key = attackers.list()[0]?.key ?? '';
  assert.equal(key, '2001:db8:1:2::/64');
  assert.equal(attackers.forgive(key), true);
  attackers.mark('192.0.2.1', CAUSE);
  clock.nowMs += 60_000;
  assert.equal(attackers.forgive('192.0.2.1'), false, 'a mark that has ended is no mark');
});

test('a new configuration keeps ends, drops marks that are no longer allowed, and applies its bound', () => {
  const { attackers } = attackersWith();
  attackers.mark('10.0.0.7', CAUSE);
  attackers.mark('192.0.2.1', CAUSE, 90_000);
  attackers.mark('192.0.2.2', CAUSE, 80_000);
  attackers.configure({ markForMs: 5, max: 1, never: never('10.0.0.0/8') });
  attackers.applyBounds();
  assert.deepEqual(
    attackers.list().map((mark) => [mark.address, mark.endMs]),
    [['192.0.2.1', 1_090_000]],
  );
  assert.equal(marked(attackers.mark('192.0.2.9', CAUSE)).endMs, 1_000_005);
});

test('without a mark of its own a client costs no look at the clock', () => {
  const { attackers, clock } = attackersWith();
  attackers.isMarked('192.0.2.1');
  attackers.mark('192.0.2.9', CAUSE);
  clock.reads = 0;
  assert.equal(attackers.isMarked('192.0.2.1'), undefined);
  assert.equal(attackers.isMarked('2001:db8::1'), undefined);
  assert.equal(clock.reads, 0);
});

test('what a mark keeps of a cause is bounded', () => {
  const { attackers } = attackersWith();
  const mark = marked(attackers.mark('192.0.2.1', { ...CAUSE, text: 'x'.repeat(100_000) }));
  assert.equal(mark.cause.text.length, 200);
});

test('another thread sees marks and offences of this one, and this one its visits', () => {
  const { attackers, clock } = attackersWith();
  const options = { markForMs: 60_000, max: 10, never: never() };
  const other = Attackers.sharing(options, clock.read, attackers.memory, 2);
  attackers.mark('192.0.2.1', CAUSE);
  assert.deepEqual(other.isMarked('192.0.2.1')?.cause, CAUSE);
  assert.equal(marked(other.mark('192.0.2.1', CAUSE)).offences, 2);
  assert.deepEqual(
    attackers.list().map(({ visits, offences }) => [visits, offences]),
    [[1, 2]],
  );
  assert.equal(other.forgive('192.0.2.1'), true);
  assert.equal(attackers.isMarked('192.0.2.1'), undefined);
});

test('a mark that cannot be made because a thread has died says so', () => {
  const { attackers } = attackersWith();
  // The lock is the first cell of the map: as if thread 9 had died with it.
  new Int32Array(attackers.memory.shared)[0] = 9;
  const refused = attackers.mark('192.0.2.1', CAUSE);
  assert.deepEqual(refused, {
    kind: 'refused',
    code: 'busy',
    text: 'Cannot mark "192.0.2.1" now: a thread has died and is being replaced',
  });
  attackers.releaseHolder(9);
  marked(attackers.mark('192.0.2.1', CAUSE));
});

test('texts that are no ASCII are kept, cut between two characters', () => {
  const { attackers } = attackersWith();
  attackers.mark('192.0.2.1', { ...CAUSE, rule: 'é', text: '€'.repeat(150) });
  assert.deepEqual(attackers.isMarked('192.0.2.1')?.cause, { ...CAUSE, rule: 'é', text: '€'.repeat(93) });
});
