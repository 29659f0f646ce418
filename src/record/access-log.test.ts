import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { ExchangeRecord } from '../proxy/exchange-record.ts';
import { AccessLog } from './access-log.ts';
import type { LogFormat } from './format.ts';
import { LogRingReader, LogRingWriter, newLogRing } from './log-ring.ts';

/** The log only hands records to its format, and this format only looks at the id. */
const recordOf = (id: string): ExchangeRecord => ({ id }) as ExchangeRecord;

const FORMAT: LogFormat = {
  record: (record) => `${record.id}\n`,
  dropped: (count) => `dropped ${count}\n`,
};

/** An access log into a ring of so many bytes, what it reports, and what is in the ring. */
function logInto(
  bytes: number,
  clock: () => number = () => 0,
): { log: AccessLog; problems: string[]; text: () => string } {
  const ring = newLogRing(bytes);
  const reader = new LogRingReader(ring);
  const problems: string[] = [];
  return {
    log: new AccessLog(new LogRingWriter(ring, () => {}), FORMAT, (text) => problems.push(text), clock),
    problems,
    text: () => {
      const lines = reader.next(reader.head, Infinity) ?? new Uint8Array(0);
      const text = Buffer.from(lines).toString('latin1');
      reader.take(lines.length);
      return text;
    },
  };
}

test('lines are in the ring in order, as the format makes them', () => {
  const { log, text, problems } = logInto(1024);
  for (const id of ['a', 'b', 'c']) log.record(recordOf(id));
  assert.equal(text(), 'a\nb\nc\n');
  assert.deepEqual(problems, []);
});

test('lines that do not fit are reported, once a minute, with how many there were', () => {
  let atMs = 5000;
  const { log, text, problems } = logInto(8, () => atMs);
  for (const id of ['aaa', 'b', 'lost', 'lost', 'lost']) log.record(recordOf(id));
  const first = 'Cannot write the access log: it takes lines more slowly than they come; 1 lines lost so far';
  assert.deepEqual(problems, [first]);
  atMs += 59_999;
  log.record(recordOf('lost'));
  assert.deepEqual(problems, [first]);
  atMs += 1;
  log.record(recordOf('lost'));
  assert.deepEqual(problems, [first, first.replace(' 1 lines', ' 5 lines')]);
  assert.equal(text(), 'aaa\nb\n');
});
