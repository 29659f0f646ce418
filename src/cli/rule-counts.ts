/** How many rules of how many are run, for people. */
import type { Inspections } from '../runtime/inspection.ts';
import { counted } from './table.ts';

/** Rules that are run, of all rule sets in use. */
export function countRules({ sets }: Inspections): number {
  return sets.reduce((sum, { run }) => sum + run, 0);
}

/** A line for each rule set of which something is not run, and for each that has a name. */
export function ruleCountsText({ sets }: Inspections): string {
  return sets
    .filter(({ name, read, run }) => name !== '' || run < read)
    .map(({ name, read, run }) => {
      const which = name === '' ? 'rules' : `set "${name}"`;
      const rest = run < read ? `, ${counted(read - run, 'rule')} left out, removed or excluded` : '';
      return `  ${which}: ${run} of ${counted(read, 'rule')}${rest}\n`;
    })
    .join('');
}
