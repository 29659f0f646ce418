import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { answer } from './answer.ts';
import type { Site } from './site.ts';
import { ALPHANUMERIC, makeSite } from './site.ts';

const siteOf = (seed: string): Site => makeSite({ seed, serverHeader: 'nginx' });

function file(seed: string, target: string): string {
  return answer({ method: 'GET', target, contentType: '', body: '' }, siteOf(seed)).body;
}

/** The values of the lines `NAME=value` that look like credentials. */
function credentials(text: string): string[] {
  return [...text.matchAll(/^(?:APP_KEY|.*(?:PASSWORD|SECRET|KEY_ID|SECRET_ACCESS_KEY))=(.+)$/gm)].map(
    (match) => match[1] ?? '',
  );
}

test('the same seed gives the same company', () => {
  for (const target of [
    '/',
    '/.env',
    '/.git/config',
    '/backup/shop.sql',
    '/favicon.ico',
    '/?page=../../etc/passwd',
  ]) {
    assert.equal(file('a', target), file('a', target));
  }
});

test('no two seeds share a credential, and no two credentials of one are equal', () => {
  const all = Array.from({ length: 50 }, (_, seed) => credentials(file(`seed ${seed}`, '/.env'))).flat();
  assert.equal(all.length, 50 * 6);
  assert.equal(new Set(all).size, all.length);
});

test('a password is the same wherever it leaks, so that what leaked it agrees', () => {
  const { databasePassword } = siteOf('a');
  assert.ok(file('a', '/.env').includes(`DB_PASSWORD=${databasePassword}`));
  assert.ok(file('a', '/?page=../../proc/self/environ').includes(databasePassword));
  assert.ok(
    Buffer.from(
      file('a', '/?page=php://filter/convert.base64-encode/resource=config.php'),
      'base64',
    ).includes(databasePassword),
  );
});

test('what is shown leads to no host that somebody else could own', () => {
  for (const target of [
    '/',
    '/.env',
    '/.git/config',
    '/backup/shop.sql',
    '/wp-config.php.bak',
    '/?page=../../etc/hosts',
  ]) {
    const names = file('a', target).match(/[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|dev|example)\b/gi);
    assert.equal(names, null, target);
  }
  assert.match(siteOf('a').host, /\.internal$/);
  assert.match(siteOf('a').databaseHost, /^10\.\d+\.\d+\.\d+$/);
});

test('logins are different, and the first is the administrator', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { users } = siteOf(`seed ${seed}`);
    assert.equal(users[0]?.login, 'admin');
    assert.equal(new Set(users.map((user) => user.login)).size, users.length);
    for (const user of users) assert.match(user.passwordHash, /^\$2y\$10\$[./A-Za-z0-9]{53}$/);
  }
});

test('a secret has the length that is asked for', () => {
  for (const length of [0, 1, 31, 32, 33, 500]) {
    assert.equal(siteOf('a').secret('x', length, ALPHANUMERIC).length, length);
  }
});

test('an empty seed is refused: its secrets would be those of everyone', () => {
  assert.throws(() => siteOf(''), /^RangeError: Cannot make a decoy: its seed is empty$/);
});

for (const serverHeader of ['', ' ', 'nginx ', 'a\r\nSet-Cookie: b', 'é', 'x'.repeat(101)]) {
  test(`${JSON.stringify(serverHeader.slice(0, 20))} is no Server field`, () => {
    assert.throws(
      () => makeSite({ seed: 'a', serverHeader }),
      /^RangeError: Cannot make a decoy: its Server field/,
    );
  });
}
