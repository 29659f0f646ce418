/** Bodies from the server: the cost is that of moving bytes, so that it is counted per MiB. */
import { httpLoad, inMiB } from '../load/http-load.ts';
import type { Workload } from '../workload.ts';

export const download1m: Workload = httpLoad({
  name: 'download-1m',
  title: '1 MiB downloads, 8 keep-alive connections',
  traffic: { path: '/1m', connections: 8, browserHead: true },
  unit: inMiB(1),
});
