/**
 * How a thread becomes a worker: by messages, so that it can load what it runs, and make rules ready, before it is known
 * which worker it will be.
 *
 *     prepare (an edition) … prepare (another)     a spare thread, see worker-spare.ts
 *     start (its number and memory)                 from here on all messages are of the link
 */
import type { MessagePort } from 'node:worker_threads';
import { readConfig } from '../config/read.ts';
import { warmUp } from '../inspect/warm-up.ts';
import { buildInspections } from './inspection.ts';
import type { Edition, WorkerOrder, WorkerStart } from './messages.ts';
import { AttachedRules } from './rule-edition.ts';

/** `rules` are those of the last edition that was prepared, if there was one. */
export type Begin = (port: MessagePort, start: WorkerStart, rules: AttachedRules | undefined) => void;

/** `port` is the parentPort of the thread; nothing happens where there is none, which is the main thread. */
export function becomeWorker(port: MessagePort | null, begin: Begin): void {
  if (port === null) return;
  let rules: AttachedRules | undefined;
  const take = (message: unknown): void => {
    const order = message as WorkerOrder; // What WorkerHandle and WorkerSpare send.
    if (order.kind === 'prepare') {
      rules = prepare(order.edition, rules);
      return;
    }
    port.off('message', take);
    begin(port, order.start, rules);
  };
  port.on('message', take);
}

function prepare(edition: Edition, before: AttachedRules | undefined): AttachedRules | undefined {
  const read = readConfig(edition.text, edition.path, edition.environment);
  // Workers use it: it was right.
  if (read.kind === 'bad') return before;
  const rules = new AttachedRules(edition.rules, before);
  // With memory of their own, which is thrown away.
  const built = buildInspections(read.config, rules);
  if (built.kind === 'bad') return before;
  built.inspections.inspectors.forEach(warmUp);
  return rules;
}
