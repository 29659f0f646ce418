import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { CONTINUE } from '../base/verdict.ts';
import type { Verdict } from '../base/verdict.ts';
import { buildInspector } from './build.ts';
import type { InspectorOptions } from './build.ts';
import type { Inspector, Transaction } from './inspector.ts';
import { formatMistake } from './mistake.ts';
import { listedFields } from './listed-fields.ts';

function build(text: string, options: Partial<InspectorOptions> = {}): Inspector {
  const built = buildInspector([{ name: 'r.conf', text }], { mode: 'on', exclude: [], ...options });
  assert(built.kind === 'ok', built.kind === 'bad' ? built.mistakes.map(formatMistake).join('\n') : '');
  return built.inspector;
}

interface Sent {
  readonly target?: string;
  readonly fields?: readonly (readonly [string, string])[];
  readonly body?: string;
}

function begin(inspector: Inspector, sent: Sent): Transaction {
  const fields = sent.fields ?? [];
  return inspector.begin({
    method: 'GET',
    target: sent.target ?? '/',
    version: 'HTTP/1.1',
    headers: listedFields(fields),
    clientAddress: '192.0.2.1',
  });
}

function bodyOf(text: string): { readonly bytes: Uint8Array; readonly isPrefix: boolean } {
  return { bytes: Buffer.from(text, 'latin1'), isPrefix: false };
}

/** The verdict of both request phases, and `rule target matched` of each hit. */
function run(
  text: string,
  sent: Sent,
  options: Partial<InspectorOptions> = {},
): { verdict: Verdict; hits: readonly string[] } {
  const transaction = begin(build(text, options), sent);
  const head = transaction.requestHead();
  const verdict = head.do === 'continue' ? transaction.requestBody(bodyOf(sent.body ?? '')) : head;
  return { verdict, hits: transaction.hits.map((hit) => `${hit.rule} ${hit.target} ${hit.matched}`) };
}

for (const mode of ['DetectionOnly', 'Off']) {
  test(`a file that says SecRuleEngine ${mode} does not weaken what the configuration says`, () => {
    for (const isFast of [true, false]) {
      const rules = `SecRuleEngine ${mode}\nSecRule ARGS "@contains evil" "id:1,phase:2,deny,status:403"`;
      const { verdict, hits } = run(rules, { target: '/?a=evil' }, { isFast });
      assert.equal(verdict.do, 'reply');
      assert.deepEqual(hits, ['1 ARGS:a evil']);
    }
  });
}

const JSON_BY_TYPE =
  'SecRule REQUEST_HEADERS:Content-Type "@beginsWith application/x" ' +
  '"id:1,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=JSON"\nSecRule ARGS x id:2';

/** Takes rule 3 away for one path. It looks at no rule itself, so that it is put off until one is run. */
const TAKES_AWAY =
  'SecRule REQUEST_FILENAME "@streq /a" "id:1,phase:1,pass,nolog,t:none,ctl:ruleRemoveById=3"';
const TWO = 'SecRule ARGS x "id:2,phase:2"\nSecRule ARGS x "id:3,phase:2"';
/** Leads around rule 3. */
const LEADS = 'SecRule REQUEST_METHOD "!@pm POST" "id:1,phase:2,pass,nolog,t:none,skipAfter:M"';

