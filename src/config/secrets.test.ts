import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDiagnostic } from './diagnostic.ts';
import { readConfig } from './read.ts';

const SECRET = 'Xq7tSecretPart';
const REST = 'listeners: { web: { bind: ":80", pool: app } }\npools: { app: { servers: [127.0.0.1:1] } }\n';

/** Forms of a mistake in or beside a secret. None of their messages may have a part of it. */
const FORMS: readonly (readonly [what: string, text: string])[] = [
  ['a token that is too short', `${REST}admin: { token: ${SECRET} }`],
  ['a token with a space', `${REST}admin: { token: "${SECRET} ${SECRET}" }`],
  ['a token that is a list', `${REST}admin: { token: [${SECRET}] }`],
  ['a token that is a section', `${REST}admin:\n  token:\n    ${SECRET}: ${SECRET}\n`],
  ['a token on a line of its own', `${REST}admin:\n  token: |\n    ${SECRET}\n    more\n`],
  ['a token over two lines in quotes', `${REST}admin:\n  token: "a\n    ${SECRET}"\n`],
  ['a mistake on the line of a token', `${REST}admin: { token: ${SECRET}1234567, socket: [] }`],
  ['an unknown key behind it', `${REST}admin: { token: ${SECRET}1234567, x: 1 }`],
  ['an unknown key before it', `${REST}admin: { x: 1, token: ${SECRET}1234567 }`],
  ['a token that is there twice', `${REST}admin:\n  token: ${SECRET}1234567\n  token: ${SECRET}7654321\n`],
  ['a quote that does not end', `${REST}admin:\n  token: "${SECRET}\n  socket: off\n`],
  ['a file that is no YAML behind it', `${REST}admin:\n  token: ${SECRET}: 3\n`],
  ['a key in quotes', `${REST}admin:\n  "token": "${SECRET}\n`],
  ['a token of the environment', `${REST}admin: { token: "\${TOKEN}" }`],
  ['a tag before it', `${REST}admin: { token: !secret ${SECRET}12345 }`],
  ['a token without TCP', `${REST}admin: { token: ${SECRET}1234567 }`],
  ['token and file', `${REST}admin: { listen: 127.0.0.1:1, token: ${SECRET}1234567, tokenFile: ./x }`],
  ['a secret of cookies', REST.replace('] }', `], persistence: { cookie: { secret: ${SECRET} } } }`)],
  ['a user in the collector', `${REST}tracing: { endpoint: "https://u:${SECRET}@c.example/" }`],
  ['a port that is none', `${REST}tracing: { endpoint: "https://c.example:0/?k=${SECRET}" }`],
  [
    'a field of the collector that is its own',
    `${REST}tracing: { endpoint: "http://c:1/", headers: { Host: ${SECRET} } }`,
  ],
  [
    'a field of the collector with a line feed',
    `${REST}tracing: { endpoint: "http://c:1/", headers: { Api: "${SECRET}\\n" } }`,
  ],
  ['fields of the collector as a list', `${REST}tracing:\n  headers:\n    - "Authorization: ${SECRET}"\n`],
  ['fields of the collector as a text', `${REST}tracing:\n  headers: "X-Key ${SECRET}"\n`],
  [
    'a field of the collector with another key',
    `${REST}tracing: { headers: { Api: { value: ${SECRET}, x: 1 } } }`,
  ],
  [
    'a field of a check without a colon',
    REST.replace('] }', `], health: { check: http, headers: ["X ${SECRET}"] } }`),
  ],
  [
    'a field of a check twice',
    REST.replace('] }', `], health: { check: http, headers: ["X: ${SECRET}", "X: ${SECRET}"] } }`),
  ],
  [
    'fields of a check as a section',
    REST.replace('] }', `], health: { check: http, headers: { X: ${SECRET} } } }`),
  ],
];

for (const [what, text] of FORMS) {
  test(`a secret is in no message: ${what}`, () => {
    const { kind, diagnostics } = readConfig(text, 'x.yaml', { TOKEN: SECRET });
    assert.equal(kind, 'bad');
    assert(diagnostics.length > 0);
    for (const diagnostic of diagnostics) {
      const shown = formatDiagnostic(diagnostic);
      assert(!shown.includes(SECRET), shown);
      assert(!JSON.stringify(diagnostic).includes(SECRET), shown);
    }
  });
}

test('what is no secret is shown as it is, and so is the line of one but for itself', () => {
  const text = `${REST}admin: { socket: [], token: ${SECRET}1234567, tokenFile: /etc/x }`;
  const [first] = readConfig(text, 'x.yaml', {}).diagnostics;
  assert.equal(
    first?.excerpt?.text,
    'admin: { socket: [], token: *********************, tokenFile: /etc/x }',
  );
});
