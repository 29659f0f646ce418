import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalRecordMap } from '../../state/record-map.ts';
import { givenBuffers, givenFlow, loadText } from '../../../test/conformance/snort/given.ts';
import { evaluate } from './evaluate.ts';
import { FlowState } from './flow.ts';
import type { FlowView } from './flow.ts';
import { AlertJudge } from './judge.ts';
import { MessageBuffers } from './message-buffers.ts';
import { RATE_COUNTER_BYTES, RateTable } from './rates.ts';

interface Step {
  readonly seconds: number;
  readonly client?: string;
  readonly expected: string;
}

/** Judges a match of one rule at each step: `alert ACTION`, `silent BECAUSE`, `nothing`. */
function judgeSteps(options: string, lines: string, steps: readonly Step[]): void {
  const text = `alert tcp any any -> any any (msg:"a"; ${options} sid:7; rev:1;)\n${lines}`;
  const { rules, mistakes, policies, variables } = loadText(text, 'snort2');
  assert.deepEqual(mistakes, []);
  const judge = new AlertJudge(policies, variables);
  const [rule] = rules;
  assert(rule !== undefined);
  for (const [index, { seconds, client = '192.0.2.1', expected }] of steps.entries()) {
    const flow = givenFlow({ client: { address: client, port: 1 }, nowMs: 1000 * seconds });
    const match = evaluate(rule, new MessageBuffers(givenBuffers({})), flow);
    assert(match !== undefined);
    const judged = judge.judge(match, flow);
    const told =
      judged.do === 'alert'
        ? `alert ${judged.action}`
        : judged.do === 'silent'
          ? `silent ${judged.because}`
          : 'nothing';
    assert.equal(told, expected, `${options} ${lines} step ${index}`);
  }
}

const ALERT = 'alert alert';
const OFTEN = 'silent threshold';

test('thresholds say which matches alert', () => {
  judgeSteps('threshold:type limit, track by_src, count 2, seconds 10;', '', [
    { seconds: 0, expected: ALERT },
    { seconds: 1, expected: ALERT },
    { seconds: 2, expected: OFTEN },
    { seconds: 2, client: '192.0.2.2', expected: ALERT },
    { seconds: 10, expected: ALERT },
  ]);
  judgeSteps('threshold:type threshold, track by_dst, count 2, seconds 10;', '', [
    { seconds: 0, expected: OFTEN },
    { seconds: 1, client: '192.0.2.2', expected: ALERT },
    { seconds: 2, expected: OFTEN },
    { seconds: 13, expected: OFTEN },
    { seconds: 14, expected: ALERT },
  ]);
  judgeSteps('threshold:type both, track by_rule, count 2, seconds 10;', '', [
    { seconds: 0, expected: OFTEN },
    { seconds: 1, expected: ALERT },
    { seconds: 2, expected: OFTEN },
    { seconds: 10, expected: OFTEN },
    { seconds: 11, expected: ALERT },
  ]);
});

test('a detection_filter lets the rule match from the next one on', () => {
  judgeSteps('detection_filter:track by_src, count 2, seconds 10;', '', [
    { seconds: 0, expected: 'nothing' },
    { seconds: 1, expected: 'nothing' },
    { seconds: 2, expected: ALERT },
    { seconds: 3, expected: ALERT },
    { seconds: 10, expected: 'nothing' },
  ]);
});

