/** What the admin API over TCP needs, and what needs it. */
import type { Checking } from './checking.ts';

export function checkAdmin(checking: Checking): void {
  const { listen, token, tokenFile } = checking.config.admin;
  const isBroken = ['listen', 'token', 'tokenFile'].some((key) => checking.isBroken(['admin', key]));
  if (isBroken) return;
  if (listen === undefined) {
    for (const key of ['token', 'tokenFile', 'metrics']) {
      if (!checking.isWritten(['admin', key])) continue;
      const message = `Cannot use key "admin.${key}": "admin.listen" is missing, and the socket needs no token`;
      checking.report(['admin', key], 'no-effect', message, 'add "listen", or remove it');
    }
    return;
  }
  if (token === undefined && tokenFile === undefined) {
    const message = 'Cannot use key "admin.listen": neither "admin.token" nor "admin.tokenFile" is there';
    checking.report(
      ['admin', 'listen'],
      'admin-token',
      message,
      'over TCP every request has to show a token',
    );
  }
  if (token !== undefined && tokenFile !== undefined) {
    const message = 'Cannot use key "admin.tokenFile": "admin.token" is there already';
    checking.report(['admin', 'tokenFile'], 'admin-token', message, 'remove one of them');
  }
}
