import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from './evaluate.ts';
import { FlowState } from './flow.ts';
import type { HostBits } from './flow.ts';
import { MessageBuffers } from './message-buffers.ts';
import type { Dialect } from './rule.ts';
import {
  givenBuffers,
  givenFlow,
  loadText,
  matchOptions,
  ruleText,
} from '../../../test/conformance/snort/given.ts';
import type { GivenBuffers } from '../../../test/conformance/snort/given.ts';

const DIALECTS: readonly Dialect[] = ['snort2', 'snort3', 'suricata'];

type DialectRow = readonly [
  options: string,
  payload: string,
  snort2: boolean,
  snort3: boolean,
  suricata: boolean,
];

/** In the order of DIALECTS. Modifiers stand as options of their own, which is read in all of them. */
function matchesOf(options: string, payload: string): readonly boolean[] {
  return DIALECTS.map((dialect) => matchOptions(dialect, options, { payload }) !== undefined);
}

type Row = readonly [options: string, payload: string, matches: boolean, because: string];

function checkRows(dialect: Dialect, rows: readonly Row[]): void {
  for (const [options, payload, matches, because] of rows) {
    const found = matchOptions(dialect, options, { payload });
    assert.equal(
      found !== undefined,
      matches,
      `${dialect}: ${because}: ${options} on ${JSON.stringify(payload)}`,
    );
    assert(found?.isExhausted !== true, because);
  }
}