/** Rules, request, what is hit. */
const HITS: readonly (readonly [what: string, rules: string, sent: Sent, hits: readonly string[]])[] = [
  ['no match', 'SecRule ARGS x id:1', { target: '/?a=y' }, []],
  ['a match', 'SecRule ARGS x id:1', { target: '/?a=yxy' }, ['1 ARGS:a x']],
  ['the first value that matches', 'SecRule ARGS x id:1', { target: '/?a=y&b=x1&c=x2' }, ['1 ARGS:b x']],
  ['targets in their order', 'SecRule REQUEST_URI|ARGS x id:1', { target: '/?a=x' }, ['1 REQUEST_URI x']],
  ['a member', 'SecRule ARGS:B x id:1', { target: '/?a=x&b=x' }, ['1 ARGS:b x']],
  [
    'a member in any case',
    'SecRule REQUEST_HEADERS:user-AGENT x id:1',
    { fields: [['User-Agent', 'x']] },
    ['1 REQUEST_HEADERS:User-Agent x'],
  ],
  ['an exclusion', 'SecRule ARGS|!ARGS:A x id:1', { target: '/?a=x&b=x' }, ['1 ARGS:b x']],
  ['an exclusion of a count', 'SecRule &ARGS|!ARGS:a "@eq 1" id:1', { target: '/?a=x&b=x' }, ['1 &ARGS 1']],
  ['a count of none', 'SecRule &ARGS:z "@eq 0" id:1', { target: '/?a=x' }, ['1 &ARGS:z 0']],
  ['no value, no negated match', 'SecRule ARGS:z "!@rx x" id:1', { target: '/?a=x' }, []],
  [
    'a negated match is the value',
    'SecRule ARGS "!@rx ^\\d+$" id:1',
    { target: '/?a=1&b=c' },
    ['1 ARGS:b c'],
  ],
  [
    'a transformation',
    'SecRule ARGS "@streq ab" "id:1,t:lowercase,t:removeWhitespace"',
    { target: '/?x=A%20B' },
    ['1 ARGS:x ab'],
  ],
  [
    't:none forgets what was before',
    'SecRule ARGS "@streq A" "id:1,t:lowercase,t:none"',
    { target: '/?x=A' },
    ['1 ARGS:x A'],
  ],
  [
    'multiMatch on the bare value',
    'SecRule ARGS "@contains A" "id:1,multiMatch,t:lowercase"',
    { target: '/?x=A' },
    ['1 ARGS:x A'],
  ],
  [
    'multiMatch on each step',
    'SecRule ARGS "@contains a b" "id:1,multiMatch,t:lowercase,t:removeWhitespace"',
    { target: '/?x=A%20B' },
    ['1 ARGS:x a b'],
  ],
  [
    'without multiMatch only the last',
    'SecRule ARGS "@contains A" "id:1,t:lowercase"',
    { target: '/?x=A' },
    [],
  ],
  [
    'a chain that holds',
    'SecRule ARGS:a x "id:1,chain"\nSecRule ARGS:b y',
    { target: '/?a=x&b=y' },
    ['1 ARGS:b y'],
  ],
  ['a chain that breaks', 'SecRule ARGS:a x "id:1,chain"\nSecRule ARGS:b y', { target: '/?a=x&b=z' }, []],
  ['nolog leaves no hit', 'SecRule ARGS x "id:1,nolog"', { target: '/?a=x' }, []],
  ['SecAction always holds', 'SecAction "id:1,pass"', {}, ['1  ']],
  [
    'every rule that passes',
    'SecRule ARGS x id:1\nSecRule ARGS x id:2',
    { target: '/?a=x' },
    ['1 ARGS:a x', '2 ARGS:a x'],
  ],
  [
    'phases before order',
    'SecRule ARGS x id:1\nSecRule ARGS x "id:2,phase:1"',
    { target: '/?a=x' },
    ['2 ARGS:a x', '1 ARGS:a x'],
  ],
  [
    'bytes above 127 in the rule',
    'SecRule ARGS "@contains é" id:1',
    { target: '/?a=%c3%a9' },
    ['1 ARGS:a \xc3\xa9'],
  ],
  ['case of bytes above 127 is kept', 'SecRule ARGS "@rx (?i)\\xe9" id:1', { target: '/?a=%c9' }, []],
  [
    'a field that chooses the reader of the body',
    JSON_BY_TYPE,
    { fields: [['content-TYPE', 'Application/X']], body: '{"a":"x"}' },
    ['2 ARGS:json.a x'],
  ],
  [
    'the second of two such fields',
    JSON_BY_TYPE,
    {
      fields: [
        ['Content-Type', 'text/html'],
        ['Content-Type', 'application/x'],
      ],
      body: '{"a":"x"}',
    },
    ['2 ARGS:json.a x'],
  ],
  [
    'another field does not choose it',
    JSON_BY_TYPE,
    {
      fields: [
        ['X-Content-Type', 'application/x'],
        ['Content-Type', 'text/x'],
      ],
      body: '{"a":"x"}',
    },
    [],
  ],
  [
    'a target that another rule took away does not choose it',
    `SecAction "id:9,phase:1,pass,nolog,ctl:ruleRemoveTargetById=1;REQUEST_HEADERS:content-type"\n${JSON_BY_TYPE}`,
    { fields: [['Content-Type', 'application/x']], body: '{"a":"x"}' },
    [],
  ],
  [
    'a reader that is chosen for every body',
    'SecAction "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"\nSecRule ARGS x id:2',
    { body: '{"a":"x"}' },
    ['2 ARGS:json.a x'],
  ],
  ['an empty pattern matches', 'SecRule ARGS "@rx " id:1', { target: '/?a=' }, ['1 ARGS:a ']],
  [
    'the first 128 bytes',
    'SecRule ARGS "@rx a+" id:1',
    { target: `/?a=${'a'.repeat(500)}` },
    [`1 ARGS:a ${'a'.repeat(128)}`],
  ],
  ['a rule that was taken away', `${TAKES_AWAY}\n${TWO}`, { target: '/a?a=x' }, ['2 ARGS:a x']],
  [
    'a rule that is taken away for another path',
    `${TAKES_AWAY}\n${TWO}`,
    { target: '/b?a=x' },
    ['2 ARGS:a x', '3 ARGS:a x'],
  ],
  [
    'a rule taken away in its own phase',
    `${TAKES_AWAY}\nSecRule ARGS x "id:3,phase:1"\nSecRule ARGS x "id:2,phase:1"`,
    { target: '/a?a=x' },
    ['2 ARGS:a x'],
  ],
  [
    'a target that was taken away',
    'SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:a"\nSecRule ARGS x id:2',
    { target: '/?a=x&b=x' },
    ['2 ARGS:b x'],
  ],
  [
    'a rule whose remover was taken away',
    `SecRule REQUEST_METHOD "@streq GET" "id:9,phase:1,pass,nolog,ctl:ruleRemoveById=1"\n${TAKES_AWAY}\n${TWO}`,
    { target: '/a?a=x' },
    ['2 ARGS:a x', '3 ARGS:a x'],
  ],
  [
    'a rule whose remover is taken away behind its turn',
    `${TAKES_AWAY}\nSecAction "id:9,phase:1,pass,nolog,ctl:ruleRemoveById=1"\n${TWO}`,
    { target: '/a?a=x' },
    ['2 ARGS:a x'],
  ],
  [
    'a rule taken away by the reader of the body',
    `SecRule REQBODY_PROCESSOR "@streq JSON" "id:1,phase:2,pass,nolog,ctl:ruleRemoveById=3"\n${TWO}`,
    { fields: [['Content-Type', 'application/json']], body: '{"a":"x"}' },
    ['2 ARGS:json.a x'],
  ],
  [
    'a rule taken away before one that was run ahead and tells',
    `${TAKES_AWAY}\nSecAction "id:2,phase:1,pass"\nSecRule ARGS x "id:3,phase:1"`,
    { target: '/a?a=x' },
    ['2  '],
  ],
  [
    'a rule that was led around',
    `${LEADS}\nSecRule ARGS x id:3\nSecMarker M\nSecRule ARGS x id:4`,
    { target: '/?a=x' },
    ['4 ARGS:a x'],
  ],
  [
    'a rule led around that is run for every exchange',
    `${LEADS}\nSecRule HIGHEST_SEVERITY "@eq 255" id:3\nSecMarker M`,
    {},
    [],
  ],
  [
    'a rule run for every exchange that is not led around',
    `${LEADS.replace('POST', 'GET')}\nSecRule HIGHEST_SEVERITY "@eq 255" id:3\nSecMarker M`,
    {},
    ['3 HIGHEST_SEVERITY 255'],
  ],
  ['nothing behind a rule that leads', `${LEADS}\nSecRule ARGS x id:3\nSecMarker M`, { target: '/?a=x' }, []],
];

