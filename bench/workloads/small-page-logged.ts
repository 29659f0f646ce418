/** The same as small-page with the access log of each peer on: one line for each request, to a file in memory. */
import { httpLoad } from '../load/http-load.ts';
import type { Workload } from '../workload.ts';
import { SMALL_PAGE } from './small-page.ts';

export const smallPageLogged: Workload = httpLoad({
  name: 'small-page-logged',
  title: 'as small-page, with the access log on',
  traffic: SMALL_PAGE,
  job: { accessLog: true },
});
