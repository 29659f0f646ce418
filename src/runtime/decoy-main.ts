/** The thread of the built-in decoys: what attackers do there holds up neither traffic nor the supervisor. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ServerAddress } from '../proxy/server.ts';
import { BuiltInDecoys } from './built-in-decoys.ts';
import { ThreadLink } from './thread-link.ts';
import type { Offer } from './thread-link.ts';

export interface DecoyStart {
  readonly seed: string;
}

export type DecoyOffer = {
  /** Opens one on a descriptor, which belongs to it from then on, or on a free port of loopback. */
  readonly open: (wish: {
    readonly name: string;
    readonly descriptor: number | undefined;
  }) => Promise<ServerAddress>;
  readonly close: (name: string) => Promise<void>;
};

if (parentPort !== null) serve(parentPort, workerData as DecoyStart); // What DecoyThread starts it with.

function serve(port: NonNullable<typeof parentPort>, { seed }: DecoyStart): void {
  const decoys = new BuiltInDecoys(seed);
  const offer: DecoyOffer = {
    open: ({ name, descriptor }) => decoys.start(name, descriptor),
    close: (name) => decoys.stop(name),
  };
  new ThreadLink<DecoyOffer, Offer>(port, offer, (error) => {
    throw error;
  });
}
