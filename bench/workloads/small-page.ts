/**
 * The plainest work of a reverse proxy, with the head that a browser sends, and with the shortest one.
 *
 * Clients that repeat their fields are cheaper for a proxy that remembers them. How cheap they are when they never do is
 * what small-page-varied says.
 */
import { httpLoad } from '../load/http-load.ts';
import type { Traffic } from '../load/wrk.ts';
import type { Workload } from '../workload.ts';

export const SMALL_PAGE: Traffic = { path: '/small', connections: 64, browserHead: true };

export const smallPage: Workload = httpLoad({
  name: 'small-page',
  title: '100-byte pages, browser head, 64 keep-alive connections',
  traffic: SMALL_PAGE,
});

export const smallPageMinimal: Workload = httpLoad({
  name: 'small-page-minimal',
  title: '100-byte pages, shortest head, 64 keep-alive connections',
  traffic: { path: '/small', connections: 64 },
});

export const smallPageVaried: Workload = httpLoad({
  name: 'small-page-varied',
  title: 'as small-page, with another cookie in each request',
  traffic: { ...SMALL_PAGE, varied: true },
});