for (const [what, rules, sent, hits] of HITS) {
  test(`hits: ${what}`, () => {
    assert.deepEqual(run(rules, sent).hits, hits);
    assert.deepEqual(run(rules, sent, { isFast: false }).hits, hits, 'without the prefilter');
  });
}

const REASON = (id: string, line: number): object => ({
  code: `rule-${id}`,
  text: `Rule ${id} (r.conf:${line}) matched: m`,
});

const VERDICTS: readonly (readonly [actions: string, verdict: object])[] = [
  ['pass', CONTINUE],
  ['deny', { do: 'deceive', because: REASON('1', 1) }],
  ['block', { do: 'deceive', because: REASON('1', 1) }],
  ['deny,status:405', { do: 'reply', status: 405, because: REASON('1', 1) }],
  ['drop', { do: 'drop', because: REASON('1', 1) }],
];

for (const [actions, verdict] of VERDICTS) {
  test(`verdict of ${actions}`, () => {
    const rules = `SecRule ARGS x "id:1,msg:m,${actions}"`;
    assert.deepEqual(run(rules, { target: '/?a=x' }).verdict, verdict);
    assert.equal(run(rules, { target: '/?a=y' }).verdict, CONTINUE, 'without a match');
    const detected = run(rules, { target: '/?a=x' }, { mode: 'detect' });
    assert.equal(detected.verdict, CONTINUE, 'in detect mode');
    assert.deepEqual(detected.hits, ['1 ARGS:a x']);
  });
}

