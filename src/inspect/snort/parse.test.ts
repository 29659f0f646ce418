import assert from 'node:assert/strict';
import { test } from 'node:test';
import { givenFlow, loadText, ruleText } from '../../../test/conformance/snort/given.ts';
import { evaluate } from './evaluate.ts';
import { guessDialect } from './lexer.ts';
import { loadSnortRules } from './load.ts';
import { MessageBuffers } from './message-buffers.ts';
import { givenBuffers } from '../../../test/conformance/snort/given.ts';
import { parseSnortRules } from './parse.ts';
import type { Dialect, SnortRule } from './rule.ts';

function onlyRule(options: string, dialect: Dialect): SnortRule {
  const { rules, mistakes, notRun } = parseSnortRules([{ name: 'f', text: ruleText(options), dialect }]);
  assert.deepEqual([mistakes, notRun], [[], []], options);
  const [rule] = rules;
  assert(rule !== undefined && rules.length === 1, options);
  return rule;
}

test('a rule keeps what it says of itself', () => {
  const text =
    'drop http $EXTERNAL_NET any -> [10.0.0.0/8,!10.1.2.3] [80,8000:] (msg:"a \\"b\\"\\; c"; gid:3; sid:12; rev:4; ' +
    'classtype:web; reference:url,example.com/x?a=b,c; reference:cve,2020-1; metadata:created_at 2020, x y; noalert;)';
  const config = 'config classification: web,Web things,2\n';
  const { rules, mistakes } = parseSnortRules([{ name: 'f', text: config + text, dialect: 'suricata' }]);
  assert.deepEqual(mistakes, []);
  const [rule] = rules;
  assert(rule !== undefined);
  assert.deepEqual([rule.gid, rule.sid, rule.rev, rule.priority, rule.isSilent], [3, 12, 4, 2, true]);
  assert.equal(rule.message, 'a "b"; c');
  assert.deepEqual(rule.references, [
    { system: 'url', id: 'example.com/x?a=b,c' },
    { system: 'cve', id: '2020-1' },
  ]);
  assert.deepEqual(rule.metadata, ['created_at 2020', 'x y']);
  assert.deepEqual(rule.place, { file: 'f', line: 2, column: 1 });
  assert.deepEqual([rule.header.action, rule.header.protocol, rule.header.direction], ['drop', 'http', '->']);
  assert.deepEqual(rule.header.destinationPorts, {
    kind: 'list',
    isNegated: false,
    terms: [
      { kind: 'range', first: 80, last: 80, isNegated: false },
      { kind: 'range', first: 8000, last: 65_535, isNegated: false },
    ],
  });
});

test('options are put on the buffers that each language means', () => {
  const rows: readonly (readonly [Dialect, string, readonly string[]])[] = [
    ['snort2', 'content:"a"; http_uri; content:"b"; content:"c"; http_uri;', ['snort_uri 2', 'payload 1']],
    ['snort2', 'uricontent:"a"; content:"b"; pcre:"/c/U";', ['snort_uri 2', 'payload 1']],
    ['snort2', 'content:"a"; http_header; isdataat:5,relative;', ['snort_header 2']],
    ['snort2', 'file_data; content:"a"; pkt_data; content:"b";', ['file_data 1', 'payload 1']],
    [
      'suricata',
      'http.uri; content:"a"; http.method; content:"b"; http.uri; content:"c";',
      ['http_uri 2', 'http_method 1'],
    ],
    ['suricata', 'content:"a"; http_uri; content:"b";', ['http_uri 1', 'payload 1']],
    ['suricata', 'http.host; dotprefix; to_lowercase; content:"a";', ['http_host|dotprefix|to_lowercase 1']],
    [
      'suricata',
      'http.host; content:"a"; http.host; to_lowercase; content:"b";',
      ['http_host 1', 'http_host|to_lowercase 1'],
    ],
    ['suricata', 'base64_decode; base64_data; content:"a"; content:"b";', ['payload 1']],
    ['snort3', 'http_uri; content:"a"; http_uri; content:"b";', ['snort_uri 1', 'snort_uri 1']],
    [
      'snort3',
      'http_header:field Host; content:"a"; pkt_data; content:"b";',
      ['snort_header:host 1', 'payload 1'],
    ],
  ];
  for (const [dialect, options, expected] of rows) {
    const groups = onlyRule(options, dialect).groups.map(
      (group) => `${group.buffer.key} ${group.options.length}`,
    );
    assert.deepEqual(groups, expected, `${dialect} ${options}`);
  }
});

