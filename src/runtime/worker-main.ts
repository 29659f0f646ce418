/** The thread of a worker. */
import { parentPort } from 'node:worker_threads';
import { becomeWorker } from './become-worker.ts';
import { WorkerThread } from './worker-thread.ts';

becomeWorker(parentPort, (port, start, rules) => new WorkerThread(port, start, rules));
