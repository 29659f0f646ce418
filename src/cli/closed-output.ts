/**
 * What happens when nobody reads on what a command prints: `sallyport schema | head -3` closes the pipe.
 *
 * Node.js has an error for it, with a stack, where other programs are ended by SIGPIPE without a word.
 */

/** As a shell tells of a program that SIGPIPE ended: 128 and the number of the signal. */
const ENDED_BY_CLOSED_PIPE = 141;

/** A command that serves goes on: whoever read what it prints may be gone, which costs the words and not the service. */
export function watchOutput(isServing: boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!isServing) endBecauseOf(error);
    });
  }
}

function endBecauseOf(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(ENDED_BY_CLOSED_PIPE);
  process.stderr.write(`Cannot write what was to be printed: ${error.message}\n`);
  process.exit(1);
}
