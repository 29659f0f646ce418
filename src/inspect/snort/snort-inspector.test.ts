import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { Verdict } from '../../base/verdict.ts';
import type { Transaction } from '../inspector.ts';
import { listedFields } from '../listed-fields.ts';
import { compileSnort, makeSnortInspector } from './snort-inspector.ts';
import type { ConnectedRequest, SnortCompileOptions, SnortSettings } from './snort-inspector.ts';

type Pair = readonly [name: string, value: string];

interface Given extends Partial<ConnectedRequest> {
  readonly fields?: readonly Pair[];
}

function requestOf({ fields = [], ...given }: Given): ConnectedRequest {
  const headers = listedFields(fields);
  return { method: 'GET', target: '/', version: 'HTTP/1.1', headers, clientAddress: '192.0.2.1', ...given };
}

function inspectorOf(
  rules: string,
  settings: Partial<SnortSettings> = {},
  options: SnortCompileOptions = {},
) {
  const compiled = compileSnort([{ name: 'a.rules', text: rules }], options);
  assert(compiled.kind === 'ok', JSON.stringify(compiled));
  return makeSnortInspector(compiled.plan, { mode: 'on', nowMs: () => 0, ...settings });
}

interface Answer {
  readonly status?: number;
  readonly fields?: readonly Pair[];
  readonly body?: string;
}

/** All phases; what they said, but for those that continue. */
function runAll(transaction: Transaction, body = '', answer: Answer = {}): readonly Verdict[] {
  const { status = 200, fields = [], body: answered = '' } = answer;
  const verdicts = [
    transaction.requestHead(),
    transaction.requestBody({ bytes: Buffer.from(body, 'latin1'), isPrefix: false }),
    transaction.responseHead({ status, headers: listedFields(fields) }),
    transaction.responseBody({ bytes: Buffer.from(answered, 'latin1'), isPrefix: false }),
  ];
  transaction.end();
  return verdicts.filter((verdict) => verdict.do !== 'continue');
}

const WEB = 'alert http any any -> any any';
const TO_SERVER = 'alert tcp any any -> any any';

test('a hit says which rule matched, where it stands, what matched where, and why that matters', () => {
  const rules = `config classification: web-attack,Attack,1
alert http any any -> any any (msg:"Traversal"; http.uri; content:"/ETC/"; nocase; content:"passwd"; distance:0; reference:cve,2001-1; classtype:web-attack; sid:7; rev:2;)`;
  const transaction = inspectorOf(rules).begin(requestOf({ target: '/a/../etc/%70asswd' }));
  const verdict = transaction.requestHead();
  const text = 'Rule snort-7 (a.rules:2) matched: Traversal';
  assert.deepEqual(verdict, { do: 'deceive', because: { code: 'rule-snort-7', text } });
  assert.deepEqual(transaction.hits, [
    {
      rule: 'snort-7',
      source: 'a.rules:2',
      message: 'Traversal',
      severity: 2,
      tags: ['classtype:web-attack', 'reference:cve,2001-1'],
      target: 'http_uri',
      matched: 'passwd',
      transformations: ['percentDecode', 'normalizePath'],
    },
  ]);
});

test('what a pattern alone matched is told where it is', () => {
  const target = `/${'a'.repeat(200)}?x=NEEDLE123&y`;
  for (const options of ['pcre:"/needle[0-9]+/i";', 'content:"aaa"; pcre:"/NEEDLE\\d+(?=&)/R";']) {
    const transaction = inspectorOf(`${TO_SERVER} (${options} sid:7;)`).begin(requestOf({ target }));
    transaction.requestHead();
    transaction.requestBody({ bytes: Buffer.alloc(0), isPrefix: false });
    assert.equal(transaction.hits[0]?.matched, 'NEEDLE123', options);
  }
});

test('a rule of another generator has its number in its name', () => {
  const transaction = inspectorOf(`${WEB} (http.uri; content:"/a"; gid:3; sid:7;)`).begin(
    requestOf({ target: '/a' }),
  );
  transaction.requestHead();
  assert.equal(transaction.hits[0]?.rule, 'snort-3:7');
});

