import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatDiagnostic } from './diagnostic.ts';
import { loadConfig } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
after(() => rmSync(folder, { recursive: true }));

const TEXT =
  'listeners: { web: { bind: ":80", pool: app } }\npools: { app: { servers: [127.0.0.1:9001] } }\n';

const BAD: readonly { readonly name: string; readonly bytes: Uint8Array; readonly code: string }[] = [
  { name: 'latin1', bytes: new Uint8Array([0x23, 0xe9, 0x0a]), code: 'file-encoding' },
  { name: 'utf16', bytes: new Uint8Array([0xff, 0xfe, 0x61, 0x00]), code: 'file-encoding' },
  { name: 'cut', bytes: new Uint8Array([0x23, 0xe2, 0x82]), code: 'file-encoding' },
  { name: 'overlong', bytes: new Uint8Array([0x23, 0xc0, 0x80]), code: 'file-encoding' },
  { name: 'surrogate', bytes: new Uint8Array([0x23, 0xed, 0xa0, 0x80]), code: 'file-encoding' },
  { name: 'large', bytes: new Uint8Array(1024 * 1024 + 1).fill(0x20), code: 'file-too-large' },
  { name: 'nul', bytes: new Uint8Array([0x23, 0x00]), code: 'control-character' },
  { name: 'empty', bytes: new Uint8Array(0), code: 'missing-key' },
];

test('loadConfig reads a file, with a byte order mark or without', async () => {
  for (const [name, mark] of [
    ['plain.yaml', ''],
    ['mark.yaml', '\ufeff'],
  ] as const) {
    writeFileSync(join(folder, name), mark + TEXT);
    const result = await loadConfig(join(folder, name), {});
    assert.equal(result.kind, 'ok');
    assert.equal(result.config.admin.socket, join(folder, '.sallyport/admin.sock'));
  }
});

test('loadConfig reads a file of exactly 1 MiB', async () => {
  writeFileSync(join(folder, 'full.yaml'), TEXT.padEnd(1024 * 1024, '\n'));
  assert.equal((await loadConfig(join(folder, 'full.yaml'), {})).kind, 'ok');
});

test('loadConfig says what is wrong with the bytes of a file', async () => {
  for (const { name, bytes, code } of BAD) {
    const path = join(folder, `${name}.yaml`);
    writeFileSync(path, bytes);
    const result = await loadConfig(path, {});
    assert.equal(result.kind, 'bad', name);
    assert.deepEqual(
      result.diagnostics.map((diagnostic) => diagnostic.code),
      [code],
      name,
    );
  }
});

test('loadConfig says that a file is missing, or is none, in one line', async () => {
  const rows: readonly (readonly [string, string])[] = [
    [join(folder, 'nothing.yaml'), 'file-missing: Cannot read "nothing.yaml": there is no such file'],
    [
      join(folder, 'plain.yaml/x'),
      'file-missing: Cannot read "plain.yaml/x": a folder of its path is a file',
    ],
    [folder, 'file-unreadable: Cannot read "": it is a folder'],
    [join(folder, '\x1b[2J.yaml'), 'file-missing: Cannot read "\\x1b[2J.yaml": there is no such file'],
  ];
  for (const [path, expected] of rows) {
    const result = await loadConfig(path, {});
    assert.equal(result.kind, 'bad');
    const text = result.diagnostics.map(formatDiagnostic).join('\n');
    assert.ok(!/[\x00-\x1f]/.test(text), text);
    assert.ok(text.replaceAll(`${folder}/`, '').replaceAll(folder, '').includes(expected), text);
  }
});
