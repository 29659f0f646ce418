/** The configuration file from the disk. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { systemReason } from '../base/system-reason.ts';
import { diagnoseFile, quote } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Environment } from './environment.ts';
import { readConfig } from './read.ts';
import type { ConfigResult } from './read.ts';

/** No configuration that people write comes near. It bounds the time and the memory of everything that follows. */
const FILE_BYTES_MAX = 1024 * 1024;

/** Reads a configuration file. Whatever is wrong with the file or in it is in the result: nothing is thrown. */
export async function loadConfig(path: string, environment: Environment): Promise<ConfigResult> {
  const loaded = await loadConfigText(path);
  return loaded.kind === 'bad' ? loaded : readConfig(loaded.text, path, environment);
}

export type LoadedText =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };

/** Reads the text of a configuration file. Nothing is thrown. */
export async function loadConfigText(path: string): Promise<LoadedText> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readBounded(path);
  } catch (error) {
    return bad(diagnoseSystemError(path, error));
  }
  if (bytes === undefined)
    return bad(diagnoseFile(path, 'file-too-large', `Cannot read ${quote(path)}: it has more than 1 MiB`));
  const text = decode(bytes);
  if (text === undefined)
    return bad(diagnoseFile(path, 'file-encoding', `Cannot read ${quote(path)}: it is not UTF-8`));
  return { kind: 'ok', text };
}

/** Undefined when the file is too large. Reads one byte more than allowed at most: a file may grow, or be endless. */
async function readBounded(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(FILE_BYTES_MAX + 1);
    const length = await fill(file, bytes);
    return length > FILE_BYTES_MAX ? undefined : bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, bytes: Uint8Array): Promise<number> {
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function diagnoseSystemError(path: string, error: unknown): Diagnostic {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
  return diagnoseFile(
    path,
    isMissing ? 'file-missing' : 'file-unreadable',
    `Cannot read ${quote(path)}: ${systemReason(error)}`,
  );
}

function bad(problem: Diagnostic): Extract<LoadedText, { kind: 'bad' }> {
  return { kind: 'bad', diagnostics: [problem] };
}
