/**
 * Runs one workload: starts its subjects, and measures them in turn, round by round.
 *
 * All subjects stay started for the whole workload, since an idle one costs nothing, and each round begins with another
 * of them, so that what changes on the machine with time changes for all.
 */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { checkInspection, checkSubject } from './check.ts';
import { freePort } from './machine/ports.ts';
import { lastWords } from './machine/process.ts';
import type { Peer } from './peers/peer.ts';
import type { Bench, Figures, Subject, Target, Workload } from './workload.ts';

/** The rounds of one subject. A round in which it failed is undefined, so that rounds of the same index belong together. */
export interface Measured {
  readonly label: string;
  readonly rounds: readonly (Figures | undefined)[];
}

export interface Outcome {
  readonly workload: Workload;
  readonly measured: readonly Measured[];
  /** Subjects that cannot do this on this machine, and why. */
  readonly leftOut: readonly string[];
  /** What did not work, a sentence each. */
  readonly problems: readonly string[];
}

/** Called after each measurement. */
export type Progress = (workload: Workload, round: number, label: string, figures: Figures) => void;

/** Enough for V8 to compile what is hot, and for pools to fill. */
const WARM_UP_SECONDS = 2;

export async function runWorkload(
  bench: Bench,
  workload: Workload,
  peers: readonly Peer[],
  roundsWanted: number,
  progress: Progress,
): Promise<Outcome> {
  const rounds = Math.min(roundsWanted, workload.roundsMax ?? roundsWanted);
  const subjects = workload.subjects(peers);
  const able = subjects.filter((subject) => subject.peer.refuses(subject.job) === undefined);
  const lanes = able.map((subject) => new Lane(bench, workload, subject));
  const problems: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < lanes.length; turn++) {
      // In range by the remainder.
      const lane = lanes[(round + turn) % lanes.length]!;
      if (lane.hasFailed) continue;
      try {
        progress(workload, round, lane.subject.label, await lane.measure(round));
      } catch (error) {
        problems.push(`${lane.subject.label}, round ${round + 1}: ${await lane.fail(error as Error)}`);
      }
    }
  }
  for (const lane of lanes) await lane.end(problems);
  const measured = lanes.map((lane) => ({ label: lane.subject.label, rounds: lane.rounds }));
  return { workload, measured, leftOut: subjects.flatMap(whyLeftOut), problems };
}

function whyLeftOut({ label, peer, job }: Subject): string[] {
  const why = peer.refuses(job);
  return why === undefined ? [] : [`Running without ${label}: ${why}`];
}

/** One subject through all rounds of a workload. */
class Lane {
  readonly subject: Subject;
  readonly rounds: (Figures | undefined)[] = [];
  hasFailed = false;
  readonly #bench: Bench;
  readonly #workload: Workload;
  #target: Target | undefined;

  constructor(bench: Bench, workload: Workload, subject: Subject) {
    this.#bench = bench;
    this.#workload = workload;
    this.subject = subject;
  }

  async measure(round: number): Promise<Figures> {
    this.#target ??= await this.#begin();
    const figures = await this.#workload.measure(this.#bench, this.#target);
    this.rounds[round] = figures;
    if (this.#workload.isFreshEachRound) await this.#finish();
    return figures;
  }

  /** No further rounds; those that it had stay. Says why: if the peer has ended, that is the reason of all else. */
  async fail(error: Error): Promise<string> {
    this.hasFailed = true;
    const running = this.#target?.running;
    this.#target = undefined;
    const hadEnded = running?.hasEnded() ?? false;
    await running?.stop();
    return running !== undefined && hadEnded ? `it ended (${lastWords(running)})` : error.message;
  }

  async end(problems: string[]): Promise<void> {
    try {
      await this.#finish();
    } catch (error) {
      problems.push(`${this.subject.label}, at the end: ${(error as Error).message}`);
    }
  }

  async #begin(): Promise<Target> {
    const target = await this.#start();
    const { label, job } = this.subject;
    try {
      await checkSubject(label, target.port, job);
      if (job.inspection !== 'off') await checkInspection(label, target.port, job.inspection);
      await this.#workload.warmUp(this.#bench, target, WARM_UP_SECONDS);
    } catch (error) {
      await target.running.stop();
      throw error;
    }
    return target;
  }

  async #finish(): Promise<void> {
    const target = this.#target;
    if (target === undefined) return;
    this.#target = undefined;
    try {
      await checkSubject(this.subject.label, target.port, this.subject.job);
    } finally {
      await target.running.stop();
    }
  }

  async #start(): Promise<Target> {
    const { backends, cores, folder, processes } = this.#bench;
    const place = {
      listenPort: await freePort(),
      backendPort: backends[this.#workload.backend],
      folder: mkdtempSync(join(folder, 'peer-')),
    };
    chmodSync(place.folder, 0o711);
    const { program, accessLogFile } = this.subject.peer.prepare(this.subject.job, place);
    if (accessLogFile !== undefined) writeFileSync(accessLogFile, '');
    const running = await processes.startServer(program, cores.proxy, place.listenPort);
    return { running, port: place.listenPort, accessLogFile };
  }
}
