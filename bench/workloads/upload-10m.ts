/** Bodies to the server, with Content-Length. Few connections: what is under way at the end is not counted. */
import { httpLoad, inMiB } from '../load/http-load.ts';
import type { Workload } from '../workload.ts';

export const upload10m: Workload = httpLoad({
  name: 'upload-10m',
  title: '10 MiB uploads with Content-Length, 2 keep-alive connections',
  traffic: { path: '/upload', connections: 2, bodyBytes: 10 * 2 ** 20 },
  unit: inMiB(10),
  backend: 'uploads',
});
