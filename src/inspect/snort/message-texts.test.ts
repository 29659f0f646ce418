import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { HeaderFields } from '../inspector.ts';
import { listedFields } from '../listed-fields.ts';
import { compileSnort, makeSnortInspector } from './snort-inspector.ts';

type Fields = readonly (readonly [name: string, value: string])[];

const RULES = `alert http any any -> any any (http.request_body; content:"evil"; sid:1;)
alert http any any -> any any (file.name; content:"evil.php"; sid:2;)
alert http any any -> any any (flow:to_client; file.name; content:"evil.exe"; sid:4;)
alert http any any -> any any (flow:to_client; http.response_body; content:"evil answer"; sid:5;)`;

/** A file of its own, because it is of Snort 2. */
const SNORT_RULES =
  'alert tcp any any -> any any (flow:to_server; content:"decoded evil"; http_client_body; sid:3;)';

const PART = '--x\r\nContent-Disposition: form-data; name="a"; filename="evil.php"\r\n\r\nfine\r\n--x--\r\n';

const FILES = [
  { name: 'a.rules', text: RULES },
  { name: 'b.rules', text: SNORT_RULES },
];

/** What, the target, fields and body of the request, those of the response, the rules that match. */
const ROWS: readonly (readonly [string, string, Fields, string, Fields, string, readonly string[]])[] = [
  ['a plain body', '/', [['Content-Type', 'text/plain']], 'evil', [], '', ['1']],
  ['a body without a type', '/', [], 'evil', [], '', ['1']],
  ['one that is decoded', '/', [], '%64ecoded %65vil', [], '', ['3']],
  ['one with a coding', '/', [['Content-Encoding', 'gzip']], gzipOf('evil'), [], '', ['1']],
  ['a coding that is not there', '/', [['Content-Encoding', 'gzip']], 'evil', [], '', ['1']],
  ['a name of a file', '/', [['content-type', 'multipart/form-data; boundary=x']], PART, [], '', ['1', '2']],
  [
    'the same in other case',
    '/',
    [['Content-TYPE', 'Multipart/Form-Data; boundary=x']],
    PART,
    [],
    '',
    ['1', '2'],
  ],
  ['no name of a file', '/', [['Content-Type', 'text/plain']], PART, [], '', ['1']],
  ['an answer', '/', [], '', [], 'evil answer', ['5']],
  ['an answer with a coding', '/', [], '', [['Content-Encoding', 'gzip']], gzipOf('evil answer'), ['5']],
  ['an answer with a name', '/', [], '', [['Content-Disposition', 'x; filename=evil.exe']], 'x', ['4']],
  ['an answer to a name', '/evil.exe', [], '', [], 'x', ['4']],
];

for (const [what, target, fields, body, answer, answered, rules] of ROWS) {
  for (const knowsLacks of [false, true]) {
    for (const isFast of [false, true]) {
      test(`${what} is looked through${knowsLacks ? ', where fields that lack are known' : ''}${isFast ? '' : ', rule by rule'}`, () => {
        const compiled = compileSnort(FILES, { isFast });
        assert(compiled.kind === 'ok', JSON.stringify(compiled));
        const inspector = makeSnortInspector(compiled.plan, {
          mode: 'on',
          nowMs: () => 0,
          onAlert: 'continue',
        });
        const transaction = inspector.begin({
          method: 'POST',
          target,
          version: 'HTTP/1.1',
          headers: headersOf(fields, knowsLacks),
          clientAddress: '192.0.2.1',
        });
        transaction.requestHead();
        transaction.requestBody({ bytes: Buffer.from(body, 'latin1'), isPrefix: false });
        transaction.responseHead({ status: 200, headers: headersOf(answer, knowsLacks) });
        transaction.responseBody({ bytes: Buffer.from(answered, 'latin1'), isPrefix: false });
        assert.deepEqual(
          transaction.hits.map(({ rule }) => rule),
          rules.map((rule) => `snort-${rule}`),
        );
      });
    }
  }
}

function headersOf(fields: Fields, knowsLacks: boolean): HeaderFields {
  const listed = listedFields(fields);
  if (!knowsLacks) return listed;
  const names = fields.map(([name]) => name.toLowerCase());
  return {
    count: listed.count,
    name: (index) => listed.name(index),
    value: (index) => listed.value(index),
    lacks: (lowerName) => !names.includes(lowerName),
  };
}

function gzipOf(text: string): string {
  return gzipSync(text).toString('latin1');
}
