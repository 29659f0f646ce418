/**
 * Raw TCP relay. The messages happen to be HTTP, which no peer reads here: so wrk and nginx, in C, are the two ends,
 * and neither is the bottleneck as two ends in JavaScript would be.
 */
import { httpLoad, inMiB } from '../load/http-load.ts';
import type { Workload } from '../workload.ts';

export const tcpRelaySmall: Workload = httpLoad({
  name: 'tcp-relay-small',
  title: 'TCP relay, messages of about 50 bytes there and 250 back, 64 kept connections',
  traffic: { path: '/small', connections: 64 },
  unit: { name: 'message', plural: 'messages', perRequest: 1 },
  job: { mode: 'tcp' },
});

export const tcpRelayBulk: Workload = httpLoad({
  name: 'tcp-relay-bulk',
  title: 'TCP relay, 1 MiB at a time from the server, 8 kept connections',
  traffic: { path: '/1m', connections: 8 },
  unit: inMiB(1),
  job: { mode: 'tcp' },
});

export const tcpRelayUpload: Workload = httpLoad({
  name: 'tcp-relay-upload',
  title: 'TCP relay, 10 MiB at a time to the server, 2 kept connections',
  traffic: { path: '/upload', connections: 2, bodyBytes: 10 * 2 ** 20 },
  unit: inMiB(10),
  backend: 'uploads',
  job: { mode: 'tcp' },
});
