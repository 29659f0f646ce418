/** What SQL injection seems to find. */
import type { DecoyAnswer } from './page.ts';
import { escapeHtml, repeated, shopPage } from './page.ts';
import type { Site } from './site.ts';

/** A query that broke, with the part that broke it, or the rows that it should never have given. */
export function databaseAnswer(site: Site, wants: 'rows' | 'error', near: string): DecoyAnswer {
  return wants === 'rows' ? rowsPage(site) : errorText(site, near);
}

function rowsPage(site: Site): DecoyAnswer {
  const rows = site.users.map((user) => {
    const cells = [String(user.id), user.login, user.mail, user.passwordHash];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
  });
  return shopPage(site, 200, 'Products', `<table>\n${rows.join('\n')}\n</table>`);
}

/** The text that scanners know a MySQL behind a page by. */
function errorText(site: Site, near: string): DecoyAnswer {
  const message =
    'You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version ' +
    `for the right syntax to use near '${repeated(near)}' at line 1`;
  return shopPage(site, 500, 'Error', `<p><b>Fatal error</b>: ${message}</p>`);
}