const CONTENT_ROWS: readonly Row[] = [
  ['content:"abc";', 'xxabcxx', true, 'anywhere'],
  ['content:"abc";', 'xxABCxx', false, 'case counts'],
  ['content:"abc"; nocase;', 'xxAbCxx', true, 'nocase'],
  ['content:"abc";', 'ab', false, 'shorter than the content'],
  ['content:"|00 ff|a|0D|";', 'x\0\xffa\r', true, 'bytes in hexadecimal'],
  ['content:"a\\"b\\;c\\\\d\\:";', 'a"b;c\\d:', true, 'escapes'],
  ['content:!"abc";', 'xyz', true, 'negated and not there'],
  ['content:!"abc";', 'xabc', false, 'negated and there'],
  ['content:"abc"; offset:2;', 'xxabc', true, 'offset reached'],
  ['content:"abc"; offset:3;', 'xxabc', false, 'before the offset'],
  ['content:"abc"; depth:5;', 'xxabc', true, 'within the depth to its last byte'],
  ['content:"abc"; depth:4;', 'xxabc', false, 'one byte over the depth'],
  ['content:"abc"; offset:2; depth:3;', 'xxabc', true, 'depth counts from the offset'],
  ['content:"abc"; offset:1; depth:3;', 'xxabc', false, 'depth counts from the offset, and ends there'],
  ['content:"a"; content:"b"; distance:1;', 'ab', false, 'distance leaves a gap'],
  ['content:"a"; content:"b"; distance:1;', 'axb', true, 'distance is the least gap'],
  ['content:"a"; content:"b"; distance:0;', 'ba', false, 'relative is behind'],
  ['content:"a"; content:"b"; distance:-2;', 'ba', true, 'a negative distance looks back'],
  ['content:"a"; content:"b"; distance:-9; within:9;', 'ba', true, 'no further back than the beginning'],
  ['content:"a"; content:"b"; within:1;', 'ab', true, 'within its length'],
  ['content:"a"; content:"b"; within:1;', 'axb', false, 'behind the window'],
  ['content:"a"; content:"b"; distance:1; within:1;', 'axb', true, 'within counts from the distance'],
  [
    'content:"a"; content:"b"; distance:1; within:1;',
    'axxb',
    false,
    'within counts from the distance, and ends',
  ],
  ['content:"a"; content:"b"; within:1;', 'a.ab', true, 'the second a is tried'],
  ['content:"a"; content:"b"; within:1; content:"c"; within:1;', 'abxabc', true, 'both are tried again'],
  ['content:"a"; content:"b"; within:2; content:"c"; within:1;', 'a-bbc', false, 'no b near a is near c'],
  ['content:"a"; content:"b"; within:3; content:"c"; within:1;', 'a-bbc', true, 'the second b of the same a'],
  ['content:"a"; content:!"b"; within:1;', 'abac', true, 'the a without a b behind it'],
  ['content:"a"; content:!"b"; within:1;', 'abab', false, 'every a has a b behind it'],
  ['content:"aa"; content:"b"; distance:0; within:1;', 'aaab', true, 'places of one content may overlap'],
  ['content:"b"; content:"a"; content:"c"; distance:0;', 'c b a', false, 'relative to the last content only'],
  [
    'content:"GET"; depth:3; content:"/x"; distance:1; within:2; content:"y"; offset:0;',
    'GET /xy',
    true,
    'mixed',
  ],
  ['isdataat:2; content:"a";', 'xxa', true, 'a byte at offset 2'],
  ['isdataat:3; content:"a";', 'xxa', false, 'no byte at offset 3'],
  ['content:"a"; isdataat:!1,relative;', 'xa', true, 'nothing behind'],
  [
    'content:"a"; isdataat:2,relative;',
    'a--',
    true,
    'two bytes behind in Suricata, three in Snort: see below',
  ],
  ['content:"id="; pcre:"/^\\d+$/R";', 'id=12', true, 'a relative pattern begins at the cursor'],
  ['content:"id="; pcre:"/^\\d+$/R";', 'id=x id=12', true, 'the second place is tried'],
  ['content:"id="; pcre:"/^\\d+$/R";', 'id=x12', false, 'not at the cursor'],
  ['pcre:"/a(?=b)/"; content:"c";', 'abc', true, 'look-ahead'],
  ['pcre:"/a.c/";', 'a\nc', false, 'without s a point is no line feed'],
  ['pcre:"/a.c/s";', 'a\nc', true, 'with s it is'],
  ['pcre:"/A B C/xi";', 'abc', true, 'x and i'],
  ['pcre:!"/abc/";', 'abd', true, 'negated pattern'],
  ['pcre:!"/abc/";', 'abc', false, 'negated pattern that matches'],
  ['pcre:"/a+/"; content:"b"; within:1;', 'aaxaab', true, 'a pattern is tried again behind its match'],
  ['pcre:/a b/i;', 'A B', true, 'without quotes'],
  ['pcre:"/(a)(b)/i, flow:one,flow:two";', 'AB', true, 'captures inside of the quotes'],
  ['pcre:"/(a)/",flow:one;', 'b', false, 'captures behind the quotes'],
  ['pcre:"m!a/b!";', 'a/b', true, 'another sign around the pattern'],
  ['dsize:>3; content:"a";', 'aaaa', true, 'dsize'],
  ['dsize:>3; content:"a";', 'aaa', false, 'dsize too small'],
  ['byte_test:2,>,256,1;', 'x\x01\x01', true, 'two bytes, highest first'],
  ['byte_test:2,>,256,1,little;', 'x\x00\x01', false, 'two bytes, lowest first'],
  ['byte_test:2,=,256,1,little;', 'x\x00\x01', true, 'lowest first is 256'],
  ['byte_test:1,&,0x80,0;', '\x90', true, 'a bit in common'],
  ['byte_test:1,!&,0x80,0;', '\x10', true, 'no bit in common'],
  ['byte_test:1,!&,0x80,4;', '\x10', false, 'outside of the buffer nothing holds'],
  ['byte_test:1,^,1,0;', '\x01', false, 'no bit differs'],
  ['byte_test:3,=,255,0,string,hex;', '0ff', true, 'digits as text'],
  ['byte_test:3,=,255,0,string,dec;', 'x55', false, 'no digits'],
  [
    'content:"n="; byte_test:5,>,100,0,relative,string,dec;',
    'n=5 n=00101',
    true,
    'relative, and tried again',
  ],
  ['content:"n="; byte_test:5,>,100,0,relative,string,dec;', 'n=5 n=99', false, 'none is above'],
  ['byte_jump:1,0; content:"b"; within:1;', '\x02xxb', true, 'jumps over two bytes'],
  ['byte_jump:1,0; content:"b"; within:1;', '\x03xxb', false, 'jumps too far'],
  ['byte_jump:1,0,align; content:"b"; within:1;', '\x02xxxxb', true, 'rounded up to four'],
  ['byte_jump:1,0,multiplier 2; content:"b"; within:1;', '\x02xxxxb', true, 'multiplied'],
  ['byte_jump:1,0,from_beginning; content:"b"; within:1;', '\x02xb', true, 'from the beginning'],
  ['byte_jump:1,0,post_offset -1; content:"b"; within:1;', '\x02xb', true, 'and one back'],
  ['byte_extract:1,0,n; content:"b"; offset:n;', '\x03xxb', true, 'a variable as offset'],
  ['byte_extract:1,0,n; content:"b"; offset:n;', '\x04xxb', false, 'a variable as offset, too far'],
  ['byte_extract:1,0,n,relative; content:"b"; within:n;', '\x02xb', true, 'a variable as within'],
  ['byte_extract:1,0,n; byte_test:1,=,n,1;', '\x05\x05', true, 'a variable as value'],
  ['byte_extract:1,0,n; isdataat:n;', '\x02xx', true, 'a variable in isdataat'],
  [
    'byte_math:bytes 1, offset 0, oper +, rvalue 2, result n; byte_test:1,=,n,1;',
    '\x05\x07',
    true,
    'arithmetic',
  ],
  ['byte_math:bytes 1, offset 0, oper /, rvalue 0, result n; content:"a";', 'aa', false, 'no result'],
  [
    'base64_decode:bytes 8,offset 2; base64_data; content:"secret"; depth:6;',
    'x:c2VjcmV0-',
    true,
    'decoded bytes',
  ],
  ['base64_decode:bytes 8,offset 2; base64_data; content:"Secret";', 'x:c2VjcmV0-', false, 'other bytes'],
  [
    'content:"x:"; base64_decode:relative; base64_data; content:"cre";',
    'x:- x:c2VjcmV0',
    true,
    'tried again',
  ],
];

