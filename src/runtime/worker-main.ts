/** The thread of a worker. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerStart } from './messages.ts';
import { WorkerThread } from './worker-thread.ts';

if (parentPort !== null) new WorkerThread(parentPort, workerData as WorkerStart); // What WorkerHandle starts it with.
