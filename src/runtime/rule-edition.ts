/**
 * The rules of a configuration, read and compiled in one place and shared by all workers.
 *
 *     compileEdition   in a thread of its own (rules-main.ts): files → memory to share, or what is wrong
 *     isCurrent        in the supervisor: whether the files are still those that were read, so that nothing is compiled
 *     AttachedRules    in each worker: memory → rules, without a look at any file
 *
 * So a change of files while workers take rules over cannot give them different rules, and a worker never compiles.
 */
import type { Config } from '../config/config.ts';
import type { CompiledRules } from '../inspect/build.ts';
import type { Checkpoint } from '../inspect/checkpoint.ts';
import { answerNow, digestOf } from '../inspect/files-read.ts';
import type { FileQuestion } from '../inspect/files-read.ts';
import { loadRules } from '../inspect/load-rules.ts';
import type { RuleFile } from '../inspect/load-rules.ts';
import { attachRules, shareRules } from '../inspect/shared/shared-rules.ts';
import { attachSnort, shareSnort } from '../inspect/snort/shared-snort.ts';
import type { CompiledSnort, SnortPlan } from '../inspect/snort/snort-inspector.ts';
import { FileRules, snortCounts } from './file-rules.ts';
import { buildInspections, rulesOf } from './inspection.ts';
import type { RuleSetCounts } from './inspection.ts';
import { once, wishKey } from './rule-source.ts';
import type { Counts, RuleSource, SeclangRules, SeclangWish, SnortRules, SnortWish } from './rule-source.ts';

/** Plain data and memory to share: it goes to other threads. */
export interface RuleEdition {
  /** By the key of the wish. */
  readonly seclang: SharedSets;
  readonly snort: SharedSets;
  readonly sets: readonly RuleSetCounts[];
  /** Each ready to print. */
  readonly warnings: readonly string[];
}

export interface SharedSet {
  readonly memory: SharedArrayBuffer;
  /** The same for the same rules, whoever compiled them. */
  readonly id: string;
  readonly counts: Counts;
  /** Of the files that the wish names. */
  readonly filesDigest: string;
  /** What was read besides, with the digests of the answers. */
  readonly read: readonly (FileQuestion & { readonly digest: string })[];
}

export type SharedSets = ReadonlyMap<string, SharedSet>;

export type CompiledEdition =
  | { readonly kind: 'ok'; readonly edition: RuleEdition }
  /** Everything that is wrong, each ready to print. */
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/**
 * Memory of `before` stands for rules that are the same, so that there is one of it. What `checkpoint` throws comes
 * through.
 */
export function compileEdition(
  config: Config,
  before?: RuleEdition,
  checkpoint?: Checkpoint,
): CompiledEdition {
  const source = new SharingRules(checkpoint);
  const built = buildInspections(config, source);
  if (built.kind === 'bad') return built;
  const { inspections, warnings } = built;
  const edition = {
    seclang: withKnown(source.sharedSeclang, before?.seclang),
    snort: withKnown(source.sharedSnort, before?.snort),
    sets: inspections.sets,
    warnings,
  };
  return { kind: 'ok', edition };
}

function withKnown(sets: SharedSets, before: SharedSets = new Map()): SharedSets {
  const known = new Map([...before.values()].map((set) => [set.id, set]));
  return new Map([...sets].map(([key, set]) => [key, known.get(set.id) ?? set]));
}

/** Whether all rules that the configuration asks for are in the edition as they are on the disk now. */
export function isCurrent(edition: RuleEdition, config: Config): boolean {
  const { seclang, snort } = rulesOf(config);
  return areCurrent(edition.seclang, seclang) && areCurrent(edition.snort, snort);
}

/** Many routes ask for the same. */
function areCurrent(sets: SharedSets, wishes: readonly (SeclangWish | SnortWish)[]): boolean {
  const asked = new Map(wishes.map((wish) => [wishKey(wish), wish.rules]));
  return [...asked].every(([key, patterns]) => isUnchanged(sets.get(key), patterns));
}

