/**
 * The token that requests over TCP have to show. Comparing takes as long for a wrong one as for the right one, so that
 * nobody finds it out piece by piece.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Buffer } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';

const TOKEN = /^[!-~]{16,256}$/;
const READ_BY_OTHERS = 0o004;
/** RFC 6750 §2.1; the name of the scheme in any case. */
const BEARER = /^bearer +([!-~]+)$/i;

export class Token {
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#digest = digestOf(token);
  }

  /** Whether an `Authorization` header shows it. */
  isShownBy(authorization: string | undefined): boolean {
    const [, shown] = BEARER.exec(authorization ?? '') ?? [];
    return shown !== undefined && timingSafeEqual(digestOf(shown), this.#digest);
  }
}

/** Of the same length whatever it is made of. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text, 'latin1').digest();
}

/** The token in a file. Fails with a message for people that does not show what is in it. */
export function readTokenFile(path: string): string {
  let text: string;
  try {
    if ((statSync(path).mode & READ_BY_OTHERS) !== 0)
      throw new Error('other users can read it: take that away with "chmod o-r"');
    text = readFileSync(path, 'latin1');
  } catch (error) {
    const code =
      (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
    throw new Error(`Cannot read the token of the admin API in "${path}": ${code}`, { cause: error });
  }
  const [token = ''] = text.split(/\r?\n/, 1);
  if (!TOKEN.test(token))
    throw new Error(
      `Cannot read the token of the admin API in "${path}": its first line is not 16 to 256 printable characters without a space`,
    );
  return token;
}