test('the language of a file is told by what only one of them writes', () => {
  const rows: readonly (readonly [Dialect, string])[] = [
    ['snort2', 'alert tcp any any -> any 80 (msg:"a"; uricontent:"b"; nocase; sid:1;)'],
    ['snort3', 'alert tcp any any -> any 80 ( msg:"a"; content:"b",nocase; service:http; sid:1; )'],
    ['snort3', 'alert http ( msg:"a"; http_uri; content:"b"; sid:1; )'],
    ['suricata', 'alert http any any -> any any (msg:"a"; http.uri; content:"b"; sid:1;)'],
    ['suricata', 'alert tcp any any -> any any (msg:"a"; content:"b"; endswith; sid:1;)'],
  ];
  for (const [dialect, text] of rows) assert.equal(guessDialect(text), dialect, text);
});

test('lines are joined, comments left out, and rules in comments read when asked for', () => {
  const text = [
    '# a comment (with brackets)',
    'alert tcp any any -> any any \\',
    '  (msg:"a"; content:"b"; \\',
    '  sid:1;)',
    '',
    '#alert tcp any any -> any any (msg:"off"; sid:2;)',
    '# alert of this rule is off (see above)',
    'alert tcp any any -> any any (msg:"c"; sid:3;) # behind',
  ];
  for (const end of ['\n', '\r\n']) {
    const files = [{ name: 'f', text: text.join(end), dialect: 'snort2' }] as const;
    const plain = parseSnortRules(files);
    assert.deepEqual(plain.mistakes, []);
    assert.deepEqual(
      plain.rules.map(({ sid, place }) => [sid, place.line]),
      [
        [1, 2],
        [3, 8],
      ],
    );
    const all = parseSnortRules(files, { withDisabled: true });
    assert.deepEqual(
      all.rules.map(({ sid, isEnabled }) => [sid, isEnabled]),
      [
        [1, true],
        [2, false],
        [3, true],
      ],
    );
  }
});

test('a rule of Snort 3 goes on until its bracket is closed', () => {
  const text = 'alert http\n(\n  msg:"a;) b";\n  http_uri; content:"c;d",nocase;\n  sid:1;\n)\n';
  for (const form of [text, text.replace('\n(', ' ('), text.replaceAll('\n', '\r\n')]) {
    const { rules, mistakes } = parseSnortRules([{ name: 'f', text: form, dialect: 'snort3' }]);
    assert.deepEqual(mistakes, []);
    assert.deepEqual(
      rules.map(({ message, groups }) => [message, groups.length]),
      [['a;) b', 1]],
    );
  }
});

type Row = readonly [options: string, code: string, column: number, text: RegExp];

