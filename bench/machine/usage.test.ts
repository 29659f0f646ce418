import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cpuTimeOf, memoryOf, parseStat } from './usage.ts';

const TAIL = 'S 1 4242 1 0 -1 4194560 1 2 3 4 111 222 0 0 20 0 1 0 5 6 7';
const NAMES = ['node', 'two words', 'a) S 9 9', '((', ') ) )', ''];
for (const name of NAMES) {
  test(`parseStat finds the group and the ticks behind the name "${name}"`, () => {
    assert.deepEqual(parseStat(`17 (${name}) ${TAIL}`), { group: 4242, userTicks: 111, systemTicks: 222 });
  });
}

const isLinux = process.platform === 'linux' ? {} : { skip: 'reads /proc, which only Linux has' };

test('cpuTimeOf grows by about the CPU time that this process uses', isLinux, () => {
  const before = cpuTimeOf([process.pid]);
  const own = process.cpuUsage();
  let sum = 0;
  while (process.cpuUsage(own).user < 60_000) sum += Math.sqrt(sum + 1);
  const usedNs = cpuTimeOf([process.pid]).totalNs - before.totalNs;
  // Both count CPU time, not the time of the clock on the wall: a busy machine does not matter. One tick of slack.
  assert.ok(usedNs > 40e6, `${usedNs} ns were seen of at least 60 ms`);
});

test('memoryOf counts no more as proportional than as resident', isLinux, () => {
  const { pssBytes, rssBytes } = memoryOf([process.pid]);
  assert.ok(pssBytes > 1e6 && pssBytes <= rssBytes);
});

test('a process that has ended counts nothing', isLinux, () => {
  assert.equal(cpuTimeOf([2 ** 30]).totalNs, 0);
});
