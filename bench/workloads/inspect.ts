/**
 * The CRS at paranoia level 1, on every request and denying what it must, in Sallyport and in ModSecurity: a typical mix of
 * requests, and each kind of it alone.
 */
import { loadColumns, PLAIN_JOB } from '../load/http-load.ts';
import { replaying } from '../load/replay-load.ts';
import { KINDS, type Kind } from '../traffic/kinds.ts';
import { mixedVisits, visitsOf } from '../traffic/samples.ts';
import type { Job, Peer } from '../peers/peer.ts';
import { eachPeer, type Bar, type Workload } from '../workload.ts';

const NGINX = 'nginx+modsecurity';
const APACHE = 'apache+modsecurity';
/** More than any peer answers in the time of a measurement. */
const REQUESTS_MAX = 10_000_000;
const CONNECTIONS = 64;
/** With few connections a peer that takes 50 ms for each request still answers them within the time. */
const HEAVY_CONNECTIONS = 4;
const HEAVY_REQUESTS_MAX = 2_000;
/** What comes seldom is compiled late: a mix becomes cheaper for as long, and V8's own threads cost 4 µs a request at first. */
const WARM_UP_SECONDS = 30;
/** There are many workloads, and differences are large. */
const ROUNDS_MAX = 3;

const NEVER_SLOWER: readonly Bar[] = [NGINX, APACHE].map((other) => ({
  label: 'sallyport',
  key: 'cpuUs',
  kind: 'ratio',
  other,
  max: 1,
  text: `CPU no more than that of ${other}`,
}));

const FIFTIETH: Bar = {
  label: 'sallyport',
  key: 'cpuUs',
  kind: 'ratio',
  other: NGINX,
  max: 1 / 50,
  text: `CPU at most a fiftieth of that of ${NGINX}`,
};

/** As its peers do: what is stopped gets 403. What the decoy costs beyond that is a line of its own. */
const DENYING: Job = { ...PLAIN_JOB, inspection: 'crs' };

const COMMON = {
  backend: 'pages',
  columns: loadColumns(),
  baselines: [NGINX, APACHE],
  roundsMax: ROUNDS_MAX,
  subjects: (peers: readonly Peer[]) => [
    ...eachPeer(DENYING)(peers),
    ...peers
      .filter(({ name }) => name === 'sallyport')
      .map((peer) => ({ label: 'sallyport + decoy', peer, job: { ...DENYING, deceives: true } })),
  ],
} as const;

export const inspectMix: Workload = {
  ...COMMON,
  name: 'inspect-mix',
  title: 'CRS: a typical mix of all kinds of requests, 64 connections',
  bars: [FIFTIETH, ...NEVER_SLOWER],
  ...replaying({
    visits: mixedVisits,
    connections: CONNECTIONS,
    requestsMax: REQUESTS_MAX,
    warmUpSeconds: WARM_UP_SECONDS,
  }),
};

export const inspectKinds: readonly Workload[] = KINDS.map(inspectKind);

function inspectKind(kind: Kind): Workload {
  const connections = kind.isHeavy ? HEAVY_CONNECTIONS : CONNECTIONS;
  const requestsMax = kind.isHeavy ? HEAVY_REQUESTS_MAX : REQUESTS_MAX;
  return {
    ...COMMON,
    name: `inspect-${kind.name}`,
    title: `CRS: ${kind.title}, ${connections} connections`,
    bars: NEVER_SLOWER,
    ...replaying({ visits: () => visitsOf(kind), connections, requestsMax }),
  };
}
