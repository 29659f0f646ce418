/**
 * What inspection adds to a request that is only proxied otherwise: Sallyport against itself, with pages of the traffic
 * that is inspected.
 */
import { loadColumns, PLAIN_JOB } from '../load/http-load.ts';
import { replaying } from '../load/replay-load.ts';
import type { Inspection } from '../peers/peer.ts';
import { KINDS } from '../traffic/kinds.ts';
import { visitsOf } from '../traffic/samples.ts';
import type { Bar, Workload } from '../workload.ts';

const OFF = 'inspection off';
const CRS = 'CRS';
const CRS_SNORT = 'CRS + 500 Snort rules';
const MICROSECONDS_MAX = 10;
const MICROSECONDS_GOAL = 5;
/** A page that is only proxied goes on becoming cheaper for as long: what is added must not look smaller for it. */
const WARM_UP_SECONDS = 30;

const SUBJECTS: readonly (readonly [label: string, inspection: Inspection])[] = [
  [CRS_SNORT, 'crs+snort'],
  [CRS, 'crs'],
  [OFF, 'off'],
];

export const inspectAdded: Workload = addedBy('page');
export const inspectAddedVaried: Workload = addedBy('page-varied');

function addedBy(name: string): Workload {
  const kind = KINDS.find((one) => one.name === name);
  if (kind === undefined) throw new Error(`There is no kind of requests with the name "${name}"`);
  return {
    name: `inspect-added-${kind.name}`,
    title: `what inspection adds: ${kind.title}, 64 connections`,
    backend: 'pages',
    columns: loadColumns().map((column) =>
      column.key === 'cpuUs' ? { ...column, isSubtracted: true } : column,
    ),
    baselines: [OFF],
    bars: [CRS_SNORT, CRS].map(addsLittle),
    subjects: (peers) =>
      peers
        .filter((peer) => peer.name === 'sallyport')
        .flatMap((peer) =>
          SUBJECTS.map(([label, inspection]) => ({ label, peer, job: { ...PLAIN_JOB, inspection } })),
        ),
    ...replaying({
      visits: () => visitsOf(kind),
      connections: 64,
      requestsMax: 10_000_000,
      warmUpSeconds: WARM_UP_SECONDS,
    }),
  };
}

function addsLittle(label: string): Bar {
  const text = `${label} adds at most ${MICROSECONDS_MAX} µs of CPU (goal ${MICROSECONDS_GOAL})`;
  return { label, key: 'cpuUs', kind: 'difference', other: OFF, max: MICROSECONDS_MAX, text };
}
