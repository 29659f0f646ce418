/**
 * What was written, before it means anything: maps, lists and scalars with their places in the file.
 *
 * Every scalar is text. YAML's own types are not used: `1e3`, `0o17`, `yes` or `null` mean what the option that reads
 * them says, and nothing turns into a number on the way.
 */
import type { Span } from './source.ts';

export interface ScalarTree {
  readonly kind: 'scalar';
  /** After the environment was put in. */
  readonly text: string;
  /** False for a key with nothing behind it. A quoted empty text is written. */
  readonly isWritten: boolean;
  /** True when a diagnostic was given already and there is no sense in a second one. */
  readonly isBroken: boolean;
  readonly span: Span;
}

export interface ListTree {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly span: Span;
}

export interface MapTree {
  readonly kind: 'map';
  /** In the order of the file; no key twice. */
  readonly entries: readonly Entry[];
  readonly span: Span;
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Tree;
}

export type Tree = ScalarTree | ListTree | MapTree;

/** A value that is not there: what stands for it when nothing was written. */
export function emptyTree(offset: number): ScalarTree {
  return {
    kind: 'scalar',
    text: '',
    isWritten: false,
    isBroken: false,
    span: { start: offset, end: offset },
  };
}

/** A value that could not be read and was reported. */
export function brokenTree(span: Span): ScalarTree {
  return { kind: 'scalar', text: '', isWritten: true, isBroken: true, span };
}

export function findEntry(tree: Tree | undefined, key: string): Entry | undefined {
  return tree?.kind === 'map' ? tree.entries.find((entry) => entry.key === key) : undefined;
}

/** A key with nothing behind it. */
export function isUnwritten(tree: Tree): boolean {
  return tree.kind === 'scalar' && !tree.isWritten;
}
