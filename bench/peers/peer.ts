/**
 * What the bench needs of a proxy that it measures: a peer. One file a peer, all of them in the table of peers.ts.
 *
 * Every peer gets the configuration that a careful user would write for speed, and does the same work: the
 * differences that remain are named in docs/decisions/bench.md.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Program } from '../machine/process.ts';

/** Which rules look at requests: none, those that Sallyport ships, the CRS, or the CRS and 500 rules for Snort. */
export type Inspection = 'off' | 'default' | 'crs' | 'crs+snort';

/** What a workload asks of a peer. */
export interface Job {
  readonly mode: 'http' | 'tcp';
  readonly accessLog: boolean;
  readonly inspection: Inspection;
  /** What is stopped goes on at a decoy, where there is one; otherwise it is answered with 403. */
  readonly deceives: boolean;
  /** How many client connections must fit. */
  readonly connectionsMax: number;
}

/** Where it happens. */
export interface Place {
  readonly listenPort: number;
  readonly backendPort: number;
  /** A folder of its own for configuration, logs and sockets. */
  readonly folder: string;
}

export interface Setup {
  readonly program: Program;
  /** The file that the access log goes to, when the job asked for one. */
  readonly accessLogFile?: string;
}

export interface Peer {
  readonly name: string;
  /** Its version, or in `missing` what to install. */
  find(): { readonly version: string } | { readonly missing: string };
  /** Whether a peer of its kind does such work at all: who does not is left out without a word. */
  does(job: Job): boolean;
  /** Why it cannot do this job on this machine, or undefined when it can. */
  refuses(job: Job): string | undefined;
  /** Writes the configuration into the folder and says how to start it. */
  prepare(job: Job, place: Place): Setup;
}

/** Reads a template beside the peers and puts the values in for `<NAME>`; an unknown name is a mistake of ours. */
export function fillTemplate(file: string, values: Readonly<Record<string, string | number>>): string {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8');
  return text.replace(/<([A-Z_]+)>/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Cannot fill ${file}: there is no value for "${name}"`);
    return String(value);
  });
}
