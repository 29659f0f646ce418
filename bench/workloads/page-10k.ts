/** A page that fits into one read of the backend's answer, or nearly. */
import { httpLoad } from '../load/http-load.ts';
import type { Workload } from '../workload.ts';

export const page10k: Workload = httpLoad({
  name: 'page-10k',
  title: '10,000-byte pages, browser head, 64 keep-alive connections',
  traffic: { path: '/10k', connections: 64, browserHead: true },
});