function isUnchanged(set: SharedSet | undefined, patterns: readonly string[]): boolean {
  if (set === undefined) return false;
  const loaded = loadRules(patterns, '');
  return loaded.kind === 'ok' && digestOfFiles(loaded.files) === set.filesDigest && isReadUnchanged(set);
}

function isReadUnchanged({ read }: SharedSet): boolean {
  return read.every((question) => {
    const answer = answerNow(question);
    return answer !== undefined && digestOf(answer) === question.digest;
  });
}

function digestOfFiles(files: readonly RuleFile[]): string {
  return digestOf(JSON.stringify(files.map(({ name, path, text }) => [name, path, text])));
}

/** Rules from files, and the memory by which others have them. */
class SharingRules extends FileRules {
  readonly sharedSeclang = new Map<string, SharedSet>();
  readonly sharedSnort = new Map<string, SharedSet>();

  protected override compile(files: readonly RuleFile[], wish: SeclangWish): CompiledRules {
    const { exclude, isLenient } = wish;
    const shared = shareRules(files, { exclude, isLenient }, this.checkpoint);
    if (shared.kind === 'bad') return shared;
    const { rules, memory } = shared;
    const read = rules.filesRead.answers.map(({ kind, path, answer }) => ({
      kind,
      path,
      digest: digestOf(answer),
    }));
    const key = wishKey(wish);
    this.sharedSeclang.set(key, { memory, counts: rules.counts, ...identityOf(key, files, read) });
    return rules;
  }

  protected override compileSnort(files: readonly RuleFile[], wish: SnortWish): CompiledSnort {
    const compiled = super.compileSnort(files, wish);
    if (compiled.kind === 'bad') return compiled;
    const key = wishKey(wish);
    const memory = shareSnort(compiled.plan, files);
    const counts = snortCounts(compiled, wish);
    this.sharedSnort.set(key, { memory, counts, ...identityOf(key, files, []) });
    return compiled;
  }
}

function identityOf(
  key: string,
  files: readonly RuleFile[],
  read: SharedSet['read'],
): Pick<SharedSet, 'id' | 'filesDigest' | 'read'> {
  const filesDigest = digestOfFiles(files);
  return { id: digestOf(JSON.stringify([key, filesDigest, read])), filesDigest, read };
}

/** The rules of an edition in this thread. What was attached for an edition before, and is the same, is kept with its collections. */
export class AttachedRules implements RuleSource {
  readonly problems: Set<string> = new Set();
  readonly warnings: Set<string> = new Set();
  readonly #edition: RuleEdition;
  readonly #seclang = new Map<string, SeclangRules>();
  readonly #snort = new Map<string, SnortPlan>();

  constructor(edition: RuleEdition, before?: AttachedRules) {
    this.#edition = edition;
    if (before === undefined) return;
    keepKnown(edition.seclang, before.#seclang, this.#seclang);
    keepKnown(edition.snort, before.#snort, this.#snort);
  }

  seclang(wish: SeclangWish): SeclangRules {
    const { id, memory } = found(this.#edition.seclang, wish);
    return once(this.#seclang, id, () => attachRules(memory));
  }

  snort(wish: SnortWish): SnortRules {
    const { id, memory, counts } = found(this.#edition.snort, wish);
    return { plan: once(this.#snort, id, () => attachSnort(memory)), counts };
  }
}

function keepKnown<Value>(
  sets: SharedSets,
  before: ReadonlyMap<string, Value>,
  into: Map<string, Value>,
): void {
  for (const { id } of sets.values()) {
    const known = before.get(id);
    if (known !== undefined) into.set(id, known);
  }
}

function found(sets: SharedSets, wish: SeclangWish | SnortWish): SharedSet {
  const set = sets.get(wishKey(wish));
  // The edition was compiled for the same configuration.
  if (set === undefined) throw new Error(`Rules are not in the edition: ${wish.rules.join(', ')}`);
  return set;
}
