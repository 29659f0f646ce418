/**
 * Answers of the built-in decoy, and the header fields that keep them harmless.
 *
 * A decoy speaks with the name of the real site. A visitor can be made to send an attack by a link on another page and
 * then sees the decoy in the origin of the real site. So whatever the decoy shows must do nothing there: no script runs
 * (Content-Security-Policy), nothing is taken for another type (nosniff), nothing stays in a browser or a shared cache
 * (no-store), no cookie of the real site is set or replaced, and what is repeated of a request is escaped.
 */
import type { Site } from './site.ts';

export interface DecoyAnswer {
  readonly status: number;
  /** In the order in which they are sent; the framing is added by the server. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** latin1: one character a byte. */
  readonly body: string;
}

/** The longest answer: a request must not be worth sending for the size of what it fetches. */
export const ANSWER_BYTES_MAX = 65_536;

const HARMLESS = [
  ['Cache-Control', 'no-store'],
  ['X-Content-Type-Options', 'nosniff'],
  [
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  ],
] as const;

export const HTML = 'text/html; charset=UTF-8';
export const TEXT = 'text/plain; charset=UTF-8';
export const BYTES = 'application/octet-stream';

export function answerWith(
  site: Site,
  status: number,
  type: string,
  body: string,
  more: DecoyAnswer['headers'] = [],
): DecoyAnswer {
  const headers = [['Server', site.serverHeader], ['Content-Type', type], ...more, ...HARMLESS] as const;
  return { status, headers, body: body.slice(0, ANSWER_BYTES_MAX) };
}

/** A page that a script of the site made. */
export function scriptAnswer(site: Site, status: number, type: string, body: string): DecoyAnswer {
  return answerWith(site, status, type, body, [['X-Powered-By', site.poweredBy]]);
}

/** To another path of the site. Never to another host: `path` is ours. */
export function redirectTo(site: Site, path: string): DecoyAnswer {
  const { body } = errorPage(site, 302);
  return answerWith(site, 302, HTML, body, [['Location', path]]);
}

/** A page of the shop. `content` is HTML. */
export function shopPage(site: Site, status: number, title: string, content: string): DecoyAnswer {
  return scriptAnswer(
    site,
    status,
    HTML,
    `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(title)} - ${escapeHtml(site.name)}</title>
<style>body{font:16px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}nav a{margin-right:1em}td,th{padding:.2em 1em .2em 0;text-align:left}</style>
</head>
<body>
<nav><a href="/">${escapeHtml(site.name)}</a><a href="/search.php">Search</a><a href="/contact.php">Contact</a><a href="/login.php">Sign in</a></nav>
<h1>${escapeHtml(title)}</h1>
${content}
</body>
</html>
`,
  );
}

const REASONS: Readonly<Record<number, string>> = {
  302: 'Found',
  400: 'Bad Request',
  401: 'Authorization Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  500: 'Internal Server Error',
};

/** What the server itself says, in the manner of the server that it names. */
export function errorPage(site: Site, status: number): DecoyAnswer {
  const title = `${status} ${REASONS[status] ?? 'Error'}`;
  const server = escapeHtml(site.serverHeader);
  const foot = site.isApache ? `<hr><address>${server} Server</address>` : `<hr><center>${server}</center>`;
  const head = site.isApache ? `<h1>${title.slice(4)}</h1>` : `<center><h1>${title}</h1></center>`;
  const lines = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    head,
    foot,
    '</body>',
    '</html>',
    '',
  ];
  return answerWith(site, status, 'text/html', lines.join(site.isApache ? '\n' : '\r\n'));
}

/** For text in elements and in quoted attributes. Bytes above 7F become references, so that no decoder is involved. */
export function escapeHtml(latin1: string): string {
  return latin1.replace(
    /[^ !#$%()*+,./0-9:;=?@A-Z[\]^_a-z{|}~-]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/** The beginning of what an attacker sent, to be repeated in a page: long enough to be recognised. */
export function repeated(latin1: string): string {
  return escapeHtml(latin1.slice(0, 120));
}