test('contents and patterns hold in Snort 2 and Suricata as their manuals say', () => {
  for (const dialect of ['snort2', 'suricata'] as const) {
    checkRows(
      dialect,
      CONTENT_ROWS.filter(([, , , because]) => !(dialect === 'snort2' && because.includes('see below'))),
    );
  }
});

const DIFFERENCES: readonly (readonly [...Row, suricata: boolean])[] = [
  ['content:"a"; isdataat:2,relative;', 'a--', false, 'Suricata counts the place behind the last byte', true],
  [
    'content:"a"; content:!"b"; within:1;',
    'xa',
    false,
    'an empty window satisfies "not there" in Suricata',
    true,
  ],
  [
    'content:"c"; content:"a"; distance:-9; within:4;',
    'xxac',
    true,
    'Suricata counts within from before 0',
    false,
  ],
  ['content:"a"; dsize:1<>3;', 'aaa', true, 'Suricata leaves out both ends of a range', false],
];

test('Snort and Suricata differ where docs/compat says', () => {
  for (const [options, payload, snort, because, suricata] of DIFFERENCES) {
    assert.equal(matchOptions('snort2', options, { payload }) !== undefined, snort, because);
    assert.equal(matchOptions('suricata', options, { payload }) !== undefined, suricata, because);
  }
});

const WINDOW_ROWS: readonly (readonly [...DialectRow, because: string])[] = [
  ['content:"cd"; content:"ab"; distance:-6; within:3;', 'abcd', true, false, false, 'begins two before'],
  ['content:"cd"; content:"ab"; distance:-6; within:4;', 'abcd', true, true, true, 'two bytes are left'],
  ['content:"cd"; content:"ab"; distance:-4; within:2;', 'abcd', true, true, true, 'begins at the beginning'],
  ['content:"cd"; content:!"ab"; distance:-6; within:2;', 'abcd', false, true, true, 'nothing is left'],
  ['content:"USER"; content:!"|0a|"; within:10;', 'USER', false, true, true, 'nothing is behind'],
  ['content:"USER"; content:!"|0a|"; within:10;', 'USER\n', false, false, false, 'it is there'],
  [
    'content:"USER"; content:!"|0a|"; offset:10; depth:5;',
    'USER',
    false,
    true,
    true,
    'ends before the offset',
  ],
  ['content:"USER"; content:!"|0a 0a|"; within:10;', 'USER\n', true, true, true, 'less than it is behind'],
];