const OUTCOMES: readonly (readonly [action: string, settings: Partial<SnortSettings>, expected: string])[] = [
  ['alert', {}, 'deceive'],
  ['alert', { onAlert: 'continue' }, 'continue'],
  ['alert', { onAlert: 'reply' }, 'reply'],
  ['alert', { onBlock: 'drop' }, 'deceive'],
  ['alert', { mode: 'detect' }, 'continue'],
  ['log', {}, 'continue'],
  ['drop', {}, 'deceive'],
  ['drop', { onBlock: 'drop' }, 'drop'],
  ['drop', { onAlert: 'continue' }, 'deceive'],
  ['drop', { onBlock: 'drop', mode: 'detect' }, 'continue'],
  ['reject', { onBlock: 'reply' }, 'reply'],
  ['block', { onBlock: 'drop' }, 'drop'],
];

for (const [action, settings, expected] of OUTCOMES) {
  test(`${action} with ${JSON.stringify(settings)} gives ${expected}, and a hit in any case`, () => {
    const transaction = inspectorOf(
      `${action} http any any -> any any (http.uri; content:"/a"; sid:1;)`,
      settings,
    ).begin(requestOf({ target: '/a' }));
    assert.equal(transaction.requestHead().do, expected);
    assert.equal(transaction.hits.length, 1);
  });
}

/** Where the literal of a rule is looked for: each row is a message that matches, and one that all but does. */
const PLACES: readonly (readonly [options: string, matching: Row, other: Row])[] = [
  ['http.method; content:"PUT";', { method: 'PUT' }, { method: 'POST' }],
  ['http.uri; content:"/a b";', { target: '/a%20b' }, { target: '/a+b' }],
  ['http.uri; content:"/x"; startswith;', { target: '/x/y' }, { target: '/y/x' }],
  ['http.uri; content:".bak"; endswith;', { target: '/x.bak' }, { target: '/x.bak?' }],
  ['http.uri; content:"/x"; bsize:2;', { target: '/x' }, { target: '/xy' }],
  ['http.uri; content:"/x"; startswith;', { target: 'http://h/x' }, { target: 'http://x/y' }],
  ['http.uri.raw; content:"%2e"; nocase;', { target: '/%2E' }, { target: '/.' }],
  ['http.request_line; content:"GET /x HTTP/1.1"; bsize:15;', { target: '/x' }, { target: '/xx' }],
  [
    'http.host; content:"evil.example"; endswith;',
    { fields: [['Host', 'EVIL.example:8080']] },
    { fields: [['Host', 'a']] },
  ],
  ['http.host; content:"evil.example";', { target: 'http://Evil.example/' }, { target: '/evil.example/' }],
  [
    'http.user_agent; content:"bot"; startswith;',
    { fields: [['USER-agent', 'bot/1']] },
    { fields: [['User-Agent', 'a bot']] },
  ],
  [
    'http.user_agent; content:"a, b"; bsize:4;',
    {
      fields: [
        ['User-Agent', 'a'],
        ['User-agent', 'b'],
      ],
    },
    { fields: [['User-Agent', 'a']] },
  ],
  [
    'http.user_agent; content:"bot"; bsize:3;',
    { fields: [['User-Agent', 'bot']] },
    { fields: [['X-Agent', 'bot']] },
  ],
  [
    'http.header; content:"X-A: 1, 2|0d 0a|";',
    {
      fields: [
        ['X-A', '1'],
        ['x-a', '2'],
      ],
    },
    {
      fields: [
        ['X-A', '1'],
        ['X-B', '2'],
      ],
    },
  ],
  [
    'http.header; content:"A: 1|0d 0a|B: 2|0d 0a|";',
    {
      fields: [
        ['A', '1'],
        ['B', '2'],
      ],
    },
    {
      fields: [
        ['B', '2'],
        ['A', '1'],
      ],
    },
  ],
  ['http.header; content:"secret";', { fields: [['X', 'secret']] }, { fields: [['Cookie', 'secret']] }],
  ['http.cookie; content:"secret";', { fields: [['Cookie', 'secret']] }, { fields: [['X', 'secret']] }],
  [
    'http.header_names; content:"|0d 0a|A|0d 0a|B|0d 0a|";',
    {
      fields: [
        ['A', '1'],
        ['B', '2'],
      ],
    },
    { fields: [['A', 'B']] },
  ],
  [
    'http.start; content:"HTTP/1.1|0d 0a|Evil: ";',
    { fields: [['Evil', '1']] },
    {
      fields: [
        ['A', '1'],
        ['Evil', '1'],
      ],
    },
  ],
  ['http.request_header; content:"A: b"; bsize:4;', { fields: [['A', 'b']] }, { fields: [['A', 'bc']] }],
  ['http.request_body; content:"id=1";', { body: 'id=1' }, { target: '/id=1' }],
  ['http.request_body; content:"a"; startswith; content:"z"; endswith;', { body: 'a-z' }, { body: 'z-a' }],
  ['content:"GET /x";', { target: '/x' }, { target: '/y', body: 'GET  /x' }],
  [
    'content:"A: b|0d 0a 0d 0a|cd";',
    { fields: [['A', 'b']], body: 'cd' },
    { fields: [['A', 'b']], body: 'dc' },
  ],
  ['content:"evil";', { body: 'is evil' }, { body: 'is live' }],
  [
    'http.host; dotprefix; content:".a.example"; endswith;',
    { fields: [['Host', 'a.example']] },
    { fields: [['Host', 'ba.example']] },
  ],
  ['http.uri; url_decode; content:"a b";', { target: '/a%2520b' }, { target: '/a%252fb' }],
  ['http.uri; to_md5; bsize:16;', { target: '/' }, { method: '' }],
  [
    'file.data; content:"<?php";',
    {
      fields: [['Content-Type', 'multipart/form-data; boundary=B']],
      body: '--B\r\nContent-Disposition: form-data; name="f"; filename="a.php"\r\n\r\n<?php\r\n--B--\r\n',
    },
    { target: '/<?php' },
  ],
  [
    'file.name; content:".php"; endswith;',
    {
      fields: [['Content-Type', 'multipart/form-data; boundary=B']],
      body: '--B\r\nContent-Disposition: form-data; name="f"; filename="a.php"\r\n\r\nx\r\n--B--\r\n',
    },
    { body: '.php' },
  ],
  [
    'http.method; content:"POST"; pcre:"/[0-9]/"; http.uri; content:"/x";',
    { method: 'POST1', target: '/x' },
    { method: 'POST', target: '/x' },
  ],
  ['http.uri; pcre:"/id=(?:select|union)/i";', { target: '/?ID=Union' }, { target: '/?id=one' }],
  ['http.uri; bsize:>20;', { target: `/${'a'.repeat(20)}` }, { target: '/a' }],
];

