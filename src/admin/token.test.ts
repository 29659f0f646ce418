import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTokenFile, Token } from './token.ts';

const TOKEN = 'abcdefgh-01234567';

const HEADERS: readonly (readonly [header: string | undefined, isShown: boolean])[] = [
  [`Bearer ${TOKEN}`, true],
  [`bearer  ${TOKEN}`, true],
  [undefined, false],
  ['', false],
  ['Bearer', false],
  ['Bearer ', false],
  [TOKEN, false],
  [`Basic ${TOKEN}`, false],
  [`Bearer ${TOKEN} `, false],
  [`Bearer ${TOKEN.slice(0, -1)}`, false],
  [`Bearer ${TOKEN}8`, false],
  [`Bearer ${TOKEN.toUpperCase()}`, false],
  [`Bearer ${TOKEN}, Bearer ${TOKEN}`, false],
  [`x Bearer ${TOKEN}`, false],
  [`Bearer ${TOKEN}\nx`, false],
];

for (const [header, isShown] of HEADERS) {
  test(`${JSON.stringify(header)} ${isShown ? 'shows' : 'does not show'} the token`, () => {
    assert.equal(new Token(TOKEN).isShownBy(header), isShown);
  });
}

const FILES: readonly (readonly [name: string, text: string, mode: number, token: string | RegExp])[] = [
  ['a token alone', TOKEN, 0o600, TOKEN],
  ['a token with a line feed', `${TOKEN}\n`, 0o640, TOKEN],
  ['a token with more below it', `${TOKEN}\r\nnotes\n`, 0o600, TOKEN],
  ['a file that others can read', TOKEN, 0o644, /other users can read it/],
  ['an empty file', '', 0o600, /its first line is not 16 to 256/],
  ['a token that is short', 'short\n', 0o600, /its first line is not 16 to 256/],
  ['a token with a space', 'abcdefgh 01234567\n', 0o600, /its first line is not 16 to 256/],
];

for (const [name, text, mode, token] of FILES) {
  test(`${name} is ${typeof token === 'string' ? 'read' : 'refused'}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-token-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'token');
    writeFileSync(path, text);
    chmodSync(path, mode);
    if (typeof token === 'string') assert.equal(readTokenFile(path), token);
    else assert.throws(() => readTokenFile(path), token);
  });
}

test('a file that is missing is told', () => {
  assert.throws(
    () => readTokenFile('/nowhere/token'),
    /^Error: Cannot read the token .*"\/nowhere\/token": ENOENT$/,
  );
});