test('windows that are empty or begin before the buffer are those of each engine', () => {
  for (const [options, payload, ...rest] of WINDOW_ROWS) {
    const because = rest[3];
    assert.deepEqual(matchesOf(options, payload), rest.slice(0, 3), `${options} on ${payload}: ${because}`);
  }
  const outcome = (offset: number, depth: number): boolean =>
    matchOptions('snort3', `content:"ab",offset ${offset},depth ${depth};`, { payload: 'ab' }) !== undefined;
  assert.deepEqual([outcome(-2, 3), outcome(-2, 4), outcome(0, 2)], [false, true, true]);
});

const FOUR_AND_ONE = '\xff\xff\xff\xff\x00\x00\x00\x01';
const NUMBER_ROWS: readonly (readonly [...DialectRow, because: string])[] = [
  ['byte_test:10,>,5,0,string,dec;', '99', true, true, false, 'fewer digits than asked for'],
  ['byte_extract:3,1,n,string,dec;', 'x12', true, true, false, 'fewer digits than asked for'],
  ['byte_jump:4,0,string,dec;', '1xx', true, true, false, 'fewer digits than asked for'],
  [
    'byte_math:bytes 3,offset 1,oper +,rvalue 1,result n,string dec;',
    'x12',
    true,
    true,
    false,
    'fewer digits',
  ],
  ['byte_jump:1,0;', '\x01x', false, true, true, 'to the end'],
  ['byte_jump:1,0;', '\x02x', false, false, false, 'beyond the end'],
  [
    'byte_jump:1,0,post_offset -9; content:"|01|"; within:1;',
    '\x01x',
    false,
    false,
    true,
    'before the beginning',
  ],
  mathRow('bytes 1,offset 0,oper -,rvalue 9', '\x05\x01', 'byte_test:1,<,v,1', [true, false, true]),
  mathRow('bytes 4,offset 0,oper +,rvalue 1', FOUR_AND_ONE, 'byte_test:4,<,v,4', [false, false, true]),
  mathRow('bytes 4,offset 0,oper +,rvalue 1', FOUR_AND_ONE, 'byte_test:4,>,v,4', [true, false, false]),
  mathRow('bytes 4,offset 0,oper *,rvalue 2', FOUR_AND_ONE, 'byte_test:4,>,v,0', [true, false, false]),
  mathRow('bytes 4,offset 0,oper *,rvalue 2', FOUR_AND_ONE, 'byte_test:4,<,v,0', [false, false, true]),
  mathRow('bytes 4,offset 0,oper <<,rvalue 4', FOUR_AND_ONE, 'byte_test:4,>,v,0', [true, true, false]),
  mathRow('bytes 4,offset 0,oper <<,rvalue 64', FOUR_AND_ONE, 'byte_test:4,>,v,0', [false, false, true]),
  mathRow('bytes 1,offset 0,oper +,rvalue 1,bitmask 0x10', '\x10\x02', 'byte_test:1,=,v,1', [
    true,
    true,
    false,
  ]),
  mathRow('bytes 1,offset 0,oper +,rvalue 1,bitmask 0x10', '\x10\x01', 'byte_test:1,=,v,1', [
    false,
    false,
    true,
  ]),
];

function mathRow(
  math: string,
  payload: string,
  then: string,
  matches: readonly [boolean, boolean, boolean],
): readonly [...DialectRow, because: string] {
  const because = 'a result that does not fit, or a mask';
  return [`byte_math:${math},result v; ${then};`, payload, ...matches, because];
}

test('numbers are those of each engine where they do not fit, or bytes are missing', () => {
  for (const [options, payload, ...rest] of NUMBER_ROWS) {
    const because = rest[3];
    const text = JSON.stringify(payload);
    assert.deepEqual(matchesOf(options, payload), rest.slice(0, 3), `${options} on ${text}: ${because}`);
  }
});

const BASE64_ROWS: readonly DialectRow[] = [
  ['relative', 'x=QUJDREVG', true, true, true],
  ['relative', 'x=QUJD.REVG', true, true, false],
  ['relative', 'x=QUJD\r\n REVG', true, true, false],
  ['relative', 'x=QUJD\r\nREVG', false, false, false],
  ['bytes 8,offset 0,relative', 'x=QUJ\r\n DREVG', true, true, false],
  ['bytes 7,offset 0,relative', 'x=QUJ\r\n DREVG', false, false, false],
  ['bytes 8,offset 1,relative', 'x=-QUJDREVGQ', true, true, true],
];

