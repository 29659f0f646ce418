import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryBudget, WINDOW_MS } from './retry-budget.ts';

/** Requests that come each second and all ask for a retry: how many get one in `seconds`. */
function allowed(budget: RetryBudget, perSecond: number, seconds: number, fromMs = 0): number {
  let count = 0;
  for (let index = 0; index < perSecond * seconds; index++) {
    budget.deposit();
    if (budget.withdraw(fromMs + (index * 1000) / perSecond)) count++;
  }
  return count;
}

test('when everything fails, retries are the share of the requests, and a few more', () => {
  const budget = new RetryBudget({ percent: 20, perSecond: 10 }, 0);
  const count = allowed(budget, 1000, 60);
  // 20 % of 60,000, 10 a second, and what was there at the beginning.
  assert(count <= 12_000 + 600 + 100, String(count));
  assert(count > 12_000, String(count));
});

test('few requests have the retries of each second', () => {
  const budget = new RetryBudget({ percent: 20, perSecond: 10 }, 0);
  assert.equal(allowed(budget, 5, 60), 300);
});

test('a budget of nothing allows nothing', () => {
  assert.equal(allowed(new RetryBudget({ percent: 0, perSecond: 0 }, 0), 1000, 10), 0);
});

test('a share of 100 per cent lets each request be tried again once', () => {
  assert.equal(allowed(new RetryBudget({ percent: 100, perSecond: 0 }, 0), 100, 10), 1000);
});

test('a burst after much traffic has what the window brought, and no more', () => {
  const budget = new RetryBudget({ percent: 10, perSecond: 0 }, 0);
  // Twenty windows of traffic in which nothing failed.
  for (let index = 0; index < 100_000; index++) budget.deposit();
  let burst = 0;
  while (budget.withdraw(20 * WINDOW_MS)) burst++;
  assert.equal(burst, 500);
});

test('what was saved is gone when its window has passed', () => {
  const budget = new RetryBudget({ percent: 100, perSecond: 0 }, 0);
  for (let index = 0; index < 100; index++) budget.deposit();
  assert.equal(budget.withdraw(0), true);
  assert.equal(budget.withdraw(WINDOW_MS), false);
});

test('a clock that is asked twice at one moment, or seems to go back, gives nothing away', () => {
  const budget = new RetryBudget({ percent: 0, perSecond: 1 }, 1000);
  let count = 0;
  while (budget.withdraw(500)) count++;
  assert.equal(count, 10);
});
