/** All algorithms of balancing. To add one: a file, a row here, and a word in balance-options.ts. */
import type { Algorithm, AlgorithmParts } from './algorithm.ts';
import type { BalanceOptions } from './balance-options.ts';
import { First } from './first.ts';
import { Hashed } from './hashed.ts';
import { LeastConnections } from './least-connections.ts';
import { LeastLoad } from './least-load.ts';
import { LeastTime } from './least-time.ts';
import { Random } from './random.ts';
import { RequestKey } from './request-key.ts';
import { RoundRobin } from './round-robin.ts';

type Make = (parts: AlgorithmParts, options: BalanceOptions) => Algorithm;

export const ALGORITHMS: Readonly<Record<BalanceOptions['by'], Make>> = {
  'round-robin': (parts) => new RoundRobin(parts),
  'least-connections': (parts) => new LeastConnections(parts),
  random: (parts) => new Random(parts),
  first: (parts) => new First(parts),
  hash: (parts, { key, name = '', bound }) => new Hashed({ ...parts, key: new RequestKey(key, name), bound }),
  'least-time': (parts) => new LeastTime(parts),
  'least-load': (parts) => new LeastLoad(parts),
};