test('base64 ends for Snort where a header ends, and for Suricata at a byte that is not of its alphabet', () => {
  for (const [argument, payload, ...matches] of BASE64_ROWS) {
    const options = `content:"x="; base64_decode:${argument}; base64_data; content:"ABCDEF";`;
    assert.deepEqual(matchesOf(options, payload), matches, `${argument} on ${JSON.stringify(payload)}`);
  }
});

test('what is behind the bytes that are to be decoded costs nothing', () => {
  const payload = 'x=QU\r\n JDREVG'.repeat(10_000);
  const options = 'content:"x="; base64_decode:bytes 8,relative; base64_data; content:"nothing";';
  assert.equal(matchOptions('snort3', options, { payload }), undefined);
});

const SURICATA_ROWS: readonly (readonly [options: string, given: GivenBuffers, matches: boolean])[] = [
  ['http.uri; content:"/a"; startswith;', { http_uri: '/ab' }, true],
  ['http.uri; content:"/a"; startswith;', { http_uri: '/b/a' }, false],
  ['http.uri; content:".php"; endswith;', { http_uri: '/a.php?/b.php' }, true],
  ['http.uri; content:".php"; endswith;', { http_uri: '/a.php?' }, false],
  ['http.uri; content:!".php"; endswith;', { http_uri: '/a.php?' }, true],
  ['http.uri; content:"/a"; bsize:2;', { http_uri: '/a' }, true],
  ['http.uri; content:"/a"; bsize:2;', { http_uri: '/ab' }, false],
  ['http.uri; bsize:1<>3; content:"/";', { http_uri: '/a' }, true],
  ['http.uri; bsize:1<>3; content:"/";', { http_uri: '/ab' }, false],
  ['http.method; content:"POST"; http.uri; content:"/a";', { http_method: 'POST', http_uri: '/a' }, true],
  ['http.method; content:"POST"; http.uri; content:"/a";', { http_method: 'GET', http_uri: '/a' }, false],
  ['http.referer; content:!"x";', { http_uri: '/a' }, false],
  ['http.referer; absent: or_else; content:!"x";', { http_uri: '/a' }, true],
  ['http.referer; absent: or_else; content:!"x";', { http_referer: 'x' }, false],
  ['http.referer; absent;', { http_uri: '/a' }, true],
  ['http.referer; absent;', { http_referer: '' }, false],
  ['content:"a"; http_uri; content:"b"; http_uri; distance:0;', { http_uri: '/ab', payload: '' }, true],
  [
    'content:"b"; http_uri; content:"a"; http_method; content:"c"; http_uri; distance:0;',
    { http_uri: 'bc', http_method: 'a' },
    true,
  ],
  ['uricontent:"/A"; nocase; pcre:"/b$/U";', { http_uri: '/ab' }, true],
  ['urilen:>2; content:"a"; http_uri;', { http_uri: '/ab' }, true],
  ['urilen:>2,raw; content:"a"; http_uri;', { http_uri: '/abc', http_raw_uri: '/a' }, false],
  ['http.uri; to_lowercase; content:"/admin";', { http_uri: '/AdMin' }, true],
  ['http.host; dotprefix; content:".evil.com"; endswith;', { http_host: 'evil.com' }, true],
  ['http.host; dotprefix; content:".evil.com"; endswith;', { http_host: 'notevil.com' }, false],
  ['http.uri; url_decode; content:"a b";', { http_uri: '/a%20b' }, true],
  ['http.request_body; strip_whitespace; content:"<script>";', { http_request_body: '< script\t>' }, true],
  ['http.uri; url_decode; content:"a%%41b";', { http_uri: 'a%%41b' }, true],
  ['http.uri; url_decode; content:"%+ %zz%4";', { http_uri: '%++%zz%4' }, true],
  ['http.uri; url_decode; content:"%4%41A%4+";', { http_uri: '%4%41%41%4+' }, true],
  ['http.request_body; compress_whitespace; content:"a b";', { http_request_body: 'a \r\n b' }, true],
  ['http.request_body; compress_whitespace; content:"a|09|b|0d|c";', { http_request_body: 'a\t b\rc' }, true],
  ['http.request_body; compress_whitespace; content:"a b";', { http_request_body: 'a\t b' }, false],
  ['http.request_body; xor:"01"; content:"abc";', { http_request_body: '`cb' }, true],
  ['http.request_body; xor:offset 2,"01"; content:"--abc"; bsize:5;', { http_request_body: '--`cb' }, true],
  ['http.request_body; xor:offset 2,"0102"; content:"--aa"; bsize:4;', { http_request_body: '--`c' }, true],
  ['http.request_body; xor:offset 9,"01"; content:"abc"; bsize:3;', { http_request_body: 'abc' }, true],
  ['http.request_body; xor:extract 1 0; content:"|00|bc"; bsize:3;', { http_request_body: '\x01cb' }, true],
  ['http.request_body; xor:offset 1,extract 1 0; content:"bc";', { http_request_body: '\x01cb' }, true],
  ['http.request_body; xor:extract 2 2; content:"abc";', { http_request_body: 'abc' }, true],
  [
    'http.user_agent; to_md5; content:"|0c c1 75 b9 c0 f1 b6 a8 31 c3 99 e2 69 77 26 61|";',
    { http_user_agent: 'a' },
    true,
  ],
  ['http.user_agent; to_sha256; bsize:32;', { http_user_agent: 'a' }, true],
  ['http.header; header_lowercase; content:"user-agent|3a| A";', { http_header: 'USER-Agent: A\r\n' }, true],
  ['http.uri; pcrexform:"id=(\\d+)"; content:"12"; bsize:2;', { http_uri: '/?id=12&x' }, true],
  ['http.uri; from_base64; content:"secret";', { http_uri: 'c2VjcmV0' }, true],
  [
    'http.request_header; content:"a|3a| 1"; http.request_header; content:"b|3a| 2";',
    { http_request_header: ['a: 1', 'b: 2'] },
    true,
  ],
  ['http.request_header; content:"a|3a|"; content:"2";', { http_request_header: ['a: 1', 'b: 2'] }, false],
  ['file.data; content:"b";', { file_data: ['a', 'b'] }, true],
  ['file.data; content:"ab";', { file_data: ['a', 'b'] }, false],
];

