/** A key on the way from the top of the file, and how a message calls it. */
import { quote } from './diagnostic.ts';
import type { Span } from './source.ts';

export interface Where {
  readonly path: readonly string[];
  /** The keys below the last thing that has a name of its own. */
  readonly keys: readonly string[];
  /** That thing and those around it: `server "a" of pool "app"`. Empty at the top. */
  readonly owner: string;
  /** Where it is written: what to underline when something within it is missing. */
  readonly span: Span;
}

/** A key as it is written. */
interface Key {
  readonly key: string;
  readonly keySpan: Span;
}

export function topOf(span: Span): Where {
  return { path: [], keys: [], owner: '', span: { start: span.start, end: span.start } };
}

/** A key within a section. */
export function keyWithin(where: Where, { key, keySpan }: Key): Where {
  return { path: [...where.path, key], keys: [...where.keys, key], owner: where.owner, span: keySpan };
}

/** A thing within a map of named things. */
export function thingWithin(where: Where, noun: string, { key, keySpan }: Key): Where {
  const owner = `${noun} ${quote(key)}${where.owner === '' ? '' : ` of ${where.owner}`}`;
  return { path: [...where.path, key], keys: [], owner, span: keySpan };
}

/** `key "timeouts.connect" of pool "app"`, `pool "app"`, or `the file`. */
export function describe({ keys, owner }: Where): string {
  if (keys.length === 0) return owner === '' ? 'the file' : owner;
  return `key ${quote(keys.join('.'))}${owner === '' ? '' : ` of ${owner}`}`;
}

/** One text for a path. NUL is in no key, since the file holds none. */
export function pathKey(path: readonly string[]): string {
  return path.join('\0');
}
