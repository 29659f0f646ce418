/**
 * A proxy in a process of its own, for tests that measure its memory: nothing of clients and servers is counted along.
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { startProxy } from './proxy.ts';

/** Bytes, and what is open. */
export interface Usage {
  readonly rss: number;
  /** The JavaScript heap and the buffers outside of it. */
  readonly memory: number;
  readonly counts: { readonly clients: number; readonly origins: number; readonly exchanges: number };
}

export interface ProxyProcess {
  readonly port: number;
  /** What is used now, after a collection of garbage where it is asked for. */
  usage(collects: boolean): Promise<Usage>;
  close(): Promise<void>;
}

/** Starts a proxy with a configuration in YAML or JSON. */
export async function startProxyProcess(yaml: string): Promise<ProxyProcess> {
  const child = fork(fileURLToPath(import.meta.url), [yaml], { execArgv: ['--expose-gc'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ended = exited.then(() => {
    throw new Error('the proxy has ended');
  });
  ended.catch(() => {}); // Heard where an answer is awaited.
  const answer = (): Promise<unknown> =>
    Promise.race([new Promise((resolve) => child.once('message', resolve)), ended]);
  const port = await answer();
  assert(typeof port === 'number');
  return {
    port,
    usage: (collects) => {
      const usage = answer();
      child.send({ collects });
      return usage as Promise<Usage>; // What the process below sends.
    },
    close: () => {
      child.disconnect();
      return exited;
    },
  };
}

async function main(yaml: string): Promise<void> {
  const proxy = await startProxy(yaml);
  // Records are of no interest here, and would be what grows.
  proxy.records.push = () => 0;
  process.on('message', ({ collects }: { readonly collects: boolean }) => {
    if (collects) for (let round = 0; round < 3; round++) globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const { counts } = proxy.plane.host;
    process.send?.({ rss, memory: heapUsed + external, counts } satisfies Usage);
  });
  process.on('disconnect', () => {
    void proxy.close();
  });
  process.send?.(proxy.port());
}

if (import.meta.main) await main(process.argv[2] ?? '');