test('sticky buffers, modifiers and transforms of Suricata look at their buffers', () => {
  for (const [options, given, matches] of SURICATA_ROWS) {
    assert.equal(
      matchOptions('suricata', options, given) !== undefined,
      matches,
      `${options} ${JSON.stringify(given)}`,
    );
  }
});

const SNORT3_ROWS: readonly (readonly [options: string, given: GivenBuffers, matches: boolean])[] = [
  ['content:"ABC",nocase,offset 1,depth 3;', { payload: 'xabc' }, true],
  ['content:"ABC",nocase,offset 1,depth 3;', { payload: 'xxabc' }, false],
  ['http_uri; content:"a"; http_method; content:"GET";', { snort_uri: '/a', http_method: 'GET' }, true],
  ['http_uri; content:"a"; content:"b",distance 0;', { snort_uri: '/ba' }, false],
  ['http_uri; content:"b"; http_uri; content:"a",distance 0;', { snort_uri: '/ab' }, true],
  ['http_uri; content:"b"; http_uri; content:"a",distance 1;', { snort_uri: '/ab' }, true],
  ['http_client_body; content:!"x";', { snort_uri: '/a' }, false],
  ['http_client_body;', { snort_client_body: '' }, true],
  ['http_client_body;', { snort_uri: '' }, false],
  ['http_uri; bufferlen:2;', { snort_uri: '/a' }, true],
  ['http_uri; bufferlen:2<=>3;', { snort_uri: '/ab' }, true],
  ['http_uri; bufferlen:2<>3;', { snort_uri: '/ab' }, false],
  ['http_uri; content:"/"; bufferlen:1,relative;', { snort_uri: '/a' }, true],
  ['pkt_data; content:"a"; file_data; content:"b",depth 1;', { payload: 'xa', file_data: 'b' }, true],
];

