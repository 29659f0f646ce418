/** What a command is. Each stands in a file of its own and in the table of commands.ts. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** How to call it, with its options. */
  readonly usage: string;
  /** True for one that serves others until it is told to stop: it goes on when nobody reads what it prints. */
  readonly isServing?: true;
  /** Runs it and resolves with the exit code of the process. */
  readonly run: (args: readonly string[]) => Promise<number>;
}