test('the first rule that does not pass ends its phase, in detect mode none does', () => {
  const rules = 'SecRule ARGS x "id:1,pass"\nSecRule ARGS x "id:2,deny"\nSecRule ARGS x "id:3,deny"';
  assert.deepEqual(run(rules, { target: '/?a=x' }).hits, ['1 ARGS:a x', '2 ARGS:a x']);
  assert.deepEqual(run(rules, { target: '/?a=x' }, { mode: 'detect' }).hits, [
    '1 ARGS:a x',
    '2 ARGS:a x',
    '3 ARGS:a x',
  ]);
});

test('a hit says rule, place, message, severity, tags, target, match and transformations', () => {
  const rules =
    '\nSecRule ARGS x "id:12,msg:\'a message\',severity:2,tag:one,tag:two,t:lowercase,t:urlDecode"';
  const transaction = begin(build(rules), { target: '/?a=yXy' });
  transaction.requestBody(bodyOf(''));
  assert.deepEqual(transaction.hits, [
    {
      rule: '12',
      source: 'r.conf:2',
      message: 'a message',
      severity: 2,
      tags: ['one', 'two'],
      target: 'ARGS:a',
      matched: 'x',
      transformations: ['lowercase', 'urlDecode'],
    },
  ]);
});

for (const section of [undefined, '']) {
  test(`fields whose section is not at hand (${section}) are looked at in each request`, () => {
    const inspector = build(
      'SecRule REQUEST_HEADERS evil "id:1,phase:1"\nSecRule REQUEST_COOKIES evil "id:2,phase:1"',
    );
    const hitsOf = (name: string, value: string): readonly string[] => {
      const transaction = inspector.begin({
        method: 'GET',
        target: '/',
        version: 'HTTP/1.1',
        headers: listedFields([[name, value]], section),
        clientAddress: '192.0.2.1',
      });
      transaction.requestHead();
      return transaction.hits.map(({ target }) => target);
    };
    for (let turn = 0; turn < 3; turn++) assert.deepEqual(hitsOf('X-A', 'good'), []);
    assert.deepEqual(hitsOf('X-A', 'evil'), ['REQUEST_HEADERS:X-A']);
    assert.deepEqual(hitsOf('Cookie', 'a=evil'), ['REQUEST_HEADERS:Cookie', 'REQUEST_COOKIES:a']);
  });
}

test('the reason of a verdict holds nothing that the client sent', () => {
  const { verdict } = run('SecRule ARGS|ARGS_NAMES evil "id:1,deny,msg:m"', { target: '/?evil=evil%0a' });
  assert(verdict.do === 'deceive');
  assert(!/evil/.test(verdict.because.text + verdict.because.code));
});

const TOLD: readonly (readonly [message: string, value: string, told: string])[] = [
  ['Score %{tx.score} of %{TX.max}', 'evil', 'Score 15 of 5'],
  ['Found %{MATCHED_VAR} in %{MATCHED_VAR_NAME}', 'evil', 'Found %{MATCHED_VAR} in %{MATCHED_VAR_NAME}'],
  ['Sent %{tx.0}', 'evil', 'Sent %{TX.0}'],
  ['Sent %{MATCHED_VAR}', '12', 'Sent 12'],
  ['Sent %{MATCHED_VAR}', '12\n', 'Sent %{MATCHED_VAR}'],
  ['Sent %{MATCHED_VAR}', '1234567890', 'Sent %{MATCHED_VAR}'],
  ['Nothing: %{tx.none}', 'evil', 'Nothing: %{TX.none}'],
];

