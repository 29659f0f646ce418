/**
 * Rules for Snort about requests of the web, a given number of them, taken evenly from all that the data folder has: so
 * that 500 of them are the same kind of rules as 5,000.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface SnortRuleFile {
  /** Of a set and a file: `2004-web-cgi.rules`. */
  readonly name: string;
  readonly text: string;
}

/** Throws when there are fewer than `count`. */
export function readSnortRules(folder: string, count: number): readonly SnortRuleFile[] {
  const known = new Set<string>();
  const files = globSync(join(folder, '*', '*.rules'))
    .sort()
    .map((path) => ({
      name: `${basename(dirname(path))}-${basename(path)}`,
      rules: webRules(path).filter((rule) => isNew(rule, known)),
    }));
  const total = files.reduce((sum, { rules }) => sum + rules.length, 0);
  if (total < count) throw new Error(`Cannot take ${count} Snort rules: "${folder}" has ${total}`);
  let seen = 0;
  return files
    .map(({ name, rules }) => {
      // Rule n of all is taken when the count of those to take grows at n.
      const taken = rules.filter(() => isTaken(seen++, total, count));
      return { name, text: taken.map((rule) => `${rule}\n`).join('') };
    })
    .filter(({ text }) => text !== '');
}

/** Sets share rules: of those with one sid the first is taken, as only one would be loaded. */
function isNew(rule: string, known: Set<string>): boolean {
  const sid = /\bsid: *(\d+)/.exec(rule)?.[1] ?? rule;
  if (known.has(sid)) return false;
  known.add(sid);
  return true;
}

function isTaken(index: number, total: number, count: number): boolean {
  return Math.floor(((index + 1) * count) / total) > Math.floor((index * count) / total);
}

/** One rule a line, as all sets have them; not those that are commented out, and none about responses alone. */
function webRules(path: string): readonly string[] {
  return readFileSync(path, 'latin1')
    .split('\n')
    .filter((line) => line.startsWith('alert ') && /http|uricontent/i.test(line))
    .filter((line) => !/to_client|from_server/.test(line));
}