interface Row extends Given {
  readonly body?: string;
}

for (const isFast of [true, false]) {
  test(`literals are found wherever their buffers stand, ${isFast ? 'fast' : 'slow'}`, () => {
    for (const [options, matching, other] of PLACES) {
      const inspector = inspectorOf(`${WEB} (flow:to_server; ${options} sid:1;)`, {}, { isFast });
      for (const round of ['first', 'second', 'third']) {
        const hit = inspector.begin(requestOf(matching));
        runAll(hit, matching.body);
        assert.equal(hit.hits.length, 1, `${options} the ${round} time`);
        const missed = inspector.begin(requestOf(other));
        runAll(missed, other.body);
        if (options.includes('to_md5')) continue;
        assert.equal(missed.hits.length, 0, `${options} with another message, the ${round} time`);
      }
    }
    assert.equal(PLACES.length, 33);
  });
}

test('the buffers of Snort are decoded where it decodes them', () => {
  const rows: readonly (readonly [options: string, matching: Row])[] = [
    ['content:"X: a b|0d 0a|"; http_header;', { fields: [['X', 'a%2520b']] }],
    ['content:"|0d 0a|Evil: 1"; http_header;', { fields: [['X', 'a%0d%0aEvil: 1']] }],
    ['content:"a b"; http_cookie;', { fields: [['Cookie', 'a%20b']] }],
    ['content:"a%20b"; http_raw_cookie;', { fields: [['Cookie', 'a%20b']] }],
    ['content:"q=a b"; http_uri;', { target: '/?q=a+b' }],
    ['content:"q=a b"; http_client_body;', { body: 'q=a%2520b' }],
    ['content:"a, b"; http_cookie;', { fields: [['Cookie', 'a, b']] }],
    [
      'content:"a,b"; http_cookie;',
      {
        fields: [
          ['Cookie', 'a'],
          ['Cookie', 'b'],
        ],
      },
    ],
  ];
  for (const [options, matching] of rows) {
    const inspector = inspectorOf(`${TO_SERVER} (flow:to_server; ${options} sid:1;)`);
    const transaction = inspector.begin(requestOf(matching));
    runAll(transaction, matching.body);
    assert.equal(transaction.hits.length, 1, options);
  }
});

