/** All ways in which sessions stay with their server. To add one: a file, a row here, and a word in its options. */
import { CookiePersistence } from './cookie-persistence.ts';
import { EntryPersistence } from './entry-persistence.ts';
import type { PersistenceOptions } from './persistence-options.ts';
import type { Persistence, PersistenceParts, PersistentMember } from './persistence.ts';

/** Undefined where sessions go to any server. */
export function makePersistence<M extends PersistentMember>(
  options: PersistenceOptions,
  parts: PersistenceParts<M>,
): Persistence<M> | undefined {
  switch (options.by) {
    case 'off':
      return undefined;
    case 'cookie':
      return new CookiePersistence(options.cookie, parts);
    case 'entry':
      return new EntryPersistence(options.entry, parts);
  }
}
