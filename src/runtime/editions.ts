/**
 * Makes editions: what workers need to serve by a configuration (messages.ts). One is in use at a time, and what it has the
 * next one goes on with: rules that have not changed, sessions, counts, and the places and decoys whose names stay.
 */
import type { RowsByKey } from '../balance/server-rows.ts';
import type { Config } from '../config/config.ts';
import type { PlaceBook } from '../record/metrics/place-book.ts';
import { builtInDecoyNames } from './built-in-decoys.ts';
import { compileRulesAside } from './compile-rules.ts';
import type { ConfigSource } from './config-source.ts';
import { newCounts } from './counts-in-use.ts';
import type { DecoyThread } from './decoy-thread.ts';
import type { Edition } from './messages.ts';
import { countedNames } from './metrics.ts';
import { needsSeed } from './needs-seed.ts';
import { isCurrent } from './rule-edition.ts';
import type { CompiledEdition, RuleEdition } from './rule-edition.ts';
import { newSessions } from './sessions-in-use.ts';

export interface EditionParts {
  readonly source: Pick<ConfigSource, 'path' | 'environment'>;
  readonly book: PlaceBook;
  readonly decoys: DecoyThread;
  /** Descriptors for connections of clients. */
  readonly room: number;
  /** This installation's own, which the values of cookies are made with. */
  readonly seed: () => string;
}

export class Editions {
  /** The one in use, as far as its owner says. */
  current: Edition | undefined;
  readonly #parts: EditionParts;

  constructor(parts: EditionParts) {
    this.#parts = parts;
  }

  /** The rules of a configuration, in a thread of their own; as they are, when nothing of them has changed. */
  async compileRules(text: string, config: Config): Promise<CompiledEdition> {
    const before = this.current?.rules;
    if (before !== undefined && isCurrent(before, config)) return { kind: 'ok', edition: before };
    const { path, environment } = this.#parts.source;
    return compileRulesAside(
      { text, path, environment: { ...environment }, before },
      config.runtime.workerMemory,
    );
  }

  /** `rows` are those of its servers. Opens the decoys that it needs. */
  async make(text: string, config: Config, rows: RowsByKey, rules: RuleEdition): Promise<Edition> {
    const { source, book, decoys, room, seed } = this.#parts;
    const before = this.current?.sessions;
    const secret = before?.secret ?? (needsSeed(config) ? seed() : undefined);
    return {
      path: source.path,
      text,
      environment: { ...source.environment },
      rules,
      rows,
      decoys: await decoys.open(builtInDecoyNames(config)),
      sessions: newSessions(config, secret, before),
      counts: newCounts(config, { workers: book.blocks.length, room }, this.current?.counts),
      places: book.assign(countedNames(config)),
    };
  }

  /** Gives up places and decoys of all other configurations, by which nothing works any more. */
  async keepOnly(config: Config): Promise<void> {
    const { book, decoys } = this.#parts;
    book.keepOnly(countedNames(config));
    await decoys.keepOnly(new Set(builtInDecoyNames(config)));
  }
}
