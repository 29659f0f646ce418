/** Where secrets stand in texts of hits. In every row but those of what stays, `hunter2` and `4711` are the secret. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hit } from '../base/verdict.ts';
import { redactHit } from './redact.ts';
import { redactText, secretsIn } from './redact-text.ts';

const LEAK = /hunter2|4711|HUNTER2/;

/** Forms of one text. */
const MUST_NOT_LEAK: readonly string[] = [
  'password=hunter2',
  'user=a&password=hunter2&x=1',
  'PASSWORD=hunter2',
  'a=password=hunter2',
  'q=a&b=c=d&password=hunter2',
  'pass%77ord=hunter2',
  'a%3D1%26password%3Dhunter2%26x%3D1',
  'password%3Dx%3Dhunter2',
  'password=a,hunter2',
  'password=a;hunter2',
  'password=a"hunter2',
  'password="a"hunter2',
  "password='a'hunter2",
  'password=[a]hunter2',
  'password={a}hunter2',
  'password=correct horse hunter2',
  'password = hunter2',
  'password: correct horse hunter2',
  'user[password]=hunter2',
  'user.password=hunter2',
  '[password] => hunter2',
  'url=https://shop.example/?token=hunter2',
  'Location: https://shop.example/?token=hunter2',
  'https://admin:hunter2@shop.example/',
  'url=ftp://hunter2@shop.example/a',
  '{"password":"hunter2"}',
  '{"password" : "a hunter2"}',
  '{"password":"a\\"hunter2"}',
  '{"password":"a\\\\\\"hunter2"}',
  '{\\"password\\":\\"hunter2\\"}',
  '{"pass\\u0077ord":"hunter2"}',
  '{"pin":4711,"a":1}',
  '{"pin":[4711,{"a":4711}],"b":1}',
  '{"password":{"value":"hunter2"}}',
  '{"password":["a","hunter2"]}',
  '{"a":{"password":"hunter2',
  "{'password':'hunter2'}",
  '<password>hunter2</password>',
  '<login><password type="a">hunter2</password></login>',
  '<password><![CDATA[hunter2]]></password>',
  '<password>a<b>hunter2</b>'.replace('<b>', '').replace('</b>', ''),
  '<user password="hunter2" name="a"/>',
  '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter2\r\n--b--',
  '--b\r\nContent-Disposition: form-data; name=password\r\n\r\nhunter2',
  '--b\r\nContent-Disposition: form-data; name="password"\r\nContent-Type: a/b\r\n\r\nhunter2\r\n--b',
  '<input type="hidden" name="csrf_token" value="hunter2">',
  'Authorization: Bearer hunter2',
  'Authorization:Bearer hunter2',
  'authorization=Bearer hunter2',
  'Proxy-Authorization: Basic hunter2',
  'Cookie: a=1; b=hunter2',
  'Set-Cookie: a=hunter2; Path=/',
  'X-Api-Key: hunter2',
  'X-CSRF-Token: hunter2',
  'Matched Data: password=hunter2 found within REQUEST_BODY: user=a&password=hunter2',
  'Matched Data: hunter2 found within REQUEST_BODY: user=a&password=hunter2',
  'Matched Data: HUNTER2 found within REQUEST_BODY: user=a&password=hunter2',
  'Matched Data: nter2 found within REQUEST_BODY: user=a&password=hunter2'.replace('nter2', 'hunter2-'),
  'hunter2 and hunter2 are password=hunter2',
  'password=hunter2 and hunter2-and-more',
  'password=hunter2&again=hunter2&token=4711',
  'Matched Data: x found within ARGS:password: a\nhunter2 & x',
  'Matched Data: x found within ARGS:password: a & hunter2',
  'Matched Data: x found within REQUEST_COOKIES:theme: hunter2',
  'Matched Data: x found within REQUEST_HEADERS:Cookie: a & hunter2',
  'Matched Data: x found within ARGS_POST:user[pass]: hunter2 & 4711',
];

for (const text of MUST_NOT_LEAK) {
  test(`a text does not leak: ${JSON.stringify(text)}`, () => {
    assert.match(text, LEAK);
    const hit: Hit = {
      rule: '1',
      source: 'r.conf:1',
      message: text,
      severity: 2,
      tags: [text, 'attack'],
      target: 'REQUEST_BODY',
      matched: text,
      transformations: [],
      data: text,
    };
    const redacted = redactHit(hit);
    assert.doesNotMatch(JSON.stringify(redacted), LEAK);
    assert.deepEqual([redacted.rule, redacted.tags[1], redacted.target], ['1', 'attack', 'REQUEST_BODY']);
    assert.deepEqual(redactHit(redacted), redacted, 'redacting twice is redacting once');
  });
}

