import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hit } from '../base/verdict.ts';
import { redactHit, redactTarget } from './redact.ts';
import { hidden } from './redact-text.ts';
import { isSecretField, isSecretName } from './secret-names.ts';

const SECRET = 'hunter2-4711';

function hitOf(changes: Partial<Hit>): Hit {
  return {
    rule: '1',
    source: 'r.conf:1',
    message: 'A message',
    severity: 2,
    tags: ['a'],
    target: 'ARGS:q',
    matched: 'x',
    transformations: [],
    ...changes,
  };
}

const SECRET_TARGETS: readonly string[] = [
  'REQUEST_HEADERS:Authorization',
  'REQUEST_HEADERS:proxy-authorization',
  'REQUEST_HEADERS:Cookie',
  'REQUEST_HEADERS:X-Api-Key',
  'RESPONSE_HEADERS:Set-Cookie',
  'REQUEST_COOKIES:theme',
  'REQUEST_COOKIES:',
  'ARGS:password',
  'ARGS_POST:user[Password]',
  'ARGS_GET:pwd',
  'ARGS:json.login.passwd',
  'ARGS:new-pass',
  'ARGS:api_key',
  'ARGS:csrf_token',
  'MATCHED_VARS:ARGS:password',
  'http_cookie',
  'snort_raw_cookie',
];

for (const target of SECRET_TARGETS) {
  test(`a hit in ${target} says nothing of the value`, () => {
    const hit = hitOf({
      target,
      matched: SECRET,
      data: `Matched ${SECRET}`,
      message: `Saw ${SECRET}`,
      tags: [SECRET, 'a'],
    });
    const redacted = redactHit(hit);
    assert.doesNotMatch(JSON.stringify(redacted), /hunter2/);
    assert.equal(redacted.matched, '[redacted:12]');
    assert.deepEqual([redacted.rule, redacted.target, redacted.tags[1]], ['1', target, 'a']);
  });
}

const PUBLIC_TARGETS: readonly string[] = [
  'ARGS:q',
  'ARGS:passenger',
  'ARGS:passage',
  'ARGS:compass',
  'ARGS:author',
  'ARGS:pinned',
  'ARGS_NAMES:password',
  'REQUEST_HEADERS:User-Agent',
  'REQUEST_HEADERS:Cookies',
  'REQUEST_COOKIES_NAMES:sid',
  'REQUEST_URI',
  'http_header',
];

for (const target of PUBLIC_TARGETS) {
  test(`a hit in ${target} is left as it is`, () => {
    const hit = hitOf({ target, matched: SECRET, data: 'Matched Data: x found within y' });
    assert.equal(redactHit(hit), hit);
  });
}

const TEXTS: readonly (readonly [text: string, redacted: string])[] = [
  ['/login?user=a&password=hunter2-4711&x=1', '/login?user=a&password=[redacted:12]&x=1'],
  ['{"user":"a","password":"hunter2-4711"}', '{"user":"a","password":"[redacted:12]"}'],
  ["pwd='hunter2-4711'", "pwd='[redacted:12]'"],
  ['password: hunter2-4711', 'password: [redacted:12]'],
  ['Authorization: Basic aHVudGVyMg==\r\nHost: a', 'Authorization: [redacted:18]\r\nHost: a'],
  ['cookie: a=hunter2; b=c', 'cookie: [redacted:14]'],
  ['Set-Cookie:a=b', 'Set-Cookie:[redacted:3]'],
  ['Matched Data: x found within ARGS:q: x', 'Matched Data: x found within ARGS:q: x'],
  ['a=1&b=2', 'a=1&b=2'],
  ['password=', 'password='],
  ['the password is wrong', 'the password is wrong'],
];

for (const [text, redacted] of TEXTS) {
  test(`in a text of a hit: ${JSON.stringify(text)}`, () => {
    const hit = redactHit(hitOf({ target: 'REQUEST_BODY', matched: text, data: text }));
    assert.deepEqual([hit.matched, hit.data], [redacted, redacted]);
  });
}

