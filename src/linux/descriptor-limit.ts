/**
 * How many descriptors the system lets this process have: RLIMIT_NOFILE, which Node.js raises to the hard limit when it
 * starts (getrlimit(2), proc_pid_limits(5)).
 */
import { readFileSync } from 'node:fs';

/** Undefined where the system does not say, and Infinity where it sets no limit. */
export function descriptorLimit(): number | undefined {
  try {
    return readDescriptorLimit(readFileSync('/proc/self/limits', 'latin1'));
  } catch {
    return undefined;
  }
}

/** The soft limit in what /proc/PID/limits says. */
export function readDescriptorLimit(limits: string): number | undefined {
  const soft = /^Max open files +(\d+|unlimited) /m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Infinity : Number(soft);
}