for (const [message, value, told] of TOLD) {
  test(`of macros in a message a verdict tells numbers alone: ${message} with ${JSON.stringify(value)}`, () => {
    const rules =
      'SecAction "id:1,pass,nolog,setvar:tx.score=+10,setvar:tx.score=+5,setvar:tx.max=5"\n' +
      `SecRule ARGS "@rx .+" "id:2,deny,capture,msg:'${message}'"`;
    for (const isFast of [true, false]) {
      const { verdict } = run(rules, { target: `/?a=${encodeURIComponent(value)}` }, { isFast });
      assert(verdict.do === 'deceive');
      assert.equal(verdict.because.text, `Rule 2 (r.conf:2) matched: ${told}`);
    }
  });
}

test('arguments of a body are inspected in phase 2, and the body is asked for only if a rule needs it', () => {
  const form = { fields: [['Content-Type', 'application/x-www-form-urlencoded']], body: 'a=x' } as const;
  assert.deepEqual(run('SecRule ARGS x id:1', form).hits, ['1 ARGS:a x']);
  assert.equal(begin(build('SecRule ARGS x id:1'), {}).wantsRequestBody, true);
  assert.equal(begin(build('SecRule REQUEST_URI x id:1'), {}).wantsRequestBody, false);
  assert.equal(begin(build('SecRule ARGS x id:1'), {}).wantsResponseBody, false);
});

test('phase 3 sees the response', () => {
  const inspector = build(
    'SecRule RESPONSE_STATUS "@ge 500" "id:1,phase:3,deny,status:502"\nSecRule RESPONSE_HEADERS:X-A b "id:2,phase:3"',
  );
  const transaction = begin(inspector, {});
  const headers = { count: 1, name: () => 'x-a', value: () => 'abc' };
  assert.equal(transaction.responseHead({ status: 200, headers }), CONTINUE);
  assert.deepEqual(
    transaction.hits.map((hit) => hit.target),
    ['RESPONSE_HEADERS:x-a'],
  );
  const other = begin(inspector, {});
  assert.equal(other.responseHead({ status: 500, headers }).do, 'reply');
  assert.equal(other.responseBody(bodyOf('')), CONTINUE);
});

test('responses with the same fields and another status are told apart, again and again', () => {
  const inspector = build(
    'SecRule RESPONSE_STATUS "@ge 500" "id:1,phase:3,pass"\nSecRule RESPONSE_HEADERS b "id:2,phase:3,pass"',
  );
  const headers = { count: 1, name: () => 'x-a', value: () => 'abc', section: 'x-a: abc\r\n\r\n' };
  for (const status of [200, 200, 200, 503, 503, 200, 503, 503, 200]) {
    const transaction = begin(inspector, {});
    transaction.responseHead({ status, headers: { ...headers } });
    const rules = transaction.hits.map(({ rule }) => rule);
    assert.deepEqual(rules, status === 503 ? ['1', '2'] : ['2'], String(status));
  }
});

test('the reader of the body is that of each request, whatever fields came before', () => {
  const inspector = build(
    'SecRule REQBODY_PROCESSOR "@streq JSON" "id:1,phase:1,pass,nolog,setvar:tx.a=1"\n' +
      'SecRule REQBODY_PROCESSOR "!@rx JSON" "id:2,phase:2,pass,nolog,ctl:ruleRemoveById=3"\n' +
      'SecRule ARGS x "id:3,phase:2,pass"\nSecRule TX:a 1 "id:4,phase:2,pass"',
  );
  const hitsOf = (type: string): readonly string[] => {
    const headers = listedFields([['Content-Type', type]], `Content-Type: ${type}\r\n\r\n`);
    const request = { method: 'POST', target: '/', version: 'HTTP/1.1', clientAddress: '192.0.2.1' };
    const transaction = inspector.begin({ ...request, headers });
    transaction.requestHead();
    transaction.requestBody(bodyOf('{"a":"x"}'));
    return transaction.hits.map(({ rule }) => rule);
  };
  // Each is kept when it comes for the second time, and known from the third on.
  for (let turn = 0; turn < 4; turn++) {
    assert.deepEqual(hitsOf('application/json'), ['3', '4'], String(turn));
    assert.deepEqual(hitsOf('text/plain'), [], String(turn));
  }
});

const ACCESS = [
  ['without a word of them', '', ['1']],
  ['switched on', 'SecResponseBodyAccess On', ['1']],
  ['switched off', 'SecResponseBodyAccess Off', []],
  [
    'switched off, and on for this exchange',
    'SecResponseBodyAccess Off\nSecAction "id:9,phase:3,pass,nolog,ctl:responseBodyAccess=On"',
    ['1'],
  ],
  ['switched off for this exchange', 'SecAction "id:9,phase:3,pass,nolog,ctl:responseBodyAccess=Off"', []],
] as const;

