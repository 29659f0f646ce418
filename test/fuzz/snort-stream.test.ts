/**
 * Streams made of what the rules of a public set look for give the same hits whole and in pieces, and the hits that
 * evaluating every rule on the whole gives.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { CompiledRule } from '../../src/inspect/snort/compile.ts';
import { evaluate } from '../../src/inspect/snort/evaluate.ts';
import { StreamBuffers } from '../../src/inspect/snort/http-buffers.ts';
import { makeStreamInspector } from '../../src/inspect/snort/inspect-stream.ts';
import type { StreamInspector } from '../../src/inspect/snort/inspect-stream.ts';
import { MessageBuffers } from '../../src/inspect/snort/message-buffers.ts';
import { compileSnort, ruleId } from '../../src/inspect/snort/snort-inspector.ts';
import type { SnortPlan } from '../../src/inspect/snort/snort-inspector.ts';
import { planStreams } from '../../src/inspect/snort/stream-plan.ts';
import { givenFlow } from '../conformance/snort/given.ts';
import { messageFor } from '../conformance/snort/made-message.ts';
import { NOT_MADE } from '../conformance/snort/left-out.ts';
import { loadSet, readSet, SKIP } from '../conformance/snort/sets.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 150);

/** Blocks are not reached, so that rules about what is not there are asked once, at the end. */
const STREAM_BYTES_MAX = 4000;

test('a stream gives the same hits whole and in pieces', { skip: SKIP }, (context) => {
  const streams = streamsOf();
  const texts = textsOf(streams);
  const inspector = makeStreamInspector(streams.plan, { mode: 'detect', nowMs: () => 1_000_000 });
  const random = randomFrom(7);
  let hits = 0;
  for (let count = 0; count < numRuns; count++) {
    const parts = Array.from({ length: 1 + random(4) }, () => texts[random(texts.length)]!); // There are some.
    const text = parts.join(random(2) === 0 ? '' : '\r\n').slice(0, STREAM_BYTES_MAX);
    const expected = slowHits(streams, text);
    assert.deepEqual(feed(inspector, [text]), expected, JSON.stringify(text));
    assert.deepEqual(feed(inspector, piecesOf(text, random)), expected, JSON.stringify(text));
    hits += expected.length;
  }
  context.diagnostic(`${numRuns} streams, ${hits} hits`);
  assert(hits >= numRuns / 2, `only ${hits} hits`);
});

interface Streams {
  readonly plan: SnortPlan;
  readonly rules: readonly CompiledRule[];
}

/** Without thresholds: a rule that counts would not hit the second time. */
function streamsOf(): Streams {
  const compiled = compileSnort(readSet('community'), { withDisabled: true });
  assert(compiled.kind === 'ok');
  const rules = loadSet('community')
    .rules.filter(
      ({ rule }) => rule.threshold === undefined && rule.filter === undefined && rule.effects.length === 0,
    )
    .map((one) => ({ ...one, header: undefined }));
  return { plan: { ...compiled.plan, streams: () => planStreams(rules) }, rules };
}

/** Addresses and ports of every rule: the headers are left out. */
const ENDS = { client: { address: '192.0.2.1', port: 0 }, server: { address: '198.51.100.1', port: 0 } };

function feed(inspector: StreamInspector, pieces: readonly string[]): readonly string[] {
  const inspection = inspector.begin(ENDS);
  for (const piece of pieces) inspection.feed('to_server', Buffer.from(piece, 'latin1'));
  inspection.end();
  return inspection.hits.map(({ rule }) => rule).sort();
}

function slowHits({ rules }: Streams, text: string): readonly string[] {
  const flow = givenFlow({ ...ENDS, protocol: undefined, clientBytes: text.length });
  const buffers = new MessageBuffers(new StreamBuffers(text));
  return rules
    .filter((compiled) => !compiled.rule.isSilent && evaluate(compiled, buffers, flow) !== undefined)
    .map(({ rule }) => ruleId(rule))
    .sort();
}

/** What the rules about bytes of other services look for. */
function textsOf({ rules }: Streams): readonly string[] {
  const asked = rules.filter(
    ({ rule }) =>
      !rule.services.includes('http') &&
      NOT_MADE.community[rule.sid] === undefined &&
      rule.groups.every(({ buffer }) => buffer.key === 'payload') &&
      rule.groups.length > 0,
  );
  return asked
    .filter((_, index) => index % 5 === 0)
    .flatMap((compiled) => messageFor(compiled)?.values.get('payload') ?? []);
}

function piecesOf(text: string, random: (count: number) => number): readonly string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    const size = 1 + random(random(3) === 0 ? 200 : 6);
    pieces.push(text.slice(start, start + size));
    start += size;
  }
  return pieces;
}

function randomFrom(seed: number): (count: number) => number {
  let state = seed >>> 0;
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}
