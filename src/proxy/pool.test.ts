/** Places and the queue of a pool over several workers: nobody overtakes, nothing is lost, and everybody has a part. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOWN } from '../balance/server-table.ts';
import { Crowd } from '../../test/support/crowd.ts';

const ONE = { servers: { a: '192.0.2.1:80' }, maxConnections: 1 };
const TWO = { servers: { a: '192.0.2.1:80', b: '192.0.2.2:80' }, maxConnections: 1 };

test('a place that is given back goes to who waits longest in the same worker', async (t) => {
  const crowd = new Crowd(t, 1, ONE);
  assert.equal(crowd.take(0)?.name, 'a');
  for (const name of ['1', '2', '3']) assert(crowd.wait(0, name));
  assert.deepEqual(crowd.served, []);
  crowd.give(0, 'a');
  await crowd.until(1);
  crowd.give(0, 'a');
  await crowd.until(2);
  assert.deepEqual(crowd.served, ['0 1@a', '0 2@a']);
  assert.equal(crowd.pools[0]?.waiting, 1);
  crowd.give(0, 'a');
  await crowd.until(3);
});

test('a place that one worker gives back goes to who waits in another', async (t) => {
  const crowd = new Crowd(t, 2, ONE);
  assert.equal(crowd.take(0)?.name, 'a');
  assert(crowd.wait(1, 'w'));
  crowd.give(0, 'a');
  await crowd.until(1);
  assert.deepEqual(crowd.served, ['1 w@a']);
  assert.equal(crowd.table.inUse(crowd.rowOf('a')), 1);
});

test('nobody overtakes who waits in another worker, not even at the moment when a place is free', async (t) => {
  const crowd = new Crowd(t, 2, ONE);
  crowd.take(0);
  assert(crowd.wait(1, 'w'));
  crowd.give(0, 'a');
  // The other worker has been called and has not looked yet.
  assert.equal(crowd.take(0), undefined);
  assert.equal(crowd.take(1), undefined);
  await crowd.until(1);
});

test('who comes last and finds a free place behind others gets it after them', async (t) => {
  const crowd = new Crowd(t, 2, ONE);
  crowd.take(0);
  assert(crowd.wait(1, 'first', 'gives'));
  crowd.give(0, 'a');
  assert(crowd.wait(0, 'second', 'gives'));
  await crowd.until(2);
  assert.deepEqual(crowd.served, ['1 first@a', '0 second@a']);
});

test('workers are served in the proportion in which they wait', async (t) => {
  const crowd = new Crowd(t, 2, ONE);
  crowd.take(0);
  for (let count = 0; count < 40; count++) {
    assert(crowd.wait(0, `${count}`));
    if (count % 4 === 0) assert(crowd.wait(1, `${count}`));
  }
  for (let count = 1; count <= 50; count++) {
    const worker = Number(crowd.served.at(-1)?.charAt(0) ?? '0');
    crowd.give(worker, 'a');
    await crowd.until(count);
  }
  const ofOne = crowd.served.slice(0, 25).filter((who) => who.startsWith('1 ')).length;
  assert(ofOne >= 3 && ofOne <= 7, `${ofOne} of 25 where 5 are their part: ${crowd.served.join(', ')}`);
  for (const worker of ['0', '1']) {
    const names = crowd.served
      .filter((who) => who.startsWith(worker))
      .map((who) => parseInt(who.slice(2), 10));
    assert.deepEqual(
      names,
      [...names].sort((left, right) => left - right),
      `worker ${worker} serves in order`,
    );
  }
  assert.equal(crowd.pools[0]?.waiting, 0);
});

test('who gives the place back within being served passes it on: all are served by one place', async (t) => {
  const crowd = new Crowd(t, 3, ONE);
  crowd.take(0);
  for (let count = 0; count < 30; count++) assert(crowd.wait(count % 3, `${count}`, 'gives'));
  crowd.give(0, 'a');
  await crowd.until(30);
  assert.equal(new Set(crowd.served).size, 30);
  assert.equal(crowd.table.inUse(crowd.rowOf('a')), 0);
  assert.equal(crowd.pools[0]?.waiting, 0);
  assert.equal(crowd.take(0)?.name, 'a', 'and then the place is free');
});

test('the bound of the queue is one over all workers, and who leaves makes room', (t) => {
  const crowd = new Crowd(t, 2, { ...ONE, queue: 3 });
  crowd.take(0);
  const [one] = [crowd.wait(0, '1'), crowd.wait(1, '2'), crowd.wait(1, '3')];
  assert.equal(crowd.wait(0, 'too many'), undefined);
  assert.equal(crowd.wait(1, 'too many'), undefined);
  assert(one !== undefined);
  crowd.pools[0]?.leave(one);
  crowd.pools[0]?.leave(one);
  assert.equal(crowd.pools[1]?.waiting, 2);
  assert(crowd.wait(1, 'room again'));
  assert.equal(crowd.wait(0, 'too many'), undefined);
});

test('without a queue nobody waits', (t) => {
  const crowd = new Crowd(t, 1, { ...ONE, queue: 0 });
  crowd.take(0);
  assert.equal(crowd.wait(0, '1'), undefined);
});

test('a place goes to who is bound to its server before others, and never to who is bound to another', async (t) => {
  const crowd = new Crowd(t, 2, TWO);
  assert.deepEqual([crowd.take(0)?.name, crowd.take(0)?.name], ['a', 'b']);
  assert(crowd.wait(0, 'any'));
  assert(crowd.wait(0, 'for b', 'keeps', { bound: crowd.server(0, 'b') }));
  assert(crowd.wait(0, 'for a', 'keeps', { bound: crowd.server(0, 'a') }));
  crowd.give(0, 'a');
  await crowd.until(1);
  crowd.give(0, 'a');
  await crowd.until(2);
  assert.deepEqual(crowd.served, ['0 for a@a', '0 any@a']);
  crowd.give(0, 'b');
  await crowd.until(3);
  assert.equal(crowd.served[2], '0 for b@b');
});

test('who waits for a server in another worker gets its place, although any would do for others here', async (t) => {
  const crowd = new Crowd(t, 2, TWO);
  crowd.take(0);
  crowd.take(0);
  assert(crowd.wait(1, 'for b', 'gives', { bound: crowd.server(1, 'b') }));
  assert(crowd.wait(0, 'any', 'gives'));
  crowd.give(0, 'b');
  await crowd.until(2);
  assert.deepEqual([...crowd.served].sort(), ['0 any@b', '1 for b@b']);
  assert.equal(crowd.table.waiting(crowd.rowOf('b')), 0);
});

test('who avoids a server gets the place of another one', async (t) => {
  const crowd = new Crowd(t, 1, TWO);
  crowd.take(0);
  crowd.take(0);
  assert(crowd.wait(0, 'not a', 'keeps', { avoid: crowd.server(0, 'a') }));
  crowd.give(0, 'b');
  await crowd.until(1);
  assert.deepEqual(crowd.served, ['0 not a@b']);
});

test('when all servers go down everybody who waits is told, in every worker', async (t) => {
  const crowd = new Crowd(t, 2, TWO);
  crowd.take(0);
  crowd.take(0);
  assert(crowd.wait(0, 'any'));
  assert(crowd.wait(1, 'any'));
  assert(crowd.wait(1, 'for a', 'keeps', { bound: crowd.server(1, 'a') }));
  crowd.table.setState(crowd.rowOf('a'), DOWN);
  await crowd.until(1);
  assert.deepEqual(crowd.served, ['1 for a@-']);
  crowd.table.setState(crowd.rowOf('b'), DOWN);
  await crowd.until(3);
  assert.deepEqual(crowd.served.slice(1).sort(), ['0 any@-', '1 any@-']);
  assert.equal(crowd.pools[0]?.waiting, 0);
});

test('what a worker that died had in hand goes to who waits in the others', async (t) => {
  const crowd = new Crowd(t, 2, ONE);
  assert.equal(crowd.take(1)?.name, 'a');
  assert(crowd.wait(0, 'w'));
  crowd.table.releaseWorker(1);
  await crowd.until(1);
  assert.deepEqual(crowd.served, ['0 w@a']);
});
