/** An amount of computing that is always the same. */
import { pbkdf2Sync } from 'node:crypto';

export function work(iterations: number): void {
  pbkdf2Sync('sallyport', 'bench', iterations, 32, 'sha256');
}

/** How many iterations take about `ms` on a core of this machine that does nothing else: the best of several tries. */
export function iterationsFor(ms: number): number {
  const probe = 2_000;
  let best = Infinity;
  for (let tries = 0; tries < 20; tries++) {
    const beganAt = performance.now();
    work(probe);
    best = Math.min(best, performance.now() - beganAt);
  }
  return Math.max(1, Math.round((probe * ms) / best));
}
