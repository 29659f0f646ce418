/**
 * Writes src/inspect/detect/sql-table.ts: the words of tools/sql-words.ts, and the automaton that
 * accepts the fingerprints of tools/sql-grammar.ts. With --check it writes nothing and fails when the file is not what
 * the lists make.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { makeAutomaton } from './sql-automaton.ts';
import { GRAMMAR, LETTERS, NAMED } from './sql-grammar.ts';
import { SQL_WORDS } from './sql-words.ts';

const FILE = new URL('../src/inspect/detect/sql-table.ts', import.meta.url);

const text = await render();
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    process.stderr.write('sql-table.ts is not current: run "node tools/sql-fingerprints.ts"\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, text);
  process.stdout.write(`wrote sql-table.ts, ${text.length} bytes\n`);
}

async function render(): Promise<string> {
  const { rows } = makeAutomaton(
    GRAMMAR.map(([pattern]) => pattern),
    LETTERS,
    NAMED,
  );
  const source = `/**
 * Made by tools/sql-fingerprints.ts of tools/sql-words.ts and tools/sql-grammar.ts: change those and run it again.
 */
/** The words by their kinds. */
export const WORDS: Readonly<Record<string, string>> = ${JSON.stringify(uniqueWords())};

/** The letters of folded tokens; the column after the last stands for the end. */
export const LETTERS = ${JSON.stringify(LETTERS)} as const;
/** ${rows.length} states: 0 refuses, 1 accepts, 2 is the first. */
export const STATES: Uint16Array = new Uint16Array([${rows.flat().join()}]);
`;
  return await format(source, { parser: 'typescript', printWidth: 110, singleQuote: true });
}

/** The lists with one space between words; a word in two kinds keeps the first. */
function uniqueWords(): Readonly<Record<string, string>> {
  const seen = new Set<string>();
  return Object.fromEntries(
    Object.entries(SQL_WORDS).map(([kind, list]) => {
      const words = list
        .trim()
        .split(/\s+/)
        .filter((word) => !seen.has(word));
      for (const word of words) seen.add(word);
      return [kind, words.join(' ')];
    }),
  );
}