const TARGETS: readonly (readonly [target: string, redacted: string])[] = [
  ['/', '/'],
  ['/a?b=c&d', '/a?b=c&d'],
  ['/a?', '/a?'],
  ['/a?password', '/a?password'],
  ['/a?password=', '/a?password='],
  ['/a?password=x', '/a?password=[redacted:1]'],
  ['/a?x=1&PassWd=yz&z=2', '/a?x=1&PassWd=[redacted:2]&z=2'],
  ['/a?pass%77ord=yz', '/a?pass%77ord=[redacted:2]'],
  ['/a?password=b?c=d', '/a?password=[redacted:5]'],
  ['/password=x', '/password=x'],
  ['http://u:p@host/a', 'http://[redacted:3]@host/a'],
  ['http://u:p@h@host', 'http://[redacted:5]@host'],
  ['/a@b', '/a@b'],
  ['http://host/a@b?token=abc', 'http://host/a@b?token=[redacted:3]'],
];

for (const [target, redacted] of TARGETS) {
  test(`of the target ${target}`, () => assert.equal(redactTarget(target), redacted));
}

test('every name that is a secret is one in a query, however it is written', () => {
  const words = [
    ...[
      'passwd',
      'passphrase',
      'passcode',
      'secret',
      'token',
      'credential',
      'api-key',
      'apikey',
      'access_key',
    ],
    ...['privatekey', 'pass', 'pwd', 'pw', 'pin', 'otp', 'totp', 'cvv', 'cvc', 'sid', 'jwt', 'auth', 'ssn'],
    ...['sessionid', 'phpsessid', 'jsessionid', 'signature'],
  ];
  for (const word of words) {
    const encoded = `%${word.charCodeAt(0).toString(16)}${word.slice(1)}`;
    for (const name of [word, word.toUpperCase(), `my.${word}`, encoded]) {
      assert.equal(isSecretName(decodeURIComponent(name)), true, name);
      assert.equal(redactTarget(`/a?x=1&${name}=hunter2`), `/a?x=1&${name}=[redacted:7]`);
    }
  }
});

test('a target without secrets comes back as the same string', () => {
  const target = `/search?q=${'x'.repeat(100_000)}&page=2`;
  assert.equal(redactTarget(target), target);
});

test('names are told apart by their words', () => {
  const secret = [
    'pass',
    'PASS',
    'user_pass',
    'pw',
    'userPassword',
    'client-secret',
    'accessKey',
    'a.otp',
    'cvv',
    ...['session', 'user[session]', 'session_id', 'session-key', 'a.session.id'],
  ];
  const others = [
    '',
    'bypass',
    'power',
    'spin',
    'author',
    'oauthor',
    'keyboard',
    'sides',
    'pass1on',
    ...['session.referer_check', 'sessions', 'session_ideas', 'obsession'],
  ];
  assert.deepEqual(
    secret.filter((name) => !isSecretName(name)),
    [],
  );
  assert.deepEqual(others.filter(isSecretName), []);
  assert.deepEqual(['COOKIE', 'x-cookie', 'Authorization', ''].map(isSecretField), [
    true,
    false,
    true,
    false,
  ]);
  assert.deepEqual(['', 'a', 'ab'].map(hidden), ['', '[redacted:1]', '[redacted:2]']);
});

test('redacting twice is redacting once', () => {
  for (const [text] of TEXTS) {
    for (const target of ['REQUEST_BODY', 'ARGS:password', 'REQUEST_HEADERS:Cookie']) {
      const once = redactHit(hitOf({ target, matched: text, data: text, message: text, tags: [text] }));
      assert.deepEqual(redactHit(once), once);
    }
  }
  for (const [, redacted] of TARGETS) assert.equal(redactTarget(redacted), redacted);
  // Whoever sends what looks redacted hides nothing but that.
  assert.equal(redactTarget('/?password=[redacted:1]x'), '/?password=[redacted:13]');
});
