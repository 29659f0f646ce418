/**
 * The workloads, in the order in which they run.
 */
import type { Workload } from './workload.ts';
import { connectionPerRequest } from './workloads/connection-per-request.ts';
import { download1m } from './workloads/download-1m.ts';
import { idle1000, idle10000 } from './workloads/idle.ts';
import { inspectKinds, inspectMix } from './workloads/inspect.ts';
import { inspectAdded, inspectAddedVaried } from './workloads/inspect-added.ts';
import { inspectedPage } from './workloads/inspected-page.ts';
import { page10k } from './workloads/page-10k.ts';
import { smallPage, smallPageMinimal, smallPageVaried } from './workloads/small-page.ts';
import { smallPageLogged } from './workloads/small-page-logged.ts';
import { tcpRelayBulk, tcpRelaySmall, tcpRelayUpload } from './workloads/tcp-relay.ts';
import { upload10m } from './workloads/upload-10m.ts';

export const WORKLOADS: readonly Workload[] = [
  smallPage,
  smallPageMinimal,
  smallPageVaried,
  smallPageLogged,
  page10k,
  download1m,
  upload10m,
  connectionPerRequest,
  tcpRelaySmall,
  tcpRelayBulk,
  tcpRelayUpload,
  inspectedPage,
  inspectAdded,
  inspectAddedVaried,
  inspectMix,
  ...inspectKinds,
  idle1000,
  idle10000,
];
