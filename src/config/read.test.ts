import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../net/address.ts';
import { readConfig } from './read.ts';
import type { Config } from './config.ts';

const TEXT = `
listeners:
  web: { bind: ":80", pool: app, identity: { trust: [10.0.0.0/8], clientHeader: forwarded } }
pools:
  app: { servers: [127.0.0.1:9001] }
attackers: { never: ["2001:db8::/32"] }
`;

test('readConfig freezes everything', () => {
  const config = mustRead(TEXT);
  let count = 0;
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
    assert.ok(Object.isFrozen(value));
    count++;
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(config);
  assert.ok(count > 20, `only ${count} objects`);
  assert.throws(() => {
    (config.pools as Record<string, unknown>)['other'] = {};
  }, TypeError);
  assert.throws(() => {
    (config.listeners['web']?.bind as unknown[]).push(1);
  }, TypeError);
});

test('readConfig makes sets of networks that know their addresses', () => {
  const config = mustRead(TEXT);
  const { trust } = config.listeners['web']!.identity;
  const { never } = config.attackers;
  assert.ok(trust.hasText('10.1.2.3'));
  assert.ok(!trust.hasText('11.1.2.3'));
  assert.ok(never.has(parseAddress('2001:db8::1')!));
  assert.ok(!never.has(parseAddress('2001:db9::1')!));
});

test('names find nothing but what the file defines', () => {
  const config = mustRead(TEXT);
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'nothing']) {
    assert.equal(config.pools[name], undefined, name);
    assert.equal(config.listeners[name], undefined, name);
    assert.equal(config.pools['app']!.servers[name], undefined, name);
  }
});

test('paths are resolved against the folder of the file, absolute ones stay', () => {
  const paths = (file: string): string[] => {
    const config = mustRead(
      `${TEXT}\nlog: { to: a/b.log }\ninspection: { rules: [default, ../r.conf, /x/y.conf] }`,
      file,
    );
    return [...config.log.to, config.admin.socket, ...config.inspection.rules];
  };
  const expected = ['/srv/p/a/b.log', '/srv/p/.sallyport/admin.sock', 'default', '/srv/r.conf', '/x/y.conf'];
  assert.deepEqual(paths('/srv/p/sallyport.yaml'), expected);
  assert.deepEqual(paths('/srv/q/../p/sallyport.yaml'), expected);
});

test('two readings share nothing that could change', () => {
  const [first, second] = [mustRead(TEXT), mustRead(TEXT)];
  assert.deepEqual(first, second);
  assert.notEqual(first.pools, second.pools);
});

test('the environment is only what was given', () => {
  process.env['SALLYPORT_TEST_SECRET'] = 'app';
  const text = TEXT.replace('pool: app', 'pool: "${SALLYPORT_TEST_SECRET}"');
  assert.equal(readConfig(text, 'x.yaml', {}).kind, 'bad');
  assert.equal(readConfig(text, 'x.yaml', { SALLYPORT_TEST_SECRET: 'app' }).kind, 'ok');
  // An inherited name is no variable.
  assert.equal(readConfig(TEXT.replace('pool: app', 'pool: "${constructor}"'), 'x.yaml', {}).kind, 'bad');
  delete process.env['SALLYPORT_TEST_SECRET'];
});

test('diagnostics carry the file, the place and the code for machines', () => {
  const result = readConfig('listeners: {}\nlog:\n  levle: info\n', 'conf/x.yaml', {});
  assert.equal(result.kind, 'bad');
  assert.deepEqual(result.diagnostics[1], {
    file: 'conf/x.yaml',
    line: 3,
    column: 3,
    code: 'unknown-key',
    severity: 'error',
    message: 'Cannot read key "log.levle": it is not known',
    hint: 'did you mean "level"?',
    excerpt: { text: '  levle: info', start: 2, end: 7 },
  });
});

function mustRead(text: string, file = '/etc/x.yaml'): Config {
  const result = readConfig(text, file, {});
  assert.equal(result.kind, 'ok', JSON.stringify(result.diagnostics));
  return result.config;
}