const MISTAKES: readonly Row[] = [
  ['foo;', 'option-unknown', 0, /option "foo": it is not known/],
  ['htpp.uri;', 'option-unknown', 0, /option "htpp\.uri": it is not known/],
  ['tls;', 'option-unknown', 0, /option "tls": it is not known/],
  ['content:abc;', 'option-argument', 8, /text in double quotes/],
  ['content:"";', 'option-argument', 8, /text in double quotes/],
  ['content:"a|0|";', 'option-argument', 10, /"0" is not bytes/],
  ['content:"a|00";', 'option-argument', 10, /is not bytes/],
  ['content:"a"b";', 'option-argument', 10, /not escaped/],
  ['content:"a\\n";', 'option-argument', 11, /escapes nothing/],
  ['nocase;', 'option-place', 0, /no content stands before it/],
  ['http_uri;', 'option-place', 0, /no content stands before it/],
  ['content:"abc"; depth:2;', 'option-argument', 21, /content has 3 bytes/],
  ['content:"abc"; within:2;', 'option-argument', 22, /content has 3 bytes/],
  ['content:"abc"; offset:x;', 'variable-unknown', 22, /no byte_extract/],
  ['content:"abc"; offset:99999;', 'option-argument', 22, /from -65535 to 65535/],
  ['content:"abc"; fast_pattern:9,1;', 'option-argument', 28, /from 0 to 3/],
  ['pcre:"abc";', 'option-argument', 5, /"\/pattern\/letters"/],
  ['pcre:/;', 'option-argument', 5, /"\/pattern\/letters"/],
  ['pcre:"/abc/, flow:";', 'option-argument', 11, /letter ","/],
  ['pcre:"/abc/q";', 'option-argument', 11, /letter "q"/],
  ['byte_test:4,>,1;', 'option-argument', 10, /needs 4 arguments/],
  ['byte_test:4,~,1,0;', 'option-argument', 10, /operator "~"/],
  ['byte_test:4,>,1,0,sideways;', 'option-argument', 18, /"sideways" is not known/],
  ['byte_jump:4;', 'option-argument', 10, /needs 2 arguments/],
  ['byte_extract:4,0,1x;', 'option-argument', 17, /a name is needed/],
  ['byte_math:bytes 1, offset 0, oper %, rvalue 1, result x;', 'option-argument', 10, /operator "%"/],
  ['byte_math:bytes 1, offset 0, rvalue 1, result x;', 'option-argument', 10, /needs "oper"/],
  ['isdataat:x;', 'variable-unknown', 9, /no byte_extract/],
  ['isdataat:1,near;', 'option-argument', 11, /"near" is not known/],
  ['dsize:a<>b;', 'variable-unknown', 6, /no byte_extract/],
  ['dsize:;', 'option-argument', 0, /a size or a range/],
  ['urilen:5,half;', 'option-argument', 7, /neither "norm" nor "raw"/],
  ['flow:sideways;', 'option-argument', 5, /flow "sideways"/],
  ['flowbits:flip,a;', 'option-argument', 9, /flowbits "flip"/],
  ['flowbits:set;', 'option-argument', 9, /a name is needed/],
  ['xbits:set,a;', 'option-argument', 6, /"track" is needed/],
  ['flowint:a,~,1;', 'option-argument', 8, /flowint "~"/],
  ['stream_size:left,>,1;', 'option-argument', 12, /side, operator and size/],
  ['threshold:type often, track by_src, count 1, seconds 1;', 'option-argument', 10, /type "often"/],
  ['threshold:type limit, track by_me, count 1, seconds 1;', 'option-argument', 10, /track "by_me"/],
  ['detection_filter:track by_src, count 0, seconds 1;', 'option-argument', 17, /from 1 to/],
  ['to_lowercase;', 'option-place', 0, /no buffer stands before it/],
  ['http.uri; xor:"0"; content:"a";', 'option-argument', 14, /argument is wrong/],
  ['http.uri; pcrexform:"("; content:"a";', 'option-argument', 20, /argument is wrong/],
  ['http.uri; absent:maybe;', 'option-argument', 17, /absent "maybe"/],
  ['reference:cve;', 'option-argument', 10, /"system,id"/],
  ['priority:high;', 'option-argument', 9, /priority "high"/],
];

test('a mistake is told with its place, and the rule is left out', () => {
  const start = ruleText('').indexOf('sid:1');
  for (const [options, code, column, text] of MISTAKES) {
    const { rules, mistakes } = parseSnortRules([
      { name: 'f', text: ruleText(options), dialect: 'suricata' },
    ]);
    assert.equal(rules.length, 0, options);
    assert.equal(mistakes.length, 1, `${options} ${JSON.stringify(mistakes)}`);
    for (const mistake of mistakes) {
      assert.deepEqual([mistake.code, mistake.line, mistake.column - start], [code, 1, column], options);
      assert.match(mistake.text, text);
    }
  }
});

test('all mistakes of a file are told at once, and the other rules load', () => {
  const text = [
    'alert tcp any any -> any any (foo; bar; sid:1;)',
    'alert tcp any any any any (sid:2;)',
    'alert tcp 1.2.3 any -> any any (sid:3;)',
    'alert tcp any 99999 -> any any (sid:4;)',
    'alert tcp any any => any any (sid:5;)',
    'alert tcp [any any -> any any (sid:6;)',
    'alert tcp any any -> any any (msg:"no sid";)',
    'alert tcp any any -> any any (sid:7',
    'alert tcp any any -> any any (sid:8;) more',
    'something else',
    'include other.rules',
    'config classification: a,b',
    'suppress gen_id 1',
    'threshold gen_id 1, sig_id 1, type often, track by_src, count 1, seconds 1',
    'suppress gen_id 1, sig_id 1, track by_src',
    'alert tcp any any -> any any (content:"a"; sid:9;)',
  ].join('\n');
  const { rules, mistakes, ruleCount } = parseSnortRules([{ name: 'f', text, dialect: 'snort2' }]);
  assert.deepEqual(
    rules.map(({ sid }) => sid),
    [9],
  );
  assert.equal(ruleCount, 10);
  assert.deepEqual(
    mistakes.map(({ line, code }) => `${line} ${code}`),
    [
      ...['1 option-unknown', '1 option-unknown', '2 header-form', '3 header-address', '4 header-port'],
      ...['5 header-form', '6 header-form', '7 sid-missing', '8 rule-form', '9 rule-form', '10 line-unknown'],
      ...['11 line-unknown', '12 config-form', '13 option-argument', '14 option-argument', '15 config-form'],
    ],
  );
});