test('options of Snort 3 look at the buffer that stands before them', () => {
  for (const [options, given, matches] of SNORT3_ROWS) {
    assert.equal(
      matchOptions('snort3', options, given) !== undefined,
      matches,
      `${options} ${JSON.stringify(given)}`,
    );
  }
});

test('Snort 3 asks for one header, one parameter or one part of the target by name', () => {
  const rows = [
    ['http_header: field User-Agent; content:"curl";', { 'snort_header:user-agent': 'curl/8' }, true],
    ['http_header: field user-agent; content:"curl";', { 'snort_header:host': 'curl' }, false],
    ['http_param: "id", nocase; content:"1";', { 'snort_param:id': '1' }, true],
    ['http_uri: path; content:"/a",depth 2;', { 'snort_uri:path': '/a' }, true],
  ] as const;
  for (const [options, named, matches] of rows) {
    const { rules } = loadText(ruleText(options), 'snort3');
    assert.equal(rules.length, 1, options);
    const found = rules.map((rule) =>
      evaluate(rule, new MessageBuffers(givenBuffers({}, named)), givenFlow()),
    );
    assert.equal(found[0] !== undefined, matches, options);
  }
});

test('a match says in which buffer and where', () => {
  const options =
    'http.uri; content:"id="; pcre:"/\\d+/R"; content:"x"; within:1; http.method; content:"GET";';
  const found = matchOptions('suricata', options, { http_uri: '/?id=12x', http_method: 'GET' });
  assert.deepEqual(
    found?.places.map(({ buffer, spans }) => [buffer, spans]),
    [
      [
        'http_uri',
        [
          { start: 2, end: 5 },
          { start: 5, end: 7 },
          { start: 7, end: 8 },
        ],
      ],
      ['http_method', [{ start: 0, end: 3 }]],
    ],
  );
});

test('conditions on the connection are asked before any buffer', () => {
  const state = new FlowState();
  state.setBit('a');
  state.setInteger('n', 3);
  const flow = givenFlow({ state });
  const rows: readonly (readonly [options: string, matches: boolean])[] = [
    ['flow:to_server,established;', true],
    ['flow:from_client;', true],
    ['flow:to_client;', false],
    ['flow:not_established;', false],
    ['flow:stateless;', true],
    ['flowbits:isset,a;', true],
    ['flowbits:isset,b;', false],
    ['flowbits:isnotset,b;', true],
    ['flowbits:isset,a|b;', true],
    ['flowbits:isset,a&b;', false],
    ['flowint:n,>,2;', true],
    ['flowint:n,==,2;', false],
    ['flowint:m,notset;', true],
    ['flowint:m,>,0;', false],
    ['flowint:m,==,0;', false],
    ['flowint:n,>,m;', true],
    ['flowint:n,<,m;', false],
    ['stream_size:client,>=,100;', true],
    ['stream_size:both,>=,100;', false],
    ['app-layer-protocol:http;', true],
    ['app-layer-protocol:!http;', false],
    ['sameip;', false],
    ['xbits:isset,x,track ip_src;', false],
    ['xbits:isnotset,x,track ip_src;', true],
  ];
  for (const [options, matches] of rows) {
    assert.equal(matchOptions('suricata', options, {}, flow) !== undefined, matches, options);
  }
});

test('isnotset of several bits is the opposite of isset in Snort, and in Suricata holds when one is not set', () => {
  const rows: readonly (readonly [set: string, test: string, snort: boolean, suricata: boolean])[] = [
    ['', 'a|b', true, true],
    ['a', 'a|b', false, true],
    ['b', 'a|b', false, true],
    ['ab', 'a|b', false, false],
    ['a', 'a&b', true, true],
    ['ab', 'a&b', false, false],
  ];
  for (const [set, bits, snort, suricata] of rows) {
    const found = DIALECTS.map((dialect) => {
      const state = new FlowState();
      for (const name of set) state.setBit(name);
      return matchOptions(dialect, `flowbits:isnotset,${bits};`, {}, givenFlow({ state })) !== undefined;
    });
    assert.deepEqual(found, [snort, snort, suricata], `${bits} with ${set}`);
  }
});

