/** A whole Sallyport in the test's own process: supervisor and worker threads, with a configuration that can change. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Supervisor } from '../../src/runtime/supervisor.ts';
import type { SupervisorOptions } from '../../src/runtime/supervisor.ts';

export interface Supervised {
  readonly supervisor: Supervisor;
  /** The program's own log so far. */
  readonly log: string[];
  port(listener?: string): number;
  /** What the next reload reads. */
  configure(text: string): void;
}

/** Starts one that ends with the test. `text` is YAML or JSON; listeners have port 0. */
export async function startSupervised(
  t: TestContext,
  text: string,
  options: Pick<SupervisorOptions, 'handed' | 'worker'> = {},
): Promise<Supervised> {
  let present = text;
  const log: string[] = [];
  const start = await Supervisor.start({
    source: {
      path: 'test.yaml',
      load: () => Promise.resolve({ kind: 'ok', text: present }),
      environment: {},
    },
    isTerminal: false,
    writeLog: (line) => log.push(line),
    seed: () => 'test',
    version: '0.0.0',
    ...options,
  });
  assert(start.kind === 'ok', start.kind === 'bad' ? start.problems.join('\n') : '');
  const { supervisor } = start;
  t.after(() => supervisor.stop(0));
  return {
    supervisor,
    log,
    port: (listener) => {
      const bound = supervisor.bound.find((one) => listener === undefined || one.listener === listener);
      assert(bound !== undefined, `no listener ${listener ?? ''}`);
      return bound.port;
    },
    configure: (next) => {
      present = next;
    },
  };
}