for (const [when, directive, expected] of ACCESS) {
  for (const isFast of [true, false]) {
    test(`bodies of responses ${when} are looked at or not, whoever has them shown (fast: ${isFast})`, () => {
      const inspector = build(`${directive}\nSecRule RESPONSE_BODY leak "id:1,phase:4"`, { isFast });
      const transaction = begin(inspector, {});
      transaction.requestHead();
      transaction.requestBody(bodyOf(''));
      transaction.responseHead({ status: 200, headers: { count: 0, name: () => '', value: () => '' } });
      assert.equal(transaction.wantsResponseBody, expected.length > 0);
      transaction.responseBody({ bytes: bodyOf('a leak').bytes, isPrefix: true });
      assert.deepEqual(
        transaction.hits.map(({ rule }) => rule),
        expected,
      );
    });
  }
}

test('excluded rules are not run; an id that no rule has is a mistake', () => {
  const rules = 'SecRule ARGS x id:1\nSecRule ARGS x id:2';
  assert.deepEqual(run(rules, { target: '/?a=x' }, { exclude: ['1'] }).hits, ['2 ARGS:a x']);
  assert.equal(build(rules, { exclude: ['1'] }).ruleCount, 1);
  const built = buildInspector([{ name: 'r.conf', text: rules }], { mode: 'on', exclude: ['3', '1'] });
  assert(built.kind === 'bad');
  assert.deepEqual(built.mistakes.map(formatMistake), [
    'exclusion 3: Cannot exclude rule "3": no rule has this id [exclude-unknown]',
  ]);
});

test('rules with mistakes make no inspector', () => {
  const built = buildInspector([{ name: 'r.conf', text: 'SecRule ARGS x' }], {
    mode: 'detect',
    exclude: ['9'],
  });
  assert(built.kind === 'bad');
  assert.deepEqual(
    built.mistakes.map((mistake) => mistake.code),
    ['id-missing'],
  );
});

test('transactions of one inspector do not see each other', () => {
  const inspector = build('SecRule ARGS x id:1');
  const one = begin(inspector, { target: '/?a=x' });
  const two = begin(inspector, { target: '/?a=y' });
  one.requestBody(bodyOf(''));
  two.requestBody(bodyOf(''));
  assert.deepEqual([one.hits.length, two.hits.length], [1, 0]);
});

test('hostile values of 128 KiB take linear steps: they end', () => {
  const rules = [
    'SecRule REQUEST_BODY "@rx (a+)+b" id:1',
    'SecRule REQUEST_BODY "@rx (?:a|a)*c" id:2',
    'SecRule REQUEST_BODY "@rx a*a*a*a*a*d" id:3',
    'SecRule REQUEST_BODY "@rx (?:.*a){12}e" "id:4,t:htmlEntityDecode,t:normalizePath,t:removeComments"',
    'SecRule REQUEST_BODY "@rx ^(?:[^a]|a[^a])*$" id:5',
  ].join('\n');
  const inspector = build(rules, { isFast: false });
  const transaction = begin(inspector, {});
  transaction.requestBody(bodyOf('a'.repeat(131_072)));
  assert.deepEqual(transaction.hits, []);
});

test('a hit says what its rule added to anomaly scores, and nothing when that is nothing', () => {
  const rules = `SecAction "id:1,phase:1,pass,nolog,setvar:tx.critical=5"
SecRule ARGS:a x "id:2,phase:2,pass,setvar:tx.inbound_anomaly_score_pl1=+%{tx.critical}"
SecRule ARGS:b x "id:3,phase:2,pass,setvar:tx.inbound_anomaly_score_pl1=+%{tx.critical},chain"
  SecRule ARGS:c x "setvar:tx.anomaly_score=+2,setvar:tx.sql_score=+9"
SecRule ARGS:d x "id:4,phase:2,pass,setvar:tx.anomaly_score=5,setvar:tx.other=+5"`;
  const transaction = begin(build(rules), { target: '/?a=x&a=x&b=x&c=x&d=x' });
  transaction.requestHead();
  transaction.requestBody(bodyOf(''));
  assert.deepEqual(
    transaction.hits.map(({ rule, score }) => [rule, score]),
    [
      ['2', 10],
      ['3', 7],
      ['4', undefined],
    ],
  );
});