test('responses are looked at by rules to the client alone', () => {
  const rules = [
    'http.stat_code; content:"500";',
    'http.server; content:"evil"; bsize:4;',
    'file.data; content:"secret";',
    'content:"Set-Cookie: a";',
  ]
    .map((options, index) => `${WEB} (flow:to_client; ${options} sid:${index + 1};)`)
    .join('\n');
  const inspector = inspectorOf(rules);
  const answer = {
    status: 500,
    fields: [
      ['Server', 'evil'],
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
    ],
    body: 'a secret',
  } as const;
  const transaction = inspector.begin(requestOf({ target: '/secret', fields: [['Server', 'evil']] }));
  assert.equal(transaction.wantsRequestBody, false);
  assert.equal(transaction.wantsResponseBody, true);
  runAll(transaction, 'secret', answer);
  assert.deepEqual(
    transaction.hits.map(({ rule }) => rule),
    ['snort-1', 'snort-2', 'snort-3', 'snort-4'],
  );
  const harmless = inspector.begin(requestOf({ target: '/secret' }));
  assert.deepEqual(runAll(harmless, 'secret', { fields: [['X-Server', 'evil']] }), []);
  assert.deepEqual(harmless.hits, []);
  const without = inspectorOf(rules, {}, { withResponses: false }).begin(requestOf({}));
  assert.equal(without.wantsResponseBody, false);
  assert.deepEqual(runAll(without, '', answer), []);
});

test('a rule that passes ends the matter for the exchange', () => {
  const rules = `drop http any any -> any any (http.uri; content:"/a"; sid:1;)
pass http any any -> any any (http.user_agent; content:"monitor"; sid:2;)
alert http any any -> any any (http.request_body; content:"evil"; sid:3;)`;
  const inspector = inspectorOf(rules);
  const passed = inspector.begin(requestOf({ target: '/a', fields: [['User-Agent', 'monitor']] }));
  assert.deepEqual(runAll(passed, 'evil'), []);
  assert.deepEqual(passed.hits, []);
  const other = inspector.begin(requestOf({ target: '/a', fields: [['User-Agent', 'other']] }));
  assert.equal(runAll(other, 'evil').length, 2);
});

test('flowbits last as long as the connection, where the proxy says which it is', () => {
  const rules = `${WEB} (flow:to_server; http.uri; content:"/login"; flowbits:set,in; flowbits:noalert; sid:1;)
${WEB} (flow:to_server; http.uri; content:"/admin"; flowbits:isset,in; sid:2;)
${WEB} (flow:to_server; flowbits:isset,in; http.method; content:!"GET"; sid:3;)`;
  const inspector = inspectorOf(rules);
  const ask = (target: string, connection: object | undefined, method = 'GET'): number => {
    const given = connection === undefined ? {} : { connection };
    const transaction = inspector.begin(requestOf({ target, method, ...given }));
    runAll(transaction);
    return transaction.hits.length;
  };
  const one = {};
  const other = {};
  assert.equal(ask('/admin', one), 0);
  assert.equal(ask('/login', one), 0);
  assert.equal(ask('/admin', other), 0);
  assert.equal(ask('/admin', one), 1);
  assert.equal(ask('/', one, 'PUT'), 1);
  assert.equal(ask('/', other, 'PUT'), 0);
  assert.equal(ask('/login', undefined), 0);
  assert.equal(ask('/admin', undefined), 0);
});

test('a rule that tests what a rule about the body sets is asked after that one', () => {
  const rules = `${WEB} (flow:to_server; http.request_body; content:"token"; flowbits:set,t; flowbits:noalert; sid:1;)
${WEB} (flow:to_server; http.uri; content:"/pay"; flowbits:isset,t; sid:2;)`;
  const transaction = inspectorOf(rules).begin(requestOf({ target: '/pay', method: 'POST' }));
  assert.equal(transaction.requestHead().do, 'continue');
  assert.equal(runAll(transaction, 'token').length, 1);
  assert.equal(transaction.hits[0]?.rule, 'snort-2');
});

