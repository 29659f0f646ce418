/** Timers of the event loop, for what takes them as parts. */
import type { Timers } from '../balance/health/host.ts';

export const TIMERS: Timers = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
