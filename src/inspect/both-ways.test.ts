/**
 * What the fast way has to get right, each row once found wrong there: it and the straight interpreter tell the same hits, and
 * those that are written here.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { compileRules, makeInspector } from './build.ts';
import { listedFields } from './listed-fields.ts';
import { formatMistake } from './mistake.ts';

interface Sent {
  readonly target?: string;
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  /** The last that is inspected before the end. */
  readonly until?: 'head' | 'body' | 'response';
}

/** Ids of the rules that hit. */
function told(rules: string, sent: Sent, isFast: boolean): readonly string[] {
  const compiled = compileRules([{ name: 'r.conf', text: rules }], { exclude: [], isFast });
  assert(
    compiled.kind === 'ok',
    compiled.kind === 'bad' ? compiled.mistakes.map(formatMistake).join('\n') : '',
  );
  const { target = '/', fields = [], body, until = 'response' } = sent;
  const transaction = makeInspector(compiled.plan, { mode: 'on' }).begin({
    method: body === undefined ? 'GET' : 'POST',
    target,
    version: 'HTTP/1.1',
    headers: listedFields(fields),
    clientAddress: '192.0.2.1',
  });
  transaction.requestHead();
  if (until !== 'head')
    transaction.requestBody({ bytes: Buffer.from(body ?? '', 'latin1'), isPrefix: false });
  if (until === 'response') {
    transaction.responseHead({ status: 200, headers: listedFields([]) });
    transaction.responseBody({ bytes: Buffer.alloc(0), isPrefix: false });
  }
  transaction.end();
  return transaction.hits.map(({ rule }) => rule);
}

const FORM = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nevil\r\n--x--\r\n';

