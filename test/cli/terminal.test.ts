/** What strangers send, and what is typed, never reaches a terminal as something that it would obey. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { until, Wire } from '../support/wire.ts';
import { Command, makeFolder, runCommand } from './command.ts';
import { startOrigin } from './web.ts';

/** Red text, a window title, a C1 control as a byte and in UTF-8, a line from right to left, a line of its own. */
const NASTY = '\x1b[31mred\x1b]0;title\x07\x9b2J\u009b2J\u202eabc\x7f';
/** Anything that is not printable ASCII or a line feed. Output is read byte by byte. */
const OBEYED = /[^\x20-\x7e\n]/;
/** Arrows, dashes and section signs of our own, and what UTF-8 of a terminal that is no command looks like byte by byte. */
const OURS = /[→…§]/g;

function assertClean(what: string, bytes: string): void {
  const text = Buffer.from(bytes, 'latin1').toString('utf8').replace(OURS, '');
  const found = OBEYED.exec(text);
  assert.equal(found, null, `${what}: ${JSON.stringify(text.slice(Math.max(0, (found?.index ?? 0) - 60)))}`);
}

const TYPED: readonly (readonly string[])[] = [
  [NASTY],
  ['run', '-c', NASTY],
  ['check', `--${NASTY}`],
  ['status', '-s', NASTY],
  ['status', '-c', NASTY],
  ['explain', NASTY],
  ['attackers', 'mark', NASTY],
  ['attackers', 'mark', '192.0.2.1', '--for', NASTY],
  ['attackers', 'forgive', NASTY],
  ['version', NASTY],
];

test('no command echoes what it was given in a form that a terminal obeys', async (t) => {
  const folder = makeFolder(t, {
    'sallyport.yaml':
      'listeners: { web: { bind: "127.0.0.1:0", pool: app, inspection: off } }\npools: { app: { servers: ["127.0.0.1:9"] } }\n',
  });
  const running = new Command(t, ['run'], { cwd: folder });
  await running.port('web');
  for (const args of TYPED) {
    const ended = await runCommand(t, args, { cwd: folder });
    assert.equal(ended.code, 1, JSON.stringify(args));
    assertClean(JSON.stringify(args), ended.stdout + ended.stderr);
  }
});

for (const form of ['text', 'json'] as const) {
  test(`what a client sends is clean in the ${form} log${form === 'text' ? '' : ', in explain and in the list of attackers'}`, async (t) => {
    const origin = await startOrigin(t, 'one');
    const folder = makeFolder(t, {
      'own.conf': `SecRule REQUEST_HEADERS:User-Agent "@contains red" "id:1,phase:1,deny,msg:'Red'"\n`,
      'sallyport.yaml': `listeners: { web: { bind: "127.0.0.1:0", pool: app, decoy: trap } }
pools: { app: { servers: ["127.0.0.1:${origin.port}"] } }
decoys: { trap: {} }
inspection: { rules: [own.conf] }
log: { access: ${form} }
`,
    });
    const command = new Command(t, ['run'], { cwd: folder });
    await until('it listens', () => /"?port"?[:=]\d+/.test(command.stderr));
    const port = Number(/"?port"?[:=](\d+)/.exec(command.stderr)?.[1]);
    // Bytes from 80 up may stand in a field value (obs-text, RFC 9110 §5.5) and come through to the log.
    const field = '\x9b31mred\x80\x85\xc2\x9b2J\xe2\x80\xae"\\';
    for (const request of [
      `GET /\x1b[31m HTTP/1.1\r\nHost: a\r\n\r\n`,
      `GET /\x9b31m HTTP/1.1\r\nHost: a\r\n\r\n`,
      `GET /%1b[31m HTTP/1.1\r\nHost: a\r\nUser-Agent: blue ${field.slice(4)}\r\nReferer: ${field}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: ${field}\r\n\r\n`,
    ]) {
      const client = await Wire.connect(port);
      client.send(request);
      await client.readUntil('\r\n\r\n');
      client.close();
    }
    await until('four lines are written', () => command.stdout.split('\n').length > 4);
    assertClean('log', command.stdout + command.stderr);
    if (form === 'text') return;
    const ids = new Set(command.stdout.match(/\b0[0-9a-hjkmnp-tv-z]{21}\b/g));
    assert.equal(ids.size, 4, 'each exchange has its id in the log');
    for (const id of ids) {
      for (const more of [[], ['--json']]) {
        const ended = await runCommand(t, ['explain', id, ...more], { cwd: folder });
        assert.equal(ended.code, 0, ended.stderr);
        assertClean('explain', ended.stdout);
      }
    }
    for (const more of [[], ['--json']]) {
      const ended = await runCommand(t, ['attackers', 'list', ...more], { cwd: folder });
      assert.equal(ended.code, 0, ended.stderr);
      assertClean('attackers', ended.stdout);
    }
  });
}
