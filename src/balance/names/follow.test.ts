import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeHost } from '../../../test/support/health-host.ts';
import { formatEndpoint, parseEndpoint } from '../../net/address.ts';
import type { Endpoint } from '../../net/address.ts';
import { NameFollower, placeInSlots } from './follow.ts';
import type { FollowedName } from './follow.ts';
import type { ResolverOptions } from './options.ts';
import type { Resolution } from './resolve.ts';

const OPTIONS: ResolverOptions = {
  servers: undefined,
  families: 'any',
  timeout: 1000,
  shortest: 1000,
  longest: 60_000,
  unknown: 10_000,
  hold: 30_000,
};

const at = (...texts: string[]): Endpoint[] => texts.map((text) => parseEndpoint(text)!);
const ok = (ttlMs: number | undefined, ...texts: string[]): Resolution => ({
  kind: 'ok',
  endpoints: at(...texts),
  ttlMs,
});
const FAILED: Resolution = { kind: 'failed', why: 'no name server answered in time' };

interface Following {
  readonly host: ReturnType<typeof fakeHost>;
  readonly follower: NameFollower;
  /** What the next questions find. */
  answer: Resolution;
  asked: number;
  changes: number;
  shown(slots?: number): string;
}

function follow(...names: FollowedName[]): Following {
  const host = fakeHost();
  const resolve = (): Promise<Resolution> => {
    following.asked++;
    return Promise.resolve(following.answer);
  };
  const onChange = (): void => {
    following.changes++;
  };
  const follower = new NameFollower(OPTIONS, { ...host, resolve, onChange });
  const following: Following = {
    host,
    follower,
    answer: FAILED,
    asked: 0,
    changes: 0,
    shown: (slots = 1) =>
      Array.from({ length: slots }, (_, slot) => follower.addressOf('app', 80, slot))
        .map((endpoint) => (endpoint === undefined ? '-' : formatEndpoint(endpoint)))
        .join(' '),
  };
  follower.update(OPTIONS, resolve, names);
  return following;
}

const APP = { name: 'app', port: 80, slots: 1 };

test('a name is asked for again when its answer has ended, within bounds', async () => {
  for (const [ttlMs, nextMs] of [
    [5000, 5000],
    [0, OPTIONS.shortest],
    [1_000_000, OPTIONS.longest],
    [undefined, OPTIONS.unknown],
  ] as const) {
    const following = follow(APP);
    following.answer = ok(ttlMs, '192.0.2.1:80');
    await following.host.pass(0);
    assert.deepEqual([following.shown(), following.asked], ['192.0.2.1:80', 1]);
    await following.host.pass(nextMs - 1);
    assert.equal(following.asked, 1, String(ttlMs));
    await following.host.pass(1);
    assert.equal(following.asked, 2, String(ttlMs));
    following.follower.close();
  }
});

test('another address is told of, the same one is not', async () => {
  const following = follow(APP);
  following.answer = ok(1000, '192.0.2.1:80');
  await following.host.pass(3000);
  assert.equal(following.changes, 1);
  following.answer = ok(1000, '192.0.2.2:80');
  await following.host.pass(1000);
  assert.deepEqual([following.shown(), following.changes], ['192.0.2.2:80', 2]);
  following.follower.close();
});

test('while there is no answer the last one holds for a while, and then there is no address', async () => {
  const following = follow(APP);
  following.answer = ok(1000, '192.0.2.1:80');
  await following.host.pass(0);
  following.answer = FAILED;
  await following.host.pass(OPTIONS.hold - 1);
  assert.equal(following.shown(), '192.0.2.1:80');
  await following.host.pass(1000);
  assert.equal(following.shown(), '-');
  const warnings = following.host.events.filter((event) => event.includes('Cannot resolve'));
  assert.deepEqual(warnings, [
    '1000 warn Cannot resolve the name of a server: no name server answered in time; its last addresses are used',
    '30000 warn Cannot resolve the name of a server: no name server answered in time; it has no address',
  ]);
  following.answer = ok(1000, '192.0.2.3:80');
  await following.host.pass(1000);
  assert.equal(following.shown(), '192.0.2.3:80');
  following.follower.close();
});

test('a name that is never resolved is told of once, and asked for again', async () => {
  const following = follow(APP);
  await following.host.pass(10_000);
  assert.equal(following.asked, 11);
  assert.equal(following.host.events.filter((event) => event.includes('Cannot resolve')).length, 1);
  assert.equal(following.changes, 0);
  following.follower.close();
});

test('a reload keeps what is known of a name that stays, and asks no more for one that is gone', async () => {
  const following = follow(APP, { name: 'other', port: 80, slots: 1 });
  following.answer = ok(5000, '192.0.2.1:80');
  await following.host.pass(0);
  assert.equal(following.asked, 2);
  following.follower.update(OPTIONS, () => Promise.resolve(FAILED), [APP]);
  assert.equal(following.shown(), '192.0.2.1:80');
  assert.equal(following.follower.addressOf('other', 80, 0), undefined);
  await following.host.pass(5000);
  assert.equal(following.asked, 2, 'the new resolver is asked');
  assert.equal(following.shown(), '192.0.2.1:80');
  following.follower.close();
});

test('more slots are filled at once', async () => {
  const following = follow(APP);
  following.answer = ok(60_000, '192.0.2.1:80', '192.0.2.2:80', '192.0.2.3:80');
  await following.host.pass(0);
  assert.equal(following.shown(3), '192.0.2.1:80 - -');
  following.follower.update(OPTIONS, () => Promise.resolve(following.answer), [{ ...APP, slots: 2 }]);
  await following.host.pass(0);
  assert.equal(following.shown(3), '192.0.2.1:80 192.0.2.2:80 -');
  following.follower.close();
});

const SLOTS: readonly {
  readonly what: string;
  readonly before: string;
  readonly found: string;
  readonly slots: number;
  readonly after: string;
}[] = [
  { what: 'the first answer', before: '', found: '1 2', slots: 3, after: '1 2 -' },
  { what: 'another order', before: '1 2 3', found: '3 1 2', slots: 3, after: '1 2 3' },
  { what: 'one less', before: '1 2 3', found: '3 1', slots: 3, after: '1 - 3' },
  { what: 'one in place of another', before: '1 2 3', found: '1 4 3', slots: 3, after: '1 4 3' },
  { what: 'more than fit', before: '1', found: '2 3 1', slots: 2, after: '1 2' },
  { what: 'nothing', before: '1 2', found: '', slots: 2, after: '- -' },
  { what: 'the same one twice', before: '', found: '1 1', slots: 2, after: '1 -' },
];
for (const { what, before, found, slots, after } of SLOTS) {
  test(`slots take ${what}`, () => {
    const endpoints = (text: string): Endpoint[] =>
      text.split(' ').flatMap((digit) => (digit === '' ? [] : at(`192.0.2.${digit}:80`)));
    const placed = placeInSlots(endpoints(before), endpoints(found), slots);
    assert.equal(placed.map((one) => one?.address.bytes[3] ?? '-').join(' '), after);
    assert.equal(placed.length, slots);
  });
}