const ROWS: readonly (readonly [what: string, rules: string, sent: Sent, ids: readonly string[]])[] = [
  [
    'two members that two values have set',
    `SecRule ARGS_NAMES "@rx ^(user|pass)$" "id:1,phase:2,capture,deny,chain,setvar:'tx.seen_%{tx.1}=1'"
     SecRule TX:seen_user "@eq 1" "chain"
     SecRule TX:seen_pass "@eq 1"`,
    { target: '/?user=1&pass=2' },
    ['1'],
  ],
  [
    'two members that two values have set, by an expression',
    `SecRule ARGS "@rx ^(\\w)(\\w+)$" "id:1,phase:2,capture,deny,chain,setvar:'tx.p_%{tx.1}=%{tx.2}'"
     SecRule TX:/^p_/ "@streq foo" "chain"
     SecRule TX:/^p_/ "@streq bar"`,
    { target: '/?a=1foo&b=2bar' },
    ['1'],
  ],
  [
    'a member that values add to',
    `SecRule ARGS "@rx ^(\\w+)$" "id:1,phase:2,capture,deny,chain,setvar:'tx.all=%{tx.all}%{tx.1}'"
     SecRule TX:all "@contains evil"`,
    { target: '/?a=ev&b=il' },
    ['1'],
  ],
  [
    'a member that one value has set, and the capture of another',
    `SecRule ARGS "@rx ^(\\w)=(\\w+)$" "id:1,phase:2,capture,deny,chain,setvar:'tx.p_%{tx.1}=%{tx.2}'"
     SecRule TX:p_a "@streq foo" "chain"
     SecRule TX:2 "@streq bar"`,
    { target: '/?a=a%3dfoo&b=b%3dbar' },
    ['1'],
  ],
  [
    'a capture of another rule, set before a later link captures',
    `SecRule ARGS "@rx ^(evil\\w*)$" "id:1,phase:2,pass,nolog,capture,chain"
     SecRule REQUEST_METHOD "@streq PUT"
     SecRule REQUEST_URI "@contains shop" "id:2,phase:2,deny,chain,setvar:'tx.who=%{tx.1}'"
     SecRule TX:who "@rx (evil)" "capture"`,
    { target: '/shop?a=evil1' },
    ['2'],
  ],
  [
    'REQUEST_BODY forced by a rule of phase 2, when it is too late',
    `SecRule REQUEST_METHOD "@streq POST" "id:1,phase:2,pass,nolog,ctl:forceRequestBodyVariable=On"
     SecRule REQUEST_BODY "@contains evil" "id:2,phase:2,pass"`,
    { fields: [['Content-Type', 'multipart/form-data; boundary=x']], body: FORM },
    [],
  ],
  [
    'the same in phase 1',
    `SecRule REQUEST_METHOD "@streq POST" "id:1,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"
     SecRule REQUEST_BODY "@contains evil" "id:2,phase:2,pass"`,
    { fields: [['Content-Type', 'multipart/form-data; boundary=x']], body: FORM },
    ['2'],
  ],
  [
    'a reader of the body chosen by a rule of phase 2, when it is too late',
    `SecRule REQUEST_METHOD "@streq POST" "id:1,phase:2,pass,nolog,ctl:requestBodyProcessor=JSON"
     SecRule ARGS|REQBODY_PROCESSOR "@rx evil|JSON" "id:2,phase:2,pass"`,
    { fields: [['Content-Type', 'text/plain']], body: '{"a":"evil"}' },
    [],
  ],
  [
    'the same in phase 1',
    `SecRule REQUEST_METHOD "@streq POST" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
     SecRule ARGS "@contains evil" "id:2,phase:2,pass"`,
    { fields: [['Content-Type', 'text/plain']], body: '{"a":"evil"}' },
    ['2'],
  ],
  [
    'a member that each value sets anew, harmless last',
    `SecRule ARGS "@rx ^https?://([^/]+)" "id:1,phase:2,capture,deny,chain,setvar:tx.host=%{tx.1}"
     SecRule TX:host "!@streq good.example"`,
    { target: '/?a=http://evil.example/&b=http://good.example/' },
    ['1'],
  ],
  [
    'the same in the argument of a test',
    `SecRule ARGS "@rx ^https?://([^/]+)" "id:1,phase:2,capture,deny,chain,setvar:tx.host=%{tx.1}"
     SecRule REQUEST_HEADERS:X "@streq %{tx.host}"`,
    { target: '/?a=http://evil.example/&b=http://good.example/', fields: [['X', 'evil.example']] },
    ['1'],
  ],
  [
    'the matched value in the argument of a test, harmless last',
    `SecRule ARGS "@rx ^\\w" "id:1,phase:2,deny,chain"
     SecRule REQUEST_HEADERS:Host "@streq %{MATCHED_VAR}"`,
    { target: '/?a=evil.example&b=x', fields: [['Host', 'evil.example']] },
    ['1'],
  ],
  [
    'the name of the matched value in the argument of a test, harmless last',
    `SecRule ARGS "@rx ^\\w" "id:1,phase:2,deny,chain"
     SecRule REQUEST_HEADERS:Host "@streq %{MATCHED_VAR_NAME}"`,
    { target: '/?a=1&b=2', fields: [['Host', 'ARGS:a']] },
    ['1'],
  ],
  [
    'a number that values add to is looked at when all have',
    `SecRule ARGS "@rx ." "id:1,phase:2,deny,chain,setvar:tx.count=+1"
     SecRule TX:count "@eq 1"`,
    { target: '/?a=1&b=2' },
    [],
  ],
  [
    'a score behind more members than a client may make',
    `SecRule ARGS_NAMES "@rx ." "id:1,phase:2,pass,nolog,${'abcde'.replace(/./g, "setvar:'tx.$&_%{MATCHED_VAR}=1',")}t:none"
     SecRule ARGS "@contains evil" "id:2,phase:2,pass,setvar:tx.score=+5"
     SecRule TX:score "@ge 5" "id:3,phase:2,pass"
     SecRule MSC_PCRE_LIMITS_EXCEEDED "@eq 1" "id:4,phase:2,pass"`,
    { target: `/?${Array.from({ length: 900 }, (_, index) => `a${index}=x`).join('&')}&b=evil` },
    ['2', '3', '4'],
  ],
  ...(['head', 'body'] as const).map(
    (until) =>
      [
        `rules of phase 5 about what did not come behind the ${until}`,
        `SecRule REQUEST_URI "@contains evil" "id:1,phase:1,deny"
         SecRule RESPONSE_STATUS "!@rx ^2" "id:2,phase:5,pass,setvar:tx.fails=+1"
         SecRule REQBODY_ERROR "@eq 0" "id:3,phase:5,pass"
         SecRule &ARGS_POST "@eq 0" "id:4,phase:5,pass"
         SecRule &RESPONSE_HEADERS:x "@eq 0" "id:5,phase:5,pass"
         SecRule RESPONSE_BODY "!@rx ." "id:6,phase:5,pass"
         SecRule RESPONSE_STATUS "@eq 200" "id:7,phase:5,pass"`,
        { target: '/evil', until },
        ['1', '2', '3', '4', '5', '6'],
      ] as const,
  ),
];

for (const [what, rules, sent, ids] of ROWS) {
  test(what, () => {
    assert.deepEqual(told(rules, sent, false), ids, 'the interpreter');
    assert.deepEqual(told(rules, sent, true), ids, 'the fast way');
  });
}
