/**
 * Checks that a subject does the work that it is measured for, before and after: a peer that answers from elsewhere, or
 * leaves X-Forwarded-For out, would win unfairly.
 */
import { get } from 'node:http';

import type { Job } from './peers/peer.ts';

/** Anything that the shipped rules must call an attack. */
const ATTACK = '/small?id=1%27%20UNION%20SELECT%20password%20FROM%20users--';
const TIMEOUT_MS = 5_000;

/** Throws when the backend did not answer, or was not told the client's address by an HTTP peer. */
export async function checkSubject(label: string, port: number, job: Job): Promise<void> {
  const { status, body } = await ask(port, '/check');
  const expected = job.mode === 'http' ? '127.0.0.1' : '';
  if (status === 200 && body === expected) return;
  throw new Error(
    `Cannot measure ${label}: the backend saw X-Forwarded-For "${body}" with status ${status}, not "${expected}" with 200`,
  );
}

/** Throws when an attack reaches the backend. The client is marked by it: never ask the instance that is measured. */
export async function checkInspection(label: string, port: number): Promise<void> {
  const { status } = await ask(port, ATTACK);
  if (status === 200) throw new Error(`Cannot measure ${label}: an attack was answered with status 200`);
}

function ask(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (piece: string) => (body += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on('error', reject);
  });
}
