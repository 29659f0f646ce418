import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAgentJson, readAgentLine } from './agent-answer.ts';
import type { AgentAnswer } from './agent-answer.ts';

const NOTHING: AgentAnswer = {
  state: undefined,
  mode: undefined,
  percent: undefined,
  inUseMax: undefined,
  load: undefined,
  reason: '',
};

const LINES: readonly { readonly line: string; readonly says: Partial<AgentAnswer> }[] = [
  { line: '75%', says: { percent: 75 } },
  { line: '0%', says: { percent: 0 } },
  { line: '100%', says: { percent: 100 } },
  { line: '250%', says: { percent: 250 } },
  { line: 'up', says: { state: 'up' } },
  { line: 'down', says: { state: 'down' } },
  { line: 'fail', says: { state: 'fail' } },
  { line: 'stopped', says: { state: 'stopped' } },
  { line: 'ready', says: { mode: 'ready' } },
  { line: 'drain', says: { mode: 'drain' } },
  { line: 'maint', says: { mode: 'maintenance' } },
  { line: 'maxconn:30', says: { inUseMax: 30 } },
  { line: 'maxconn:0', says: { inUseMax: 0 } },
  { line: 'UP Ready 75% MaxConn:30', says: { state: 'up', mode: 'ready', percent: 75, inUseMax: 30 } },
  { line: 'up,ready\t,  75%', says: { state: 'up', mode: 'ready', percent: 75 } },
  { line: ' 75% ', says: { percent: 75 } },
  { line: 'down # disk is full', says: { state: 'down', reason: 'disk is full' } },
  { line: 'down#disk # 2 is full', says: { state: 'down', reason: 'disk # 2 is full' } },
  { line: `fail # ${'x'.repeat(500)}`, says: { state: 'fail', reason: 'x'.repeat(200) } },
];
for (const { line, says } of LINES) {
  test(`"${line.slice(0, 40)}" is understood`, () =>
    assert.deepEqual(readAgentLine(line), { kind: 'ok', answer: { ...NOTHING, ...says } }));
}

const BAD: readonly (readonly [line: string, problem: RegExp])[] = [
  ['', /says nothing/],
  ['   ', /says nothing/],
  ['# all is well', /says nothing/],
  ['75', /"75" is not a word/],
  ['-5%', /"-5%" is not a word/],
  ['7.5%', /"7\.5%" is not a word/],
  ['%', /"%" is not a word/],
  ['100000%', /is not a word/],
  ['99999%', /more than 25600/],
  ['maxconn:', /is not a word/],
  ['maxconn:-1', /is not a word/],
  ['maxconn:9999999', /more than 1000000/],
  ['up 75% please', /"please" is not a word/],
  ['up down', /"down" contradicts/],
  ['up up', /contradicts/],
  ['ready drain', /"drain" contradicts/],
  ['50% 60%', /"60%" contradicts/],
  ['HTTP/1.1 400 Bad Request', /"http\/1\.1" is not a word/],
  ['x'.repeat(1000), /^"x{40}" is not a word/],
];
for (const [line, problem] of BAD) {
  test(`"${line.slice(0, 40)}" says nothing at all`, () => {
    const read = readAgentLine(line);
    assert(read.kind === 'bad', JSON.stringify(read));
    assert.match(read.problem, problem);
  });
}

test('the JSON of our own agent tells the load too', () => {
  assert.deepEqual(readAgentJson('{"line":"up 40%","load":6000,"cpu":0.5}'), {
    kind: 'ok',
    answer: { ...NOTHING, state: 'up', percent: 40, load: 6000 },
  });
});

for (const text of [
  '',
  '{',
  'null',
  '[]',
  '"75%"',
  '{}',
  '{"line":5,"load":1}',
  '{"line":"75%"}',
  '{"line":"75%","load":"high"}',
  '{"line":"75%","load":-1}',
  '{"line":"75%","load":10001}',
  '{"line":"75%","load":0.5}',
  '{"line":"nonsense","load":1}',
]) {
  test(`the JSON ${text || 'of nothing'} says nothing at all`, () =>
    assert.equal(readAgentJson(text).kind, 'bad'));
}
