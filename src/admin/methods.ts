/** The methods of a path by name. */
import type { Method } from './call.ts';

/** Without a prototype, so that a method named `constructor` finds nothing. */
export function bare(methods: Readonly<Record<string, Method>>): Readonly<Record<string, Method>> {
  return Object.assign(Object.create(null) as Record<string, Method>, methods);
}
