/**
 * The file that replay.ts reads: visits of requests as latin1 text, with the place of the counter in them.
 */
import { writeFileSync } from 'node:fs';

import { toMessage } from '../traffic/sample.ts';
import type { Visits } from '../traffic/samples.ts';

export interface ReplayedRequest {
  readonly text: string;
  readonly isAttack: boolean;
}

export function writeReplayFile(file: string, visits: Visits): void {
  const replayed: ReplayedRequest[][] = visits.map((visit) =>
    visit.map((sample) => ({ text: toMessage(sample), isAttack: sample.isAttack })),
  );
  writeFileSync(file, JSON.stringify(replayed));
}
