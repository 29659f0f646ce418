/**
 * What inspection with the shipped rules adds to a typical request: Sallyport against itself, a page asked for with
 * three arguments and the head of a browser.
 */
import { loadColumns, measureLoad, PLAIN_JOB, warmUpWith } from '../load/http-load.ts';
import type { Traffic } from '../load/wrk.ts';
import type { Workload } from '../workload.ts';

const TRAFFIC: Traffic = {
  path: '/small?category=running+shoes&page=2&sort=price',
  connections: 64,
  browserHead: true,
};
const OFF = 'inspection off';

export const inspectedPage: Workload = {
  name: 'inspected-page',
  title:
    '100-byte pages with three arguments, browser head, 64 keep-alive connections; the shipped rules on and off',
  backend: 'pages',
  columns: loadColumns().map((column) =>
    column.key === 'cpuUs' ? { ...column, isSubtracted: true } : column,
  ),
  baselines: [OFF],
  warmUp: warmUpWith(TRAFFIC),
  subjects: (peers) =>
    peers
      .filter((peer) => peer.name === 'sallyport')
      .flatMap((peer) => [
        { label: 'inspection on', peer, job: { ...PLAIN_JOB, inspection: 'default' } },
        { label: OFF, peer, job: PLAIN_JOB, warmUpWith },
      ]),
  measure: (bench, target) => measureLoad(bench, target, TRAFFIC),
};