test('lines of threshold.config suppress, thin out and change the action', () => {
  const once = [{ seconds: 0, expected: 'silent suppress' }];
  judgeSteps('', 'suppress gen_id 1, sig_id 7', once);
  judgeSteps('', 'suppress gen_id 1, sig_id 0', once);
  judgeSteps('', 'suppress gen_id 1, sig_id 8', [{ seconds: 0, expected: ALERT }]);
  const line = 'suppress gen_id 1, sig_id 7, track by_src, ip [192.0.2.0/30,!192.0.2.2]';
  judgeSteps('', line, [
    { seconds: 0, expected: 'silent suppress' },
    { seconds: 0, client: '192.0.2.2', expected: ALERT },
    { seconds: 0, client: '192.0.2.9', expected: ALERT },
  ]);
  judgeSteps('', 'suppress gen_id 1, sig_id 7, track by_dst, ip 192.0.2.0/24', [
    { seconds: 0, expected: ALERT },
  ]);
  judgeSteps('', 'event_filter gen_id 1, sig_id 7, type limit, track by_src, count 1, seconds 60', [
    { seconds: 0, expected: ALERT },
    { seconds: 1, expected: OFTEN },
  ]);
  judgeSteps(
    '',
    'rate_filter gen_id 1, sig_id 7, track by_src, count 1, seconds 5, new_action drop, timeout 20',
    [
      { seconds: 0, expected: ALERT },
      { seconds: 1, expected: 'alert drop' },
      { seconds: 20, expected: 'alert drop' },
      { seconds: 21, expected: ALERT },
    ],
  );
});

test('a match sets its bits, also when nothing is told of it', () => {
  const text =
    'alert tcp any any -> any any (flowbits:set,a&b; flowbits:noalert; flowint:n,+,2; xbits:set,x,track ip_src,expire 5; sid:1;)';
  const { rules, policies, variables, mistakes } = loadText(text, 'suricata');
  assert.deepEqual(mistakes, []);
  const set: string[] = [];
  const state = new FlowState();
  const flow: FlowView = givenFlow({
    state,
    hostBits: {
      isSet: () => false,
      set: (key, untilMs) => set.push(`${key} ${untilMs}`),
      unset() {},
      toggle() {},
    },
  });
  const [rule] = rules;
  assert(rule !== undefined);
  const match = evaluate(rule, new MessageBuffers(givenBuffers({})), flow);
  assert(match !== undefined);
  assert.equal(state.hasBit('a'), false, 'evaluating changes nothing');
  const judge = new AlertJudge(policies, variables);
  assert.deepEqual(judge.judge(match, flow), { do: 'silent', because: 'noalert' });
  assert.equal(judge.judge(match, flow).do, 'silent');
  assert.deepEqual([state.hasBit('a'), state.hasBit('b'), state.integer('n')], [true, true, 4]);
  assert.deepEqual(set, ['x 192.0.2.1 1005000', 'x 192.0.2.1 1005000']);
});

test('integers are added to when they are not set, not taken from, and have 32 bits', () => {
  const rows: readonly (readonly [effect: string, before: number | undefined, after: number | undefined])[] =
    [
      ['n,+,2', undefined, 2],
      ['n,-,2', undefined, undefined],
      ['n,=,2', undefined, 2],
      ['n,=,other', 5, 0],
      ['n,+,other', undefined, 0],
      ['n,-,other', 5, 5],
      ['n,-,2', 5, 3],
      ['n,-,2', 1, 2 ** 32 - 1],
      ['n,+,2', 2 ** 32 - 1, 1],
    ];
  for (const [effect, before, after] of rows) {
    const text = `alert tcp any any -> any any (flowint:${effect}; noalert; sid:1;)`;
    const { rules, policies, variables } = loadText(text, 'suricata');
    const state = new FlowState();
    if (before !== undefined) state.setInteger('n', before);
    const flow = givenFlow({ state });
    const [match] = rules.map((rule) => evaluate(rule, new MessageBuffers(givenBuffers({})), flow));
    assert(match !== undefined);
    new AlertJudge(policies, variables).judge(match, flow);
    assert.equal(state.integer('n'), after, `${effect} on ${before}`);
  }
});

test('a table of counters gives up the oldest when it is full', () => {
  const rates = new RateTable(new LocalRecordMap(3, RATE_COUNTER_BYTES));
  const rate = { track: 'by_src', count: 1, seconds: 60, type: 'limit' } as const;
  const alertsFrom = (address: string): boolean =>
    rates.alerts('1:1', rate, givenFlow({ client: { address, port: 1 } }));
  assert.deepEqual(['a', 'b', 'c', 'a', 'd', 'a'].map(alertsFrom), [true, true, true, false, true, true]);
  assert.equal(rates.size, 3);
});