/** A secret that one text names is taken out of the others. */
const TOGETHER: readonly (readonly [what: string, changes: Partial<Hit>])[] = [
  ['the data names what matched', { matched: 'hunter2', data: 'found in user=a&password=hunter2' }],
  ['what matched names what the message tells', { matched: 'password=hunter2', message: 'Saw hunter2' }],
  ['what matched names what a tag tells', { matched: 'password=hunter2', tags: ['seen/hunter2'] }],
  ['a piece of the secret matched', { matched: 'hunter2', data: 'x found in password=hunter2-4711' }],
  [
    'a piece of the secret is told',
    { matched: '4711', data: 'Matched Data: 4711 found within A: password=hunter2-4711' },
  ],
  [
    'the data was cut within the secret',
    { matched: 'x', message: 'Saw hunter2-4711', data: 'found in password=hunter2' },
  ],
  ['in lower case', { matched: 'hunter2', data: 'x found in password=HUNTER2' }],
  ['twice in the data', { matched: 'x', data: 'hunter2, hunter2, password=hunter2, hunter2' }],
  ['a group of the secret', { target: 'ARGS:password', matched: 'is-hunter2', message: 'Saw "hunter2"' }],
  [
    'in another case',
    { target: 'ARGS:password', matched: 'hunter2', message: 'Saw HUNTER2', tags: ['HUNTER2'] },
  ],
  ['around what matched', { target: 'ARGS:password', matched: 'unter2', message: 'Saw hunter2 of 4711' }],
  ['a cookie', { target: 'REQUEST_COOKIES:a', matched: 'hunter2', data: 'of hunter2', message: 'hunter2' }],
];

for (const [what, changes] of TOGETHER) {
  test(`a hit does not leak: ${what}`, () => {
    const hit: Hit = {
      rule: '1',
      source: 'r.conf:1',
      message: 'A message',
      severity: 2,
      tags: [],
      target: 'REQUEST_BODY',
      matched: '',
      transformations: [],
      ...changes,
    };
    assert.match(JSON.stringify(hit), LEAK);
    const redacted = redactHit(hit);
    assert.doesNotMatch(JSON.stringify(redacted), LEAK);
    assert.deepEqual(redactHit(redacted), redacted);
  });
}

const STAYS: readonly string[] = [
  '',
  'Matched Data: x found within ARGS:q: 1 OR 1=1',
  'Matched Data: <script found within REQUEST_BODY: q=<script>alert(1)</script>',
  'a=1&b=2',
  'the password is wrong',
  'password=',
  'passenger=hunter',
  '{"compass":"north","a":[1,2]}',
  'Inbound Anomaly Score Exceeded (Total Score: 15)',
  'http://shop.example/a@b',
  'name="q"\r\n\r\nx',
  'Matched Data: session.referer_check=t found within ARGS:var: session.referer_check=t',
];

for (const text of STAYS) {
  test(`a text stays as it is: ${JSON.stringify(text)}`, () => assert.equal(redactText(text, []), text));
}

const ROWS: readonly (readonly [text: string, redacted: string])[] = [
  ['a=1&password=hunter2&b=2', 'a=1&password=[redacted:7]&b=2'],
  ['{"pin":4711,"a":1}', '{"pin":[redacted:4],"a":1}'],
  ['{"pin":[1,2],"a":1}', '{"pin":[redacted:5],"a":1}'],
  ['<password>hunter2</password>', '<password>[redacted:7]</password>'],
  ['http://a:b@c/', 'http://[redacted:3]@c/'],
  ['Cookie: a=b\r\nHost: c', 'Cookie: [redacted:3]\r\nHost: c'],
];

for (const [text, redacted] of ROWS) {
  test(`only the secret is taken out: ${JSON.stringify(text)}`, () => {
    assert.equal(redactText(text, []), redacted);
    assert.equal(redactText(redacted, []), redacted);
  });
}

test('the words of a rule stay in its message, though an attack in a password has them too', () => {
  const hit: Hit = {
    rule: '12010',
    source: 'r.conf:1',
    message: 'Cross-site scripting: script element',
    severity: 2,
    tags: ['xss'],
    target: 'ARGS:password',
    matched: '<script>',
    transformations: [],
  };
  assert.deepEqual(redactHit(hit), { ...hit, matched: '[redacted:8]' });
});

test('secrets that are too short are hidden where they are named, and not looked for', () => {
  assert.deepEqual(secretsIn('pin=47&password=hunter2&token=[redacted:3]'), ['hunter2']);
  assert.equal(redactText('pin=47 of 47', []), 'pin=[redacted:8]');
});

test('a text made to be slow is not', () => {
  for (const unit of [
    'password=',
    'a=',
    '=',
    '<password ',
    '"',
    '[',
    '://',
    'name="',
    'a.',
    '%3d',
    'ARGS:a',
  ]) {
    const text = unit.repeat(512).slice(0, 512);
    const redacted = redactText(text, [text.slice(0, 3)]);
    assert(redacted.length <= text.length + 16 * 512, unit);
  }
});
