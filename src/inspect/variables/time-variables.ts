/** Variables of the clock, in local time as in ModSecurity. */
import { single } from './define.ts';
import type { Facts } from './facts.ts';
import type { Variable } from './variable.ts';

export const TIME_VARIABLES: readonly Variable[] = [
  clock('DURATION', (now, facts) => String(now.getTime() - facts.startMs)),
  clock('TIME', (now) => [now.getHours(), now.getMinutes(), now.getSeconds()].map(twoDigits).join(':')),
  clock('TIME_DAY', (now) => String(now.getDate())),
  clock('TIME_EPOCH', (now) => String(Math.floor(now.getTime() / 1000))),
  clock('TIME_HOUR', (now) => String(now.getHours())),
  clock('TIME_MIN', (now) => String(now.getMinutes())),
  clock('TIME_MON', (now) => String(now.getMonth())),
  clock('TIME_SEC', (now) => String(now.getSeconds())),
  clock('TIME_WDAY', (now) => String(now.getDay())),
  clock('TIME_YEAR', (now) => String(now.getFullYear())),
];

function clock(name: string, read: (now: Date, facts: Facts) => string): Variable {
  return single(name, (facts) => read(new Date(facts.nowMs()), facts), { isVolatile: true });
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