test('header, service and protocol say which connections a rule is about', () => {
  const rows: readonly (readonly [
    header: string,
    options: string,
    protocol: string | undefined,
    matches: boolean,
  ])[] = [
    ['alert tcp any any -> any 80', '', 'http', true],
    ['alert tcp any any -> any 81', '', 'http', false],
    ['alert tcp any 80 -> any any', '', 'http', false],
    ['alert tcp any 80 <> any any', '', 'http', true],
    ['alert tcp 192.0.2.0/24 any -> 198.51.100.1 [79:81,443]', '', 'http', true],
    ['alert tcp !192.0.2.0/24 any -> any any', '', 'http', false],
    ['alert tcp [192.0.2.0/24,!192.0.2.1] any -> any any', '', 'http', false],
    ['alert tcp [!10.0.0.0/8] any -> any ![1:79]', '', 'http', true],
    ['alert tcp 192.0.2.0-192.0.2.9 any -> any any', '', 'http', true],
    ['alert tcp $HOME_NET any -> $EXTERNAL_NET $HTTP_PORTS', '', 'http', true],
    ['alert http any any -> any any', '', 'http', true],
    ['alert http any any -> any any', '', undefined, false],
    ['alert http any any -> any any', '', 'http2', true],
    ['alert http1 any any -> any any', '', 'http2', false],
    ['alert http2 any any -> any any', '', 'http', false],
    ['alert tcp any any -> any any', 'service:http;', 'http', true],
    ['alert tcp any any -> any any', 'service:ftp,http;', 'http', true],
    ['alert tcp any any -> any any', 'service:ftp;', 'http', false],
    ['alert tcp any any -> any any', 'service:ftp;', undefined, true],
    ['alert tcp any any -> any any', 'service:http;', undefined, false],
  ];
  for (const [header, options, protocol, matches] of rows) {
    const { rules, mistakes } = loadText(ruleText(options, header), 'snort3');
    assert.deepEqual(mistakes, [], header);
    const found = rules.map((rule) =>
      evaluate(rule, new MessageBuffers(givenBuffers({})), givenFlow({ protocol })),
    );
    assert.equal(found[0] !== undefined, matches, `${header} ${options} on ${protocol ?? 'tcp'}`);
  }
});

test('bits by address are kept where they are kept, and run out there', () => {
  const set = new Map<string, number>();
  const hostBits: HostBits = {
    isSet: (key, nowMs) => (set.get(key) ?? 0) > nowMs,
    set: (key, untilMs) => set.set(key, untilMs),
    unset: (key) => set.delete(key),
    toggle: () => {},
  };
  const options = 'xbits:isset,x,track ip_src;';
  assert.equal(matchOptions('suricata', options, {}, givenFlow({ hostBits })), undefined);
  set.set('x 192.0.2.1', 2_000_000);
  assert(matchOptions('suricata', options, {}, givenFlow({ hostBits })) !== undefined);
  assert.equal(matchOptions('suricata', options, {}, givenFlow({ hostBits, nowMs: 2_000_000 })), undefined);
});

test('values made to hurt are answered in bounded work', () => {
  const length = 128 * 1024;
  const rows = [
    // Each of these costs the square of the length when every place is tried from every place.
    ['content:"a"; content:"b"; distance:0; content:"c"; distance:0;', 'ab'.repeat(length / 2), 'none'],
    ['content:"a"; content:"b"; within:900; content:"c"; within:900;', 'ab'.repeat(length / 2), 'any'],
    ['content:"a"; pcre:"/b[^x]*c/R";', 'ab'.repeat(length / 2), 'none'],
    ['content:"a"; pcre:"/^b[^x]*c/R";', 'ab'.repeat(length / 2), 'any'],
    ['pcre:"/a/"; pcre:"/b/R"; pcre:"/c/R";', 'ab'.repeat(length / 2), 'any'],
    [
      'byte_extract:1,0,n; content:"a"; content:"b"; within:n; content:"c"; within:n;',
      'ab'.repeat(length / 2),
      'any',
    ],
  ] as const;
  for (const [options, payload, outcome] of rows) {
    const found = matchOptions('suricata', options, { payload });
    assert(found === undefined || found.isExhausted, options);
    if (outcome === 'none') assert.equal(found, undefined, `${options} needs no budget`);
  }
});