test('thresholds count over exchanges', () => {
  const rule = `${WEB} (http.uri; content:"/a"; threshold:type limit, track by_src, count 2, seconds 60; sid:1;)`;
  const inspector = inspectorOf(rule);
  const counts = Array.from({ length: 4 }, () => {
    const transaction = inspector.begin(requestOf({ target: '/a' }));
    transaction.requestHead();
    return transaction.hits.length;
  });
  assert.deepEqual(counts, [1, 1, 0, 0]);
});

test('an address or port that the proxy does not tell is one of a variable, and none that a rule names', () => {
  const rule =
    'alert tcp !10.0.0.0/8 any -> $HOME_NET $HTTP_PORTS (flow:to_server; content:"/a"; http_uri; sid:1;)';
  const variables = { HOME_NET: '198.51.100.0/24', HTTP_PORTS: '80' };
  const rows: readonly (readonly [given: Given, hits: number])[] = [
    [{}, 1],
    [{ localAddress: '198.51.100.7', localPort: 80 }, 1],
    [{ localAddress: '198.51.100.7', localPort: 81 }, 0],
    [{ localAddress: '203.0.113.1', localPort: 80 }, 0],
    [{ clientAddress: '10.1.1.1' }, 0],
  ];
  for (const [given, hits] of rows) {
    const transaction = inspectorOf(rule, {}, { variables }).begin(requestOf({ target: '/a', ...given }));
    transaction.requestHead();
    assert.equal(transaction.hits.length, hits, JSON.stringify(given));
  }
  const named = inspectorOf('alert tcp any any -> 198.51.100.0/24 79 (content:"GET"; sid:1;)').begin(
    requestOf({}),
  );
  runAll(named);
  assert.deepEqual(named.hits, []);
});

test('a section that repeats is known as a whole, and one that looks alike is not taken for it', () => {
  const inspector = inspectorOf(`${WEB} (flow:to_server; http.user_agent; content:"evil"; sid:1;)`);
  const ask = (agent: string): number => {
    const fields: readonly Pair[] = [['User-Agent', agent]];
    const headers = listedFields(fields, `User-Agent: ${agent}\r\n\r\n`);
    const transaction = inspector.begin(requestOf({ headers }));
    runAll(transaction);
    return transaction.hits.length;
  };
  for (let round = 0; round < 5; round++) {
    assert.equal(ask('evil'), 1);
    assert.equal(ask('nice'), 0);
  }
});

const FAILING: readonly (readonly [
  what: string,
  rules: string,
  first: Given,
  second: Given,
  isHit: boolean,
])[] = [
  [
    'what failed in the line is looked at again',
    'http.uri; content:"/bad"; http.header; content:"X-A|3a 20|yes"',
    { target: '/good', fields: [['X-A', 'yes']] },
    { target: '/bad', fields: [['X-A', 'yes']] },
    true,
  ],
  [
    'what failed in the fields fails again',
    'http.header; content:"X-A|3a 20|yes"; content:!"X-B"; http.uri; content:"/"',
    {
      fields: [
        ['X-A', 'yes'],
        ['X-B', 'no'],
      ],
    },
    {
      target: '/bad',
      fields: [
        ['X-A', 'yes'],
        ['X-B', 'no'],
      ],
    },
    false,
  ],
  [
    'another section has not failed',
    'http.header; content:"X-A|3a 20|yes"; content:!"X-B"; http.uri; content:"/"',
    {
      fields: [
        ['X-A', 'yes'],
        ['X-B', 'no'],
      ],
    },
    {
      fields: [
        ['X-A', 'yes'],
        ['X-C', 'no'],
      ],
    },
    true,
  ],
  [
    'a host in the target is no field',
    'http.host; content:"bad"; http.header; content:"X-A|3a 20|yes"',
    {
      target: 'http://good/',
      fields: [
        ['Host', 'good'],
        ['X-A', 'yes'],
      ],
    },
    {
      target: 'http://bad/',
      fields: [
        ['Host', 'good'],
        ['X-A', 'yes'],
      ],
    },
    true,
  ],
  [
    'variables are of the rule, not of the fields',
    'http.uri; content:"/"; byte_extract:1,0,size,relative,string; http.header; content:"X-A|3a 20|yes"; offset:size',
    { target: '/9', fields: [['X-A', 'yes']] },
    { target: '/0', fields: [['X-A', 'yes']] },
    true,
  ],
];

