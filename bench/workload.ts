/**
 * What a workload is: which peers do what (subjects), what is measured of them (columns), and how (measure). One file a
 * workload below workloads/, all of them in the table of workloads.ts.
 */
import type { Backends } from './backend/backend.ts';
import type { Cores } from './machine/cores.ts';
import type { Processes, Running } from './machine/process.ts';
import type { Job, Peer } from './peers/peer.ts';

/** What a run has at hand. */
export interface Bench {
  readonly processes: Processes;
  readonly cores: Cores;
  readonly backends: Backends;
  /** The folder of the run; it is removed at the end. */
  readonly folder: string;
  /** How long one measurement lasts. */
  readonly seconds: number;
}

/** A peer with a job, under the name that the table shows. */
export interface Subject {
  readonly label: string;
  readonly peer: Peer;
  readonly job: Job;
}

/** A subject that is running. */
export interface Target {
  readonly running: Running;
  readonly port: number;
  readonly accessLogFile: string | undefined;
}

/** What one measurement gave, by the key of its column. Keys without a column are kept in the JSON alone. */
export type Figures = Readonly<Record<string, number>>;

export interface Column {
  readonly key: string;
  readonly title: string;
  readonly digits: number;
  /** Show the ratio to each baseline of the same round. */
  readonly isCompared?: true;
  /** Show the difference to each baseline of the same round. */
  readonly isSubtracted?: true;
}

/** A limit for a figure of one subject, alone or beside that of another one in the same round. */
export interface Bar {
  readonly label: string;
  readonly key: string;
  /** `ratio` and `difference` are to `other`. */
  readonly kind: 'ratio' | 'difference';
  readonly other: string;
  readonly max: number;
  /** What it is, for people. */
  readonly text: string;
}

export interface Workload {
  readonly name: string;
  /** One line for people: what is sent. */
  readonly title: string;
  /** Runs only when --only names it. */
  readonly isOptIn?: true;
  readonly backend: keyof Backends;
  /** The first is the figure that the workload is about. */
  readonly columns: readonly Column[];
  /** The labels that the others are compared with. */
  readonly baselines: readonly string[];
  /** Start each subject anew in each round: for memory, where a second round would find the room of the first. */
  readonly isFreshEachRound?: true;
  readonly roundsMax?: number;
  /** Limits that the figures are held against. */
  readonly bars?: readonly Bar[];
  /** Sends the same load for some seconds, so that caches, pools and compiled code are there. */
  warmUp(bench: Bench, target: Target, seconds: number): Promise<unknown>;
  subjects(peers: readonly Peer[]): Subject[];
  measure(bench: Bench, target: Target): Promise<Figures>;
}

/** One subject for each peer that does such work, with the same job. */
export function eachPeer(job: Job): (peers: readonly Peer[]) => Subject[] {
  return (peers) => peers.filter((peer) => peer.does(job)).map((peer) => ({ label: peer.name, peer, job }));
}