test('a rule that cannot be run is told with its option, and is not loaded', () => {
  const rows: readonly (readonly [header: string, options: string, option: string])[] = [
    ['alert udp any any -> any any', '', 'udp'],
    ['alert tls any any -> any any', 'content:"a";', 'tls'],
    ['alert http1:response_started any any -> any any', '', 'http1:response_started'],
    ['alert tcp any any -> any any', 'flags:S;', 'flags'],
    ['alert tcp any any -> any any', 'content:"a"; ttl:5;', 'ttl'],
    ['alert tcp any any -> any any', 'flow:only_frag;', 'flow'],
    ['alert tcp any any -> any any', 'byte_test:2,>,1,0,dce;', 'byte_test'],
    ['alert http any any -> any any', 'lua:a.lua;', 'lua'],
    ...[
      'tls.sni',
      'krb5_cname',
      'dns.answer.name',
      'ja3_hash',
      'ssh.hassh',
      'modbus',
      'dce_iface',
      'ssl_state',
    ].map((option) => ['alert tcp any any -> any any', `${option}; content:"a";`, option] as const),
    ['alert http any any -> any any', 'app-layer-event:tls.invalid;', 'app-layer-event'],
    ['alert http any any -> any any', 'app-layer-event:http.request_chunk_extension;', 'app-layer-event'],
    ['alert http any any -> any any', 'pcre:"/(?R)/";', 'pcre'],
  ];
  for (const [header, options, option] of rows) {
    const { rules, notRun, mistakes } = loadText(ruleText(options, header), 'suricata');
    assert.equal(rules.length, 0, options);
    assert.deepEqual(mistakes, [], options);
    assert.deepEqual(
      notRun.map((rule) => [rule.option, rule.sid]),
      [[option, 1]],
      options,
    );
  }
});

test('options of one language that are not run are told as such, and their file loads', () => {
  const rows: readonly (readonly [dialect: Dialect, options: string, option: string])[] = [
    ['suricata', 'flow.age:>3;', 'flow.age'],
    ['suricata', 'flow.bytes_toserver:>3;', 'flow.bytes_toserver'],
    ['suricata', 'flow.bytes_toclient:>3;', 'flow.bytes_toclient'],
    ['suricata', 'flow.pkts_toserver:3;', 'flow.pkts_toserver'],
    ['suricata', 'flow.pkts_toclient:3;', 'flow.pkts_toclient'],
    ['suricata', 'content:"a"; alert;', 'alert'],
    ['suricata', 'file.data; gunzip; content:"a";', 'gunzip'],
    ['suricata', 'file.data; zlib_deflate:max-size 100; content:"a";', 'zlib_deflate'],
    ['suricata', 'file.data; luaxform:a.lua; content:"a";', 'luaxform'],
    ['snort2', 'protected_content:"00"; hash:md5; length:2; offset:4; http_uri;', 'protected_content'],
    ['snort2', 'content:"a"; hash:md5;', 'hash'],
    ['snort2', 'content:"a"; length:1;', 'length'],
    ['snort2', 'flowbits:setx,a,group;', 'flowbits'],
    ['snort2', 'flowbits:reset;', 'flowbits'],
    ['snort2', 'flowbits:reset,group;', 'flowbits'],
    ['snort2', 'flowbits:toggle,a,group;', 'flowbits'],
    ['snort2', 'flowbits:isset,any,group;', 'flowbits'],
    ['snort2', 'flowbits:unset,all,group;', 'flowbits'],
    ['snort3', 'regex:"/a/i",fast_pattern; content:"b",within 4;', 'regex'],
    ['snort3', 'ber_data:0x30;', 'ber_data'],
    ['snort3', 'ber_skip:0x02,optional;', 'ber_skip'],
    ['snort3', 'sha256:"00",length 2;', 'sha256'],
    ['snort3', 'content:"a",width 16,endian big;', 'content'],
  ];
  for (const [dialect, options, option] of rows) {
    const { rules, notRun, mistakes } = loadText(ruleText(options), dialect);
    assert.deepEqual([rules.length, mistakes], [0, []], options);
    assert.deepEqual(
      notRun.map((rule) => rule.option),
      [option],
      options,
    );
  }
});

test('a bit of a group is set and tested as any other', () => {
  for (const options of [
    'flowbits:set,a,group;',
    'flowbits:isset,a,group;',
    'flowbits:isnotset,a|b,group;',
  ]) {
    assert.equal(loadText(ruleText(options), 'snort2').rules.length, 1, options);
  }
  const [mistake] = loadText(ruleText('flowbits:setx,a,group;'), 'suricata').mistakes;
  assert.equal(mistake?.code, 'option-argument');
});

