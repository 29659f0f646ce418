/** Rules and the collections that outlive an exchange. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Collections } from '../state/collections.ts';
import { LocalRecordMap } from '../state/record-map.ts';
import { buildInspector } from './build.ts';
import type { CollectionStore, StoredCollection } from './collections.ts';
import type { Inspector } from './inspector.ts';

const COUNT = `SecAction "id:1,phase:1,nolog,pass,initcol:ip=%{REMOTE_ADDR},setvar:ip.count=+1"`;

function build(text: string, store?: CollectionStore): Inspector {
  const built = buildInspector([{ name: 'r.conf', text }], {
    mode: 'on',
    ...(store === undefined ? {} : { store }),
  });
  assert(built.kind === 'ok');
  return built.inspector;
}

function verdictOf(inspector: Inspector, clientAddress = '192.0.2.1'): string {
  const transaction = inspector.begin({
    method: 'GET',
    target: '/',
    version: 'HTTP/1.1',
    headers: { count: 0, name: () => '', value: () => '' },
    clientAddress,
  });
  return transaction.requestHead().do;
}

/** A store that keeps nothing that is written. */
const FULL: CollectionStore = {
  open: (): StoredCollection => ({
    members: () => new Map([['known', '5']]),
    get: (name) => (name === 'known' ? '5' : undefined),
    change: () => false,
    delete: () => {},
    expire: () => {},
    deprecate: () => {},
  }),
};

test('a counter goes on in the next exchange of the same client, and of no other', () => {
  const inspector = build(`${COUNT}\nSecRule IP:COUNT "@gt 2" "id:2,phase:1,drop"`);
  assert.deepEqual(
    [verdictOf(inspector), verdictOf(inspector), verdictOf(inspector), verdictOf(inspector, '192.0.2.2')],
    ['continue', 'continue', 'drop', 'continue'],
  );
});

test('inspectors on one store count together, whatever rules they have', () => {
  const records = new LocalRecordMap(10, 1000);
  const [one, other] = [2, 4].map((max) =>
    build(`${COUNT}\nSecRule IP:COUNT "@gt ${max}" "id:2,phase:1,drop"`, new Collections(records)),
  );
  assert.ok(one !== undefined && other !== undefined);
  assert.deepEqual([verdictOf(one), verdictOf(one), verdictOf(one)], ['continue', 'continue', 'drop']);
  assert.deepEqual([verdictOf(other), verdictOf(other)], ['continue', 'drop']);
});

for (const [name, rules, verdict] of [
  ['a counter', 'SecRule IP:COUNT "@eq 1" "id:2,phase:1,drop"', 'drop'],
  ['a counter and no other', 'SecRule IP:COUNT "@gt 1" "id:2,phase:1,drop"', 'continue'],
  [
    'a counter twice',
    'SecAction "id:2,phase:1,nolog,pass,setvar:ip.count=+1"\nSecRule IP:COUNT "@eq 2" "id:3,phase:1,drop"',
    'drop',
  ],
  [
    'a counter that had been kept before',
    'SecAction "id:2,phase:1,nolog,pass,setvar:ip.known=+1"\nSecRule IP:KNOWN "@eq 6" "id:3,phase:1,drop"',
    'drop',
  ],
  ['among all members', 'SecRule IP "@streq 1" "id:2,phase:1,drop"', 'drop'],
  ['in a macro', 'SecRule REQUEST_METHOD "!@streq %{ip.count}" "id:2,phase:1,drop"', 'drop'],
  [
    'until it is unset',
    'SecAction "id:2,phase:1,nolog,pass,setvar:!ip.count"\nSecRule &IP:COUNT "@eq 1" "id:3,phase:1,drop"',
    'continue',
  ],
] as const) {
  test(`what could not be kept is there for the exchange that wrote it: ${name}`, () => {
    const inspector = build(`${COUNT}\n${rules}`, FULL);
    assert.equal(verdictOf(inspector), verdict);
    assert.equal(verdictOf(inspector), verdict, 'and for no other one');
  });
}
