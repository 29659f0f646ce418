/**
 * What rules had read from disk when they were compiled, besides their own files: what `Include` found, and data files.
 * Rules whose texts are the same can be used again only if this is the same, too.
 */
import { createHash } from 'node:crypto';

export class FilesRead {
  /** By a name for the question: how to ask again, and the digest of the answer. */
  readonly #answers = new Map<string, { readonly ask: () => string; readonly digest: string }>();

  /** Answers and remembers. A question that throws has no answer to remember: the compilation fails. */
  ask(question: string, ask: () => string): string {
    const answer = ask();
    this.remember(question, answer, ask);
    return answer;
  }

  /** `ask` gives the answer that there is later. */
  remember(question: string, answer: string, ask: () => string): void {
    this.#answers.set(question, { ask, digest: digestOf(answer) });
  }

  /** Asks everything anew. */
  get isUnchanged(): boolean {
    try {
      return [...this.#answers.values()].every(({ ask, digest }) => digestOf(ask()) === digest);
    } catch {
      return false;
    }
  }
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
