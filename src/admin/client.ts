/**
 * How the commands talk to a running Sallyport. Failures are values with a message for people.
 */
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';

export type AdminResult =
  | { readonly kind: 'ok'; readonly status: number; readonly value: unknown }
  /** `code` is that of the API, or `unreachable`, `no-answer`, `bad-answer`. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** How long an answer may take as a whole. */
const ANSWER_MS = 10_000;
/** 10,000 attackers take some 8 MiB. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

/** Sends one request. `path` is complete: encode names in it with encodeURIComponent. Never throws. */
export async function adminRequest(
  socketPath: string,
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<AdminResult> {
  try {
    const { status, text } = await exchange(socketPath, method, path, body);
    return readAnswer(socketPath, status, text);
  } catch (error) {
    return { kind: 'failed', ...explain(socketPath, error as NodeJS.ErrnoException) };
  }
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
): Promise<{ status: number; text: string }> {
  const bytes = body === undefined ? undefined : JSON.stringify(body);
  const headers = bytes === undefined ? {} : { 'Content-Type': 'application/json' };
  const signal = AbortSignal.timeout(ANSWER_MS);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, method, path, headers, signal, agent: false }, (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    request.on('error', reject);
    request.end(bytes);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function readAnswer(socketPath: string, status: number, text: string): AdminResult {
  const value = parseJson(text);
  if (value !== undefined && status >= 200 && status < 300) return { kind: 'ok', status, value };
  const error = errorIn(value);
  if (error !== undefined) return { kind: 'failed', ...error };
  const message = `Cannot understand the answer of "${socketPath}": it is not the admin socket of a Sallyport`;
  return { kind: 'failed', code: 'bad-answer', message };
}

/** `{error: {code, message}}`, if it is that. */
function errorIn(value: unknown): { code: string; message: string } | undefined {
  if (typeof value !== 'object' || value === null || !('error' in value)) return undefined;
  const { error } = value;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error))
    return undefined;
  const { code, message } = error;
  return typeof code === 'string' && typeof message === 'string' ? { code, message } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function explain(socketPath: string, error: NodeJS.ErrnoException): { code: string; message: string } {
  const start = `Cannot reach Sallyport at "${socketPath}"`;
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTDIR':
    case 'ENOTSOCK':
      return { code: 'unreachable', message: `${start}: is it running, and is this the right admin socket` };
    case 'EACCES':
    case 'EPERM':
      return { code: 'unreachable', message: `${start}: permission denied; only its own user and root may` };
    case 'ABORT_ERR':
      return { code: 'no-answer', message: `${start}: it did not answer within ${ANSWER_MS / 1000} s` };
    case undefined:
    default:
      return { code: 'no-answer', message: `${start}: ${error.message}` };
  }
}
