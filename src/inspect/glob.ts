/** Files by a glob, by Node.js where it has globs, and in a smaller way for the library on Node.js 20. */
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Paths, in no order. */
export function findByGlob(pattern: string): readonly string[] {
  return 'globSync' in fs ? fs.globSync(pattern) : findByName(pattern);
}

/** `*` and `?` in the last part of the path alone. Exported for tests: it is for a Node.js that those do not run on. */
export function findByName(pattern: string): readonly string[] {
  const folder = dirname(pattern);
  const wanted = basename(pattern).replace(/[\\^$.+()|[\]{}]/g, '\\$&');
  const name = new RegExp(`^(?!\\.)${wanted.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
  return entriesOf(folder)
    .filter((entry) => name.test(entry))
    .map((entry) => join(folder, entry));
}

function entriesOf(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return []; // As a glob finds nothing where there is nothing.
  }
}
