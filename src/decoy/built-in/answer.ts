/**
 * What the built-in decoy answers: a pure function of the request and the site. The same request gets the same answer
 * for as long as the seed stays, nothing is executed, and nothing is kept.
 *
 * Order: the method; what the request tries (payload.ts), wherever it tries it; the page at the path; a leaked file;
 * not found.
 */
import { databaseAnswer } from './database.ts';
import { fileAnswer } from './host-files.ts';
import { leakedFile } from './leaked-files.ts';
import * as login from './login-pages.ts';
import type { DecoyAnswer } from './page.ts';
import { answerWith, errorPage, HTML, scriptAnswer } from './page.ts';
import type { Payload } from './payload.ts';
import { findPayload } from './payload.ts';
import type { DecoyRequest, ReadRequest } from './request.ts';
import { readRequest } from './request.ts';
import { commandAnswer } from './shell.ts';
import { contactPage, homePage, productPage, searchPage } from './shop-pages.ts';
import type { Site } from './site.ts';

export function answer(request: DecoyRequest, site: Site): DecoyAnswer {
  if (request.method === 'OPTIONS')
    return answerWith(site, 200, HTML, '', [['Allow', 'GET, HEAD, POST, OPTIONS']]);
  if (!METHODS.has(request.method)) return errorPage(site, 405);
  const read = readRequest(request);
  const payload = findPayload(read.texts);
  if (payload !== undefined) return payloadAnswer(site, payload);
  const path = plainPath(read.path);
  return PAGES.get(path)?.(site, read) ?? leakedFile(site, path) ?? pageBelow(site, path, read);
}

type Page = (site: Site, request: ReadRequest) => DecoyAnswer;

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST']);

/** Scripts that print nothing when they are asked for directly. */
const silent: Page = (site) => scriptAnswer(site, 200, HTML, '');

const PAGES: ReadonlyMap<string, Page> = new Map<string, Page>([
  ['/', homePage],
  ['/index.php', homePage],
  ['/product.php', productPage],
  ['/search', searchPage],
  ['/search.php', searchPage],
  ['/contact.php', contactPage],
  ['/config.php', silent],
  ['/wp-config.php', silent],
  ['/login', login.shopLogin],
  ['/login.php', login.shopLogin],
  ['/signin', login.shopLogin],
  ['/user/login', login.shopLogin],
  ['/wp-login.php', login.blogLogin],
  ['/wp-json/wp/v2/users', login.blogUsers],
  ['/xmlrpc.php', login.remoteCalls],
  ['/server-status', (site) => errorPage(site, 403)],
]);

/** Whole folders, tried in this order when nothing else is at a path. */
const FOLDERS: readonly (readonly [RegExp, Page])[] = [
  [/^\/(?:admin|administrator|manager|cpanel)(?:\/|\.php$|$)/i, login.administratorLogin],
  [/^\/wp-admin(?:\/|$)/, login.blogAdministration],
  [/^\/(?:phpmyadmin|pma|myadmin|mysql|dbadmin)(?:\/|$)/i, login.databaseLogin],
  [/^\/(?:cgi-bin|wp-content|wp-includes|uploads|vendor)\/?$/, (site) => errorPage(site, 403)],
];

function payloadAnswer(site: Site, payload: Payload): DecoyAnswer {
  switch (payload.kind) {
    case 'file':
      return fileAnswer(site, payload.path, payload.isBase64);
    case 'command':
      return commandAnswer(site, payload.name, payload.rest);
    case 'database':
      return databaseAnswer(site, payload.wants, payload.near);
  }
}

function pageBelow(site: Site, path: string, request: ReadRequest): DecoyAnswer {
  const page = FOLDERS.find(([pattern]) => pattern.test(path))?.[1];
  return page === undefined ? errorPage(site, 404) : page(site, request);
}

/** Without doubled slashes, and without one at the end. */
function plainPath(path: string): string {
  const plain = `/${path}`.replace(/\/{2,}/g, '/');
  return plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain;
}
