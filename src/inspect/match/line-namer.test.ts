import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { buildInspector } from '../build.ts';
import { listedFields } from '../listed-fields.ts';

/** One rule for each part of the line, and some that look behind a step. */
const RULES = `
SecRule REQUEST_LINE "@contains get /one" "id:1,phase:1,pass,t:none,t:lowercase"
SecRule REQUEST_LINE "@rx ^[A-Z]+ /\\S* HTTP/1\\.0$" "id:2,phase:1,pass,t:none"
SecRule REQUEST_LINE "@contains two words" "id:3,phase:1,pass,t:none,t:urlDecodeUni"
SecRule REQUEST_LINE "@contains p/1.1" "id:4,phase:1,pass,t:none,t:lowercase"
SecRule REQUEST_LINE "!@contains /" "id:5,phase:1,pass,t:none"
SecRule REQUEST_LINE "@contains get/one" "id:8,phase:1,pass,t:none,t:lowercase,t:removeWhitespace"
SecRule REQUEST_LINE "@rx a\\{b|A\\{b" "id:6,phase:1,pass,t:none,t:urlDecodeUni,t:htmlEntityDecode"
SecRule REQUEST_LINE "@contains fetch" "id:7,phase:1,pass,t:none,t:urlDecodeUni,t:htmlEntityDecode"
SecRule REQUEST_URI_RAW "@contains h://one" "id:11,phase:1,pass,t:none"
SecRule REQUEST_URI "@beginsWith /one" "id:12,phase:1,pass,t:none"
SecRule REQUEST_URI|REQUEST_FILENAME "@endsWith .bak" "id:13,phase:1,pass,t:none"
SecRule REQUEST_FILENAME "@contains a b" "id:14,phase:1,pass,t:none"
SecRule REQUEST_FILENAME "@contains a+b" "id:15,phase:1,pass,t:none"
SecRule REQUEST_BASENAME "@streq one.html" "id:16,phase:1,pass,t:none"
SecRule REQUEST_BASENAME "!@contains ." "id:17,phase:1,pass,t:none"
SecRule QUERY_STRING "@contains two words" "id:18,phase:1,pass,t:none,t:urlDecodeUni"
SecRule QUERY_STRING "!@rx ." "id:19,phase:1,pass,t:none"
SecRule QUERY_STRING "@contains twowords" "id:20,phase:1,pass,t:none,t:urlDecodeUni,t:removeWhitespace"
SecRule ARGS "@contains two words" "id:21,phase:1,pass,t:none"
SecRule REQUEST_URI_RAW "@contains first/" "id:22,phase:1,pass,t:none,t:urlDecodeUni"
SecRule REQUEST_URI_RAW|QUERY_STRING "@contains <tag" "id:23,phase:1,pass,t:none,t:urlDecodeUni,t:htmlEntityDecode"
`;

/** More literals than tests of a line are run for. */
const MANY = Array.from(
  { length: 12 },
  (_, index) =>
    `SecRule REQUEST_LINE "@contains never seen ${index}" "id:${100 + index},phase:1,pass,t:none,t:lowercase"\n`,
).join('');

/** Method, target, version, the rules that match. */
const LINES: readonly (readonly [method: string, target: string, version: string, rules: string])[] = [
  ['GET', '/one.html', 'HTTP/1.1', '1 4 8 12 16 19'],
  ['POST', '/one.html', 'HTTP/1.0', '2 12 16 19'],
  ['GET', '/a/one.html', 'HTTP/1.1', '4 16 19'],
  ['GET', '/one', 'HTTP/1.1', '1 4 8 12 17 19'],
  ['GET', '/', 'HTTP/1.1', '4 17 19'],
  ['OPTIONS', '*', 'HTTP/2', '17 19'],
  ['OPTIONS', '*', 'X', '5 17 19'],
  ['GET', '/x.bak', 'HTTP/1.1', '4 13 19'],
  ['GET', '/x.bak?', 'HTTP/1.1', '4 13 19'],
  ['GET', '/x.bak?y', 'HTTP/1.1', '4 13'],
  ['GET', '/x?y.bak', 'HTTP/1.1', '4 13 17'],
  ['GET', 'h://one/one.html?two+words', 'HTTP/1.1', '3 4 11 12 16 18 20'],
  ['GET', '/x?a=two+words', 'HTTP/1.1', '3 4 17 18 20 21'],
  ['GET', '/x?a=two%20words', 'HTTP/1.1', '3 4 17 18 20 21'],
  ['GET', '/x?a=two%2Bwords', 'HTTP/1.1', '4 17'],
  ['GET', '/x?a=twowords', 'HTTP/1.1', '4 17 20'],
  ['GET', '/a+b/x.y', 'HTTP/1.1', '4 15 19'],
  ['GET', '/a%20b/x.y', 'HTTP/1.1', '4 14 19'],
  ['GET', '/a+b/x.y?a+b', 'HTTP/1.1', '4 15'],
  ['GET', '/first%2Fone.html', 'HTTP/1.1', '4 16 19 22'],
  ['GET', '/first/x?a+b', 'HTTP/1.1', '4 17 22'],
  ['GET', '/x?a=1+2&b=&lt;tag', 'HTTP/1.1', '4 17 23'],
  ['GET', '/x?a=1+2&b=&ltag', 'HTTP/1.1', '4 17'],
  ['GET', '/x?a=1+2&b=a{b', 'HTTP/1.1', '4 6 17'],
  ['GET', '/x?a=1+2&b=a&lcub;b', 'HTTP/1.1', '4 6 17'],
  ['GET', '/x?a=1+2&b=a&lcubb', 'HTTP/1.1', '4 17'],
  ['fetch', '/x?a=1+2', 'HTTP/1.1', '4 7 17'],
  ['GET', '/x?a=1+2', 'fetch', '7 17'],
  ['GET', '/x?a=fetch+2', 'fetched', '7 17'],
  ['GET', '/fetch?a=+', 'HTTP/1.1', '4 7 17'],
  ['GET', '/fet+ch?a=+', 'HTTP/1.1', '4 17'],
  ['get', '/one?a=1+2', 'HTTP/1.1', '1 4 8 12 17'],
];

function inspect(
  rules: string,
  isFast: boolean,
): (method: string, target: string, version: string) => string {
  const built = buildInspector([{ name: 'r.conf', text: rules }], { mode: 'on', exclude: [], isFast });
  assert(built.kind === 'ok');
  const { inspector } = built;
  return (method, target, version) => {
    const headers = listedFields([]);
    const transaction = inspector.begin({ method, target, version, headers, clientAddress: '192.0.2.1' });
    assert.equal(transaction.requestHead().do, 'continue');
    transaction.requestBody({ bytes: Buffer.alloc(0), isPrefix: false });
    return transaction.hits.map(({ rule }) => rule).join(' ');
  };
}

for (const [what, rules] of [
  ['few tests', RULES],
  ['many tests', RULES + MANY],
] as const) {
  for (const isFast of [true, false]) {
    const hitsOf = inspect(rules, isFast);
    for (const [method, target, version, hits] of LINES) {
      test(`${method} ${target} ${version} with ${what} of the line${isFast ? '' : ', interpreted'}`, () => {
        assert.equal(hitsOf(method, target, version), hits);
        // A line that comes for the second time is remembered, and found when it comes for the third.
        assert.equal(hitsOf(method, target, version), hits);
        assert.equal(hitsOf(method, target, version), hits);
      });
    }
  }
}
