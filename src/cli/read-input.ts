/** A file that a command is about, or standard input, whole and bounded. */
import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { systemReason } from '../base/system-reason.ts';
import { quote } from '../config/diagnostic.ts';
import { CommandError } from './admin-socket.ts';

/** A HAR of an afternoon has some ten megabytes. */
const INPUT_BYTES_MAX = 256 * 1024 * 1024;

/** `-` is standard input. Fails with a message for people. */
export async function readInput(path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    const source: AsyncIterable<unknown> = path === '-' ? process.stdin : createReadStream(path);
    for await (const piece of source) {
      if (!Buffer.isBuffer(piece)) continue;
      pieces.push(piece);
      length += piece.length;
      if (length > INPUT_BYTES_MAX)
        throw new CommandError(`Cannot read ${quote(path)}: it has more than 256 MiB`);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`Cannot read ${quote(path)}: ${systemReason(error)}`);
  }
  return Buffer.concat(pieces, length);
}