test('a pattern that is wrong is a mistake at its option, and a rule that is too large is one', () => {
  const rows: readonly (readonly [options: string, code: string, column: number])[] = [
    ['content:"a"; pcre:"/(/";', 'pattern-syntax', ruleText('').indexOf('sid:1') + 'content:"a"; '.length],
    ['nocase;'.repeat(2), 'option-place', ruleText('').indexOf('sid:1')],
    [`content:"a";${'nocase;'.repeat(1000)}`, 'rule-too-large', 1],
    [`content:"${'a'.repeat(65_536)}";`, 'rule-too-large', 1],
  ];
  for (const [options, code, column] of rows) {
    const { rules, mistakes } = loadText(ruleText(options), 'snort2');
    assert.equal(rules.length, 0);
    assert.deepEqual([mistakes[0]?.code, mistakes[0]?.column], [code, column], options.slice(0, 40));
  }
});

test('variables come from the files and from the configuration, which wins', () => {
  const text =
    'ipvar HOME_NET [10.0.0.0/8,!10.1.0.0/16]\nportvar WEB [80,8080]\n' +
    ruleText('', 'alert tcp any any -> $HOME_NET $WEB');
  const matches = (address: string, port: number, given: Record<string, string> = {}): boolean => {
    const { rules, mistakes } = loadSnortRules([{ name: 'f', text }], {
      variables: new Map(Object.entries(given)),
    });
    assert.deepEqual(mistakes, []);
    const flow = givenFlow({ server: { address, port } });
    return rules.some((rule) => evaluate(rule, new MessageBuffers(givenBuffers({})), flow) !== undefined);
  };
  assert.equal(matches('10.2.3.4', 80), true);
  assert.equal(matches('10.1.3.4', 80), false);
  assert.equal(matches('11.2.3.4', 80), false);
  assert.equal(matches('10.2.3.4', 81), false);
  assert.equal(matches('10.2.3.4', 81, { WEB: '81' }), true);
  assert.equal(matches('2001:db8::1', 80, { HOME_NET: '2001:db8::/32' }), true);
  assert.equal(matches('10.2.3.4', 80, { HOME_NET: '!$OTHER', OTHER: '10.0.0.0/8' }), false);
});

test('a variable that is not known or names itself is a mistake', () => {
  const rows = [
    ['alert tcp $NOBODY any -> any any', {}, 'variable-unknown'],
    ['alert tcp any $HOME_NET -> any any', { HOME_NET: '10.0.0.0/8' }, 'variable-unknown'],
    ['alert tcp $A any -> any any', { A: '[$B]', B: '$A' }, 'variable-form'],
    ['alert tcp any any -> any any', { A: 'no address' }, 'variable-form'],
  ] as const;
  for (const [header, given, code] of rows) {
    const { mistakes } = loadSnortRules([{ name: 'f', text: ruleText('', header) }], {
      variables: new Map(Object.entries(given)),
    });
    assert.deepEqual(
      mistakes.map((mistake) => mistake.code),
      [code],
      header,
    );
  }
});

test('of rules with one sid the newest is kept, and the same rev twice is a mistake', () => {
  const rule = (rev: number, content: string): string =>
    `alert tcp any any -> any any (msg:"${content}"; content:"${content}"; sid:5; rev:${rev};)`;
  const newer = loadText(`${rule(2, 'b')}\n${rule(1, 'a')}\n${rule(3, 'c')}`, 'snort2');
  assert.deepEqual(newer.mistakes, []);
  assert.deepEqual(
    newer.rules.map((compiled) => compiled.rule.message),
    ['c'],
  );
  const twice = loadText(`${rule(2, 'b')}\n${rule(2, 'a')}`, 'snort2');
  assert.deepEqual(
    twice.mistakes.map(({ code, line }) => [code, line]),
    [['sid-duplicate', 2]],
  );
  assert.deepEqual(
    twice.rules.map((compiled) => compiled.rule.message),
    ['b'],
  );
});

test('rules are ordered by action, and those that set bits come before those that test them', () => {
  const texts = [
    'alert tcp any any -> any any (flowbits:isset,a; sid:1;)',
    'alert tcp any any -> any any (flowbits:set,a; sid:2;)',
    'drop tcp any any -> any any (sid:3;)',
    'alert tcp any any -> any any (sid:4;)',
    'pass tcp any any -> any any (sid:5;)',
    'alert tcp any any -> any any (flowbits:isset,a; flowbits:set,b; sid:6;)',
  ];
  const { rules } = loadText(texts.join('\n'), 'snort2');
  assert.deepEqual(
    rules.map(({ rule }) => rule.sid),
    [5, 3, 2, 6, 1, 4],
  );
});
