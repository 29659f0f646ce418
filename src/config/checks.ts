/**
 * What no single option can say: the checks of a configuration as a whole.
 *
 * They run on what could be read even when something else could not, so that one run shows every mistake. A check says
 * nothing about a value that was itself reported: it would blame the user for our placeholder.
 */
import { Buffer } from 'node:buffer';
import { formatSize } from '../base/units.ts';
import { checkBalanceOfTcp, checkTimes } from './check-balance.ts';
import { checkAdmin } from './check-admin.ts';
import { checkBinds, checkLoops } from './check-binds.ts';
import { checkDestinations } from './check-destinations.ts';
import { checkFallbacks } from './check-fallbacks.ts';
import { checkInspection } from './check-inspection.ts';
import { checkListeners } from './check-listeners.ts';
import { checkLog } from './check-log.ts';
import { checkPersistenceOfTcp } from './check-persistence.ts';
import { checkPools } from './check-pools.ts';
import { checkPrivileges } from './check-privileges.ts';
import { checkSources } from './check-sources.ts';
import { checkTracing } from './check-tracing.ts';
import { checkUdp } from './check-udp.ts';
import { checkUse } from './check-use.ts';
import { makeChecking } from './checking.ts';
import type { Checking } from './checking.ts';
import type { Config } from './config.ts';
import type { Reading } from './reader.ts';

/** Linux: `sun_path` of unix(7) has 108 bytes, the last of them NUL. */
const SOCKET_PATH_BYTES_MAX = 107;

export function checkConfig(reading: Reading, config: Config): void {
  const checking = makeChecking(reading, config);
  checkListeners(checking);
  checkBinds(checking);
  checkLoops(checking);
  checkPools(checking);
  checkFallbacks(checking);
  checkSources(checking);
  checkDestinations(checking);
  checkUdp(checking);
  checkPrivileges(checking);
  checkBalanceOfTcp(checking);
  checkTimes(checking);
  checkPersistenceOfTcp(checking);
  checkHeld(checking);
  checkInspection(checking);
  checkSocket(checking);
  checkAdmin(checking);
  checkLog(checking);
  checkTracing(checking);
  checkUse(checking);
}

function checkHeld(checking: Checking): void {
  const { held, heldTotal } = checking.config.inspection.body;
  if (heldTotal >= held || checking.isBroken(['inspection', 'body'])) return;
  const message = `Cannot use key "inspection.body.heldTotal": ${formatSize(heldTotal)} is less than the ${formatSize(held)} of one request`;
  checking.report(['inspection', 'body', 'heldTotal'], 'held-total', message);
}

function checkSocket(checking: Checking): void {
  const { socket } = checking.config.admin;
  const length = Buffer.byteLength(socket);
  if (length <= SOCKET_PATH_BYTES_MAX) return;
  const message = `Cannot use key "admin.socket": its whole path has ${length} bytes, and at most ${SOCKET_PATH_BYTES_MAX} are allowed`;
  checking.report(['admin', 'socket'], 'socket-path', message);
}