for (const [what, options, first, second, isHit] of FAILING) {
  test(`of a section that repeats, ${what}`, () => {
    const inspector = inspectorOf(`${WEB} (${options}; sid:1;)`);
    const sent = ({ fields = [], ...given }: Given): boolean => {
      const section = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      const transaction = inspector.begin(requestOf({ ...given, headers: listedFields(fields, section) }));
      runAll(transaction);
      return transaction.hits.length > 0;
    };
    for (let count = 0; count < 5; count++) assert.equal(sent(first), false);
    for (let count = 0; count < 5; count++) assert.equal(sent(second), isHit);
  });
}

test('compileSnort tells all that is wrong, and what is not run', () => {
  const text = `${WEB} (http.uri; content:"/a"; sid:1;)
${WEB} (http.uri; content:"/a"; nonsense:1; sid:2;)
alert dns any any -> any any (content:"a"; sid:3;)
${WEB} (http.uri; pcre:"/(/"; sid:4;)`;
  const files = [{ name: 'a.rules', text }];
  const bad = compileSnort(files);
  assert(bad.kind === 'bad');
  assert.deepEqual(
    bad.mistakes.map(({ line, code }) => [line, code]),
    [
      [2, 'option-unknown'],
      [4, 'pattern-syntax'],
    ],
  );
  const lenient = compileSnort(files, { isLenient: true, exclude: ['snort-1', 'snort-3', 'snort-9'] });
  assert(lenient.kind === 'ok');
  assert.deepEqual(
    lenient.warnings.map(({ code }) => code),
    ['option-unknown', 'pattern-syntax', 'exclude-unknown'],
  );
  assert.deepEqual(
    lenient.notRun.map(({ sid }) => sid),
    [3],
  );
  assert.equal(lenient.plan.ruleCount, 0);
  assert.equal(compileSnort(files.slice(1)).kind, 'ok');
});

test('variables of the options win over those of the files', () => {
  const text = `ipvar WEB 10.0.0.1\nalert tcp any any -> $WEB any (flow:to_server; content:"/a"; http_uri; sid:1;)`;
  const options = { variables: { WEB: '10.0.0.2' } };
  for (const [localAddress, hits] of [
    ['10.0.0.1', 0],
    ['10.0.0.2', 1],
  ] as const) {
    const transaction = inspectorOf(text, {}, options).begin(requestOf({ target: '/a', localAddress }));
    transaction.requestHead();
    assert.equal(transaction.hits.length, hits, localAddress);
  }
});

test('rules whose patterns use up their work end the phase before all of them have done so, and that is told', () => {
  const rules = Array.from(
    { length: 40 },
    (_, index) =>
      `${WEB} (http.request_body; content:"aab"; pcre:"/^(?:(a+)+)+\\1b(?=cd)x{0,${index + 1}}/"; sid:${index + 1};)`,
  );
  const harmless = `${WEB} (http.request_body; content:"aab"; sid:100;)`;
  const body = `${'a'.repeat(60_000)}b`;
  const hitsOf = (text: string): readonly string[] => {
    const transaction = inspectorOf(text, { onAlert: 'continue' }).begin(requestOf({}));
    runAll(transaction, body);
    return transaction.hits.map(({ rule }) => rule);
  };
  const few = hitsOf(rules.slice(0, 2).join('\n'));
  assert.deepEqual(few, ['snort-1', 'snort-2']);
  const many = hitsOf([...rules, harmless].join('\n'));
  assert(many.length > 2 && many.length < 20, many.join(' '));
  // The first that is not asked counts as matched, whatever it would say.
  const never = `${WEB} (http.request_body; content:"aab"; isdataat:65000; sid:200;)`;
  assert.deepEqual(hitsOf([...rules.slice(0, 2), never].join('\n')), ['snort-1', 'snort-2']);
  const used = hitsOf([...rules.slice(0, many.length - 1), never].join('\n'));
  assert.deepEqual(used.slice(-1), ['snort-200']);
  // Where there is work left the rules behind are asked as ever.
  assert.deepEqual(hitsOf([...rules.slice(0, 2), harmless].join('\n')), ['snort-1', 'snort-2', 'snort-100']);
});
