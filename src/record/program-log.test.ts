import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgramLogOptions } from './program-log.ts';
import { logLevels, ProgramLog } from './program-log.ts';

function logWith(options: ProgramLogOptions): { log: ProgramLog; lines: string[] } {
  const lines: string[] = [];
  return {
    log: new ProgramLog(
      (line) => lines.push(line),
      options,
      () => 1500,
    ),
    lines,
  };
}

test('a text line', () => {
  const { log, lines } = logWith({ level: 'info', format: 'text' });
  log.info('listening on "web"', { address: '127.0.0.1:80', pools: 2, note: 'a b', isNew: true, empty: '' });
  log.error('Cannot bind');
  assert.deepEqual(lines, [
    '1970-01-01T00:00:01.500Z INFO  listening on "web" address=127.0.0.1:80 pools=2 note="a b" isNew=true empty=""\n',
    '1970-01-01T00:00:01.500Z ERROR Cannot bind\n',
  ]);
});

test('a JSON line', () => {
  const { log, lines } = logWith({ level: 'info', format: 'json' });
  log.warn('server "s1" is down', { server: 's1', failures: 3, share: NaN });
  assert.deepEqual(lines, [
    '{"time":"1970-01-01T00:00:01.500Z","level":"warn","text":"server \\"s1\\" is down","server":"s1","failures":3,"share":null}\n',
  ]);
});

test('levels below the one that is set are not written', () => {
  for (const level of logLevels) {
    const { log, lines } = logWith({ level, format: 'text' });
    for (const each of logLevels) log[each]('x');
    assert.equal(lines.length, logLevels.length - logLevels.indexOf(level));
  }
});

const HOSTILE = 'a\r\nb\x1b[2J\0\x9b"\\\u202e=';

test('nothing that is logged can break a text line', () => {
  const { log, lines } = logWith({ level: 'debug', format: 'text' });
  log.debug(HOSTILE, { [HOSTILE]: HOSTILE });
  assert.match(lines.join(''), /^[ -~]+\n$/);
});

test('nothing that is logged can break a JSON line, and it comes back', () => {
  const { log, lines } = logWith({ level: 'debug', format: 'json' });
  log.debug(HOSTILE, { [HOSTILE]: HOSTILE });
  assert.match(lines.join(''), /^[ -~]+\n$/);
  const parsed = JSON.parse(lines.join('')) as Record<string, unknown>;
  assert.equal(parsed['text'], HOSTILE);
  assert.equal(parsed[HOSTILE], HOSTILE);
});

test('a long text is cut', () => {
  const { log, lines } = logWith({ level: 'info', format: 'json' });
  log.info('x'.repeat(1_000_000), { value: 'y'.repeat(1_000_000) });
  assert.ok(lines.join('').length < 10_000);
});
