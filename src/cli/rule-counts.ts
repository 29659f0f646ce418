/** How many rules of how many are run, for people. */
import type { Inspections } from '../runtime/inspection.ts';
import type { Counts } from '../runtime/rule-source.ts';
import { counted } from './table.ts';

/** Rules that are run, of all rule sets in use. */
export function countRules({ sets }: Pick<Inspections, 'sets'>): number {
  return sets.reduce((sum, { rules, snort }) => sum + rules.run + snort.run, 0);
}

/** A line for each kind of rules of a set of which something is not run, for each set with a name, and for Snort. */
export function ruleCountsText({ sets }: Inspections): string {
  return sets
    .flatMap(({ name, rules, snort }) => {
      const which = name === '' ? 'rules' : `set "${name}"`;
      return [
        ...(name !== '' || rules.run < rules.read ? [lineOf(which, rules)] : []),
        ...(snort.read > 0 ? [lineOf(`${which}, Snort`, snort)] : []),
      ];
    })
    .join('');
}

function lineOf(which: string, { read, run }: Counts): string {
  const rest = run < read ? `, ${counted(read - run, 'rule')} left out, removed or excluded` : '';
  return `  ${which}: ${run} of ${counted(read, 'rule')} run${rest}\n`;
}
