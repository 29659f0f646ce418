/** What the options of the access log need of each other. */
import type { Checking } from './checking.ts';

export function checkLog(checking: Checking): void {
  const { to, syslog, access } = checking.config.log;
  const path = ['log', 'syslog'];
  if (checking.isBroken(['log', 'to']) || checking.isBroken(path)) return;
  const isUsed = to.includes('syslog') && access !== 'off';
  const isUnix = syslog.transport === 'unix';
  if (isUsed && !isUnix && syslog.address === undefined && !checking.isBroken([...path, 'address'])) {
    const message = 'Cannot log to "syslog": key "log.syslog.address" is missing';
    const hint =
      'say where the syslog server listens, or write "transport: unix" for the one of this machine';
    checking.report(['log', 'to'], 'syslog-address', message, hint);
  }
  checkTransport(checking, isUnix ? 'address' : 'path', syslog.transport);
  if (!isUsed && checking.isWritten(path)) {
    const message = 'Cannot use key "log.syslog": no access log goes to "syslog"';
    checking.report(path, 'no-effect', message, 'add "syslog" to "log.to"');
  }
}

/** A daemon on this machine has a path, a server in the network has an address. */
function checkTransport(checking: Checking, unused: 'address' | 'path', transport: string): void {
  const path = ['log', 'syslog', unused];
  if (!checking.isWritten(path)) return;
  const message = `Cannot use key "log.syslog.${unused}": "transport: ${transport}" does not need it`;
  const hint =
    unused === 'path' ? 'write "transport: unix", or remove it' : 'remove it, or choose another transport';
  checking.report(path, 'no-effect', message, hint);
}
