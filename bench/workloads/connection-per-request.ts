/** A new client connection for each request; those to the server are kept. */
import { httpLoad } from '../load/http-load.ts';
import type { Workload } from '../workload.ts';

export const connectionPerRequest: Workload = httpLoad({
  name: 'connection-per-request',
  title: '100-byte pages, a new connection for each request (Connection: close), 64 at a time',
  traffic: { path: '/small', connections: 64, browserHead: true, close: true },
});
