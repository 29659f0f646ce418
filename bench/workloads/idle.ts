/** Idle connections. Ten thousand need as many file descriptors in the peer and in the load, so they are opt-in. */
import { idleLoad } from '../load/idle-load.ts';
import type { Workload } from '../workload.ts';

export const idle1000: Workload = idleLoad(1_000);
export const idle10000: Workload = { ...idleLoad(10_000), isOptIn: true };
