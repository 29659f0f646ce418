import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { COUNTER, type Sample } from '../traffic/sample.ts';
import { writeReplayFile } from './replay-file.ts';
import { parseReplay, type ReplayResult } from './replay-load.ts';

const SCRIPT = join(import.meta.dirname, 'replay.ts');
const COUNT = 60;

/** Replays harmless requests and attacks in turn against `answer`; the targets and bodies that it saw. */
async function replay(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ result: ReplayResult; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      seen.push(`${request.url ?? ''} ${body}`);
      answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'bench-replay-'));
  try {
    const file = join(folder, 'replay.json');
    writeReplayFile(file, [[sample('/page', false), sample('/attack', true)], [sample('/other', false)]]);
    const { port } = server.address() as AddressInfo;
    const child = spawn(process.execPath, [SCRIPT, String(port), '3', '60', String(COUNT), file]);
    let stdout = '';
    child.stdout.on('data', (piece: Uint8Array) => (stdout += String(piece)));
    await once(child, 'close');
    const result = parseReplay(stdout);
    assert.ok(result !== undefined, stdout);
    return { result, seen };
  } finally {
    rmSync(folder, { recursive: true });
    server.closeAllConnections();
    server.close();
  }
}

function sample(path: string, isAttack: boolean): Sample {
  const fields = [
    ['Host', 'shop.example.com'],
    ['Content-Type', 'text/plain'],
  ] as const;
  return { method: 'POST', target: `${path}?n=${COUNTER}`, fields, body: `a ${COUNTER} b`, isAttack };
}

function attacksIn(seen: readonly string[]): number {
  return seen.filter((line) => line.startsWith('/attack')).length;
}

function fromBackend(response: ServerResponse): void {
  response.setHeader('X-Bench-Backend', 'yes');
  response.end('x'.repeat(100));
}

function denied(response: ServerResponse): void {
  response.statusCode = 403;
  response.end('denied');
}

test('the replay sends so many requests, none twice, and is content when exactly the attacks are denied', async () => {
  const { result, seen } = await replay((request, response) =>
    request.url?.startsWith('/attack') === true ? denied(response) : fromBackend(response),
  );
  assert.equal(result.requests, COUNT);
  assert.deepEqual(result.errors, { closed: 0, timeout: 0, wrong: 0 });
  assert.equal(seen.length, COUNT);
  assert.equal(new Set(seen).size, COUNT);
  for (const line of seen) assert.match(line, /^\/\w+\?n=(\d{8}) a \1 b$/);
  const attacks = attacksIn(seen);
  assert.ok(attacks > 0 && attacks < COUNT, `${attacks} attacks`);
});

test('the replay goes on with a new connection when one is closed after an answer', async () => {
  const { result } = await replay((request, response) => {
    response.setHeader('Connection', 'close');
    if (request.url?.startsWith('/attack') === true) denied(response);
    else fromBackend(response);
  });
  assert.equal(result.requests, COUNT);
  assert.deepEqual(result.errors, { closed: 0, timeout: 0, wrong: 0 });
});

test('the replay says which answers were wrong when attacks come through', async () => {
  const { result, seen } = await replay((_, response) => fromBackend(response));
  assert.equal(result.errors['wrong'], attacksIn(seen));
  assert.match(result.wrong[0] ?? '', /^HTTP\/1\.1 200 OK to POST \/attack/);
});

test('the replay says which answers were wrong when what is harmless is denied', async () => {
  const { result, seen } = await replay((_, response) => denied(response));
  assert.equal(result.errors['wrong'], COUNT - attacksIn(seen));
  assert.match(result.wrong[0] ?? '', /^HTTP\/1\.1 403 Forbidden to POST \/(?:page|other)/);
});

test('the replay counts connections that are closed instead of an answer', async () => {
  const { result } = await replay((_, response) => response.socket?.destroy());
  assert.equal(result.requests, 0);
  assert.equal(result.errors['closed'], COUNT);
});

for (const text of ['', 'Cannot find module\n', ' {"requests":1}\n']) {
  test(`parseReplay finds nothing in ${JSON.stringify(text)}`, () => {
    assert.equal(parseReplay(text), undefined);
  });
}
