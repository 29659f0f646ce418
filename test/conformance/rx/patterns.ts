/** Every pattern of the rule sets in the data folder, each once. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECLANG_OPTIONS } from '../../../src/inspect/rx/regex.ts';
import type { RegexOptions } from '../../../src/inspect/rx/regex.ts';

export interface RulePattern {
  readonly file: string;
  readonly source: string;
  readonly options: RegexOptions;
}

const DATA = process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../../shared/data');

/** A reason to skip, or false when the data are there. */
export function missing(...folders: readonly string[]): string | false {
  const absent = folders.filter((folder) => !existsSync(join(DATA, folder)));
  return absent.length === 0 ? false : `the data folder has no ${absent.join(', ')} (SALLYPORT_DATA)`;
}

/** The arguments of `@rx`. */
export function crsPatterns(): readonly RulePattern[] {
  return patternsIn('crs/rules/*.conf', DATA);
}

/** Those of rule files in SecLang below a folder. */
export function patternsIn(glob: string, folder: string): readonly RulePattern[] {
  const found: RulePattern[] = [];
  for (const file of globSync(glob, { cwd: folder }).sort()) {
    const text = readFileSync(join(folder, file), 'latin1').replace(/\\\r?\n/g, '');
    for (const line of text.split('\n')) {
      if (line.trimStart().startsWith('#')) continue;
      for (const [, word = ''] of line.matchAll(/"\s*!?\s*@rx\s+((?:[^"\\]|\\[^])*)"/g)) {
        found.push({ file, source: word.replaceAll('\\"', '"'), options: SECLANG_OPTIONS });
      }
    }
  }
  return unique(found);
}

/** The `pcre` options of Snort's and Suricata's rules, also of those that are commented out. */
export function snortPatterns(): readonly RulePattern[] {
  const found: RulePattern[] = [];
  for (const file of globSync(['snort/**/*.rules', 'suricata-verify/**/*.rules'], { cwd: DATA }).sort()) {
    const text = readFileSync(join(DATA, file), 'latin1');
    for (const [, delimiter = '/', source = '', flags = ''] of text.matchAll(
      /pcre\s*:\s*!?\s*"\s*(?:m?([/%#!]))((?:[^"\\\n]|\\.)*)\1([a-zA-Z]*)\s*(?:,[^"]*)?"/g,
    )) {
      const plain = delimiter === '/' ? source : source.replaceAll(`\\${delimiter}`, delimiter);
      found.push({ file, source: plain, options: optionsOf(flags) });
    }
  }
  return unique(found);
}

function optionsOf(flags: string): RegexOptions {
  return {
    ignoreCase: flags.includes('i'),
    dotAll: flags.includes('s'),
    multiLine: flags.includes('m'),
    extended: flags.includes('x'),
    anchored: flags.includes('A'),
    dollarEndOnly: flags.includes('E'),
    ungreedy: flags.includes('G'),
  };
}

function unique(patterns: readonly RulePattern[]): readonly RulePattern[] {
  const known = new Map<string, RulePattern>();
  for (const pattern of patterns) known.set(JSON.stringify([pattern.source, pattern.options]), pattern);
  return [...known.values()];
}
