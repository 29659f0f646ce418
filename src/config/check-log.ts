/** What the options of the access log need of each other. */
import type { Checking } from './checking.ts';

export function checkLog(checking: Checking): void {
  const { to, syslog, access } = checking.config.log;
  const path = ['log', 'syslog'];
  if (checking.isBroken(['log', 'to']) || checking.isBroken(path)) return;
  const isUsed = to.includes('syslog') && access !== 'off';
  if (isUsed && syslog.address === undefined && !checking.isBroken([...path, 'address'])) {
    const message = 'Cannot log to "syslog": key "log.syslog.address" is missing';
    checking.report(['log', 'to'], 'syslog-address', message, 'say where the syslog server listens');
  }
  if (!isUsed && checking.isWritten(path)) {
    const message = 'Cannot use key "log.syslog": no access log goes to "syslog"';
    checking.report(path, 'no-effect', message, 'add "syslog" to "log.to"');
  }
}
