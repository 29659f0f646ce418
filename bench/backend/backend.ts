/**
 * The servers behind the peers: one for pages (nginx, from memory) and one for uploads (our own sink), on the load's
 * core. Both are started once a run; an idle one costs nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Buffer } from 'node:buffer';

import { freePort } from '../machine/ports.ts';
import type { Processes } from '../machine/process.ts';
import { nginxProgram, nginxUser } from '../peers/nginx.ts';
import { fillTemplate } from '../peers/peer.ts';

export interface Backends {
  readonly pages: number;
  readonly uploads: number;
}

const SMALL_BYTES = 100;

/** Starts both and gives their ports. Without nginx there is no bench: it throws. */
export async function startBackends(
  processes: Processes,
  cpu: number | undefined,
  folder: string,
): Promise<Backends> {
  const pages = await freePort();
  const root = join(folder, 'pages');
  mkdirSync(root);
  writeFileSync(join(root, '10k'), Buffer.alloc(10_000, 'x'));
  writeFileSync(join(root, '1m'), Buffer.alloc(2 ** 20, 'x'));
  const text = fillTemplate('../backend/http.conf', {
    LISTEN_PORT: pages,
    PAGES: root,
    USER: nginxUser(),
    SMALL_BODY: 'x'.repeat(SMALL_BYTES),
  });
  await processes.startServer(nginxProgram('backend (nginx)', folder, text), cpu, pages);

  const uploads = await freePort();
  const sink = join(import.meta.dirname, 'upload-sink.ts');
  const program = { name: 'backend (uploads)', command: process.execPath, args: [sink, String(uploads)] };
  await processes.startServer(program, cpu, uploads);
  return { pages, uploads };
}
