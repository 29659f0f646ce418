/**
 * The command line of the bench: one table of flags, from which the help text comes too.
 */
import { parseArgs } from 'node:util';

import { readCount } from './command.ts';
import type { Peer } from './peers/peer.ts';
import { PEERS } from './peers/peers.ts';
import type { Workload } from './workload.ts';
import { WORKLOADS } from './workloads.ts';

export interface BenchOptions {
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  readonly rounds: number;
  readonly seconds: number;
  readonly jsonFile: string | undefined;
  /** The name of the record to write. */
  readonly record: string | undefined;
}

const FLAGS = {
  only: { value: 'NAME,NAME', doc: 'run these workloads' },
  peers: { value: 'NAME,NAME', doc: `run these of ${PEERS.map(({ name }) => name).join(', ')}` },
  rounds: { value: 'N', doc: 'how many rounds, 5 by default' },
  seconds: { value: 'S', doc: 'how long each measurement lasts, 4 by default' },
  json: { value: 'FILE', doc: 'write every figure of every round to FILE' },
  record: { value: 'WHAT', doc: 'keep the result as bench/records/DATE-WHAT.json and .md' },
} as const;

export const HELP: string = [
  'Usage: npm run bench -- [flags]\n',
  ...Object.entries(FLAGS).map(([name, { value, doc }]) => `  ${`--${name} ${value}`.padEnd(20)}  ${doc}`),
  '  --help                this text',
  '\nWorkloads:\n',
  ...WORKLOADS.map(
    ({ name, title, isOptIn }) => `  ${name.padEnd(26)}${title}${isOptIn ? ' (only by name)' : ''}`,
  ),
  '',
].join('\n');

/** Throws an Error whose message is for the user; `help` when that was asked for. */
export function readOptions(argv: readonly string[]): BenchOptions | 'help' {
  const flag = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: flag,
      peers: flag,
      rounds: flag,
      seconds: flag,
      json: flag,
      record: flag,
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  if (values.record !== undefined && !/^[a-z0-9-]{1,60}$/.test(values.record)) {
    throw new Error(
      `Cannot read --record: "${values.record}" is not a name of lower-case letters, digits and "-"`,
    );
  }
  return {
    workloads:
      values.only === undefined
        ? WORKLOADS.filter((workload) => !workload.isOptIn)
        : choose('--only', values.only, WORKLOADS),
    peers: values.peers === undefined ? PEERS : choose('--peers', values.peers, PEERS),
    rounds: readCount('--rounds', values.rounds ?? '5', 100),
    seconds: readCount('--seconds', values.seconds ?? '4', 600),
    jsonFile: values.json,
    record: values.record,
  };
}

/** Those of `all` that are named, in the order of `all`. */
function choose<T extends { readonly name: string }>(flag: string, text: string, all: readonly T[]): T[] {
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!all.some((item) => item.name === name)) {
      throw new Error(`Cannot read ${flag}: "${name}" is none of ${all.map((item) => item.name).join(', ')}`);
    }
  }
  return all.filter((item) => names.includes(item.name));
}
