/**
 * How often harmless messages hold a literal: a guess that chooses between the needs of a rule, and nothing else. A wrong
 * guess costs time, never a match.
 */
import { WINDOW_MAX } from '../match/windows.ts';
import { costOf } from '../rx/literal-cost.ts';
import { isInEveryLine } from './constant-tail.ts';

/**
 * What is in every message tells nothing, and is no need of a rule that has another (needs.ts); but a byte by itself, which
 * costs 3, would stop more scans than one rule is worth.
 */
const EVERYWHERE_COST = 2.75;

/** Guesses of one set of rules, of which many hold the same literals. */
export class Expected {
  readonly #known = new Map<string, number>();

  /** How many messages of one hold one of the literals, and a little for each of them. */
  of(literals: readonly string[], isInLine: boolean, isInFields: boolean, isInBody: boolean): number {
    return literals.reduce((sum, literal) => sum + this.#one(literal, isInLine, isInFields, isInBody), 0);
  }

  #one(literal: string, isInLine: boolean, isInFields: boolean, isInBody: boolean): number {
    const key = `${isInLine ? 'l' : ''}${isInFields ? 'f' : ''}${isInBody ? 'b' : ''} ${literal}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const isCommon =
      (isInLine && LINE.includes(literal)) ||
      (isInFields && FIELDS.includes(literal)) ||
      (isInBody && BODY.includes(literal));
    const isEverywhere = isInLine && isInEveryLine(literal);
    const cost = (isEverywhere ? EVERYWHERE_COST : isCommon ? 1 : 0) + costOf([literal]);
    this.#known.set(key, cost);
    return cost;
  }
}

const METHODS: readonly (readonly [method: string, share: number])[] = [
  ['get', 0.9],
  ['post', 0.15],
  ['head', 0.02],
  ['options', 0.02],
  ['put', 0.01],
  ['delete', 0.01],
  ['patch', 0.01],
];

/** The same for the method alone. */
export function methodCost(literals: readonly string[]): number {
  let cost = 0;
  for (const [method, share] of METHODS) {
    if (literals.some((literal) => method.includes(literal))) cost += share;
  }
  return cost;
}

/** What the targets of common applications hold. */
const LINE = [
  'get / http/1.1 post / http/1.1 head / http/1.0',
  '/index.php?id= /index.php?action= /index.php?page= /index.php?option= /index.asp?id= /index.aspx /index.html',
  '/default.asp?id= /default.aspx?id= /index.cfm?id= /index.jsp /index.do /index.cgi /home.php',
  '/search.php?q= /search.asp?q= /search?q= /login.php?user= /login.asp?user= /user.php?id= /users.php /news.php?id=',
  '/detail.asp?id= /view.php?id= /page.php?id= /print.php?id= /admin.php?id= /modules.php?name= /gallery.php',
  '/admin/index.php?id= /wp-admin/admin-ajax.php?action= /wp-login.php /wp-content/plugins/ /wp-content/themes/',
  '-0.html -1.html -2.html -3.html -4.html -5.html -6.html -7.html -8.html -9.html /catalog /category /product /cart /shop',
  '.php?id=1 &id=1 ?page=1 &page=1 ?action= &action= &cat= ?q= &q= ?lang= &lang= &sort= &name= &type= ?file= &url=',
  '/cgi-bin/ /api/ /static/ /images/ /img/ /css/ /js/ /admin/ /user/ /login /upload/ /download/ .js?v= .css?v=',
].join(' ');

/** What browsers send, as it is scanned. */
const FIELDS = [
  '',
  'host: www.example.com',
  'connection: keep-alive',
  'connection: close',
  'cache-control: no-cache',
  'cache-control: max-age=0',
  'pragma: no-cache',
  'upgrade-insecure-requests: 1',
  'user-agent: mozilla/4.0 (compatible; msie 6.0; windows nt 5.1; .net clr 1.1.4322)',
  'user-agent: mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/130.0.0.0 safari/537.36',
  'user-agent: mozilla/5.0 (windows nt 10.0; win64; x64; rv:130.0) gecko/20100101 firefox/130.0',
  'accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'accept: */*',
  'accept: application/json, text/plain, */*',
  'accept-encoding: gzip, deflate, br, zstd',
  'accept-encoding: gzip, deflate',
  'accept-language: en-us,en;q=0.9',
  'accept-language: en-us',
  'referer: https://www.example.com/',
  'referer: http://www.',
  'origin: https://www.',
  'cookie: ',
  'content-type: application/x-www-form-urlencoded',
  'content-type: application/json',
  'content-type: multipart/form-data; boundary=----webkitformboundary',
  'content-type: text/html; charset=utf-8',
  'content-disposition: form-data; name="',
  'content-length: 1',
  'x-requested-with: xmlhttprequest',
  'x-forwarded-for: ',
  'server: apache',
  '',
].join('\r\n');

/** What forms and data of APIs hold. */
const BODY = [
  '------webkitformboundary\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n',
  'content-type: image/jpeg\r\n\r\n content-disposition: form-data; name="title"\r\n\r\n',
  '{"items":[{"id":1,"count":2},{"id":1}],"name":"a","value":true}',
  'name=a&value=1&email=a%40example.com&action=save&id=1&page=2&title=a&text=b+c',
].join(' ');

const TYPICAL_WINDOWS: ReadonlySet<string> = new Set(
  [LINE, FIELDS, BODY].flatMap((text) =>
    Array.from({ length: text.length - WINDOW_MAX + 1 }, (_, at) => text.slice(at, at + WINDOW_MAX)),
  ),
);

/** Whether four bytes in lower case are among these texts. */
export function isTypical(window: string): boolean {
  return TYPICAL_WINDOWS.has(window);
}
