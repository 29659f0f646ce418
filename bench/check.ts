/**
 * Checks that a subject does the work that it is measured for, before and after: a peer that answers from elsewhere, or
 * leaves X-Forwarded-For out, would win unfairly.
 */
import { get } from 'node:http';

import type { Inspection, Job } from './peers/peer.ts';
import { SNORT_PROOF } from './peers/rule-sets.ts';

const PAGE = '/small?id=1';
/** Anything that every set of rules must call an attack. */
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

/** Throws when an attack reaches the backend, or the same page without one does not. */
export async function checkInspection(label: string, port: number, inspection: Inspection): Promise<void> {
  const page = await ask(port, PAGE);
  if (page.status !== 200 || !page.isFromBackend)
    throw new Error(`Cannot measure ${label}: a harmless page was answered with status ${page.status}`);
  for (const path of inspection === 'crs+snort' ? [ATTACK, SNORT_PROOF] : [ATTACK]) {
    const { status, isFromBackend } = await ask(port, path);
    if (isFromBackend)
      throw new Error(`Cannot measure ${label}: the backend answered "${path}" with status ${status}`);
  }
}

/** What rules miss in a request that is not a browser's: without these, they would deny it for that. */
const HEADERS = { Host: 'shop.example.com', 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)', Accept: '*/*' };

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly isFromBackend: boolean;
}

function ask(port: number, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path, agent: false, timeout: TIMEOUT_MS, headers: HEADERS },
      (response) => {
        let body = '';
        response.setEncoding('latin1');
        response.on('data', (piece: string) => (body += piece));
        response.on('end', () => {
          const isFromBackend = response.headers['x-bench-backend'] === 'yes';
          resolve({ status: response.statusCode ?? 0, body, isFromBackend });
        });
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on('error', reject);
  });
}
