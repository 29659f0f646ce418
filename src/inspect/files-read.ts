/**
 * What rules had read from disk when they were compiled, besides their own files: what `Include` found, and data files.
 * Rules whose texts are the same can be used again only if this is the same, too; and a thread that is given the answers
 * reads the same rules without a look at the disk.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findRuleFiles, readRuleFile } from './load-rules.ts';

/** What was asked of the disk. `path` is absolute; for `paths` it is a pattern, and the answer has a line for each path. */
export interface FileQuestion {
  readonly kind: 'paths' | 'text' | 'data';
  readonly path: string;
}

export type FileAnswer = FileQuestion & { readonly answer: string };

export class FilesRead {
  readonly #answers = new Map<string, FileAnswer>();
  readonly #given = new Map<string, string>();

  /** `given` are answers of an earlier reading: what they answer is not asked again. */
  constructor(given: readonly FileAnswer[] = []) {
    for (const one of given) this.#given.set(keyOf(one), one.answer);
  }

  /** Answers and remembers. A question that throws has no answer to remember: the compilation fails. */
  ask(question: FileQuestion, ask: () => string): string {
    const { kind, path } = question;
    const answer = this.given(question) ?? ask();
    this.#answers.set(keyOf(question), { kind, path, answer });
    return answer;
  }

  /** The answer that was given. */
  given(question: FileQuestion): string | undefined {
    return this.#given.get(keyOf(question));
  }

  get answers(): readonly FileAnswer[] {
    return [...this.#answers.values()];
  }

  /** Asks everything anew. */
  get isUnchanged(): boolean {
    return this.answers.every((one) => answerNow(one) === one.answer);
  }
}

/** What the disk answers now; undefined when it does not. */
export function answerNow({ kind, path }: FileQuestion): string | undefined {
  try {
    if (kind === 'paths') return findRuleFiles(path).join('\n');
    if (kind === 'data') return readFileSync(path, 'latin1');
    const read = readRuleFile(path, path);
    return 'file' in read ? read.file.text : undefined;
  } catch {
    return undefined;
  }
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function keyOf({ kind, path }: FileQuestion): string {
  return `${kind} ${path}`;
}
