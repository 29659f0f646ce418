import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeMachine } from './machine/facts.ts';
import { INSPECTED, KILOBYTES, markdown, PEER, PLAIN, UNSHARED } from './source-report.ts';
import type { SourceRun } from './source-report.ts';

function run(overMs: number, perCpuSecond: number): SourceRun {
  const ways = [
    { way: 'direct', firstByteMs: 0.5, perCpu: Infinity },
    { way: PEER, firstByteMs: 0.6, perCpu: 10_000 },
    { way: UNSHARED, firstByteMs: 5, perCpu: 6000 },
    { way: PLAIN, firstByteMs: 0.5 + overMs, perCpu: perCpuSecond },
    { way: INSPECTED, firstByteMs: 5, perCpu: 1 },
  ];
  return {
    at: '2026-11-29T00:00:00.000Z',
    machine: describeMachine(),
    count: 1,
    rounds: 1,
    seconds: 1,
    pages: KILOBYTES.flatMap((kilobytes) =>
      ways.map(({ way, firstByteMs }) => ({ way, kilobytes, connectMs: 0.1, firstByteMs, totalMs: 9 })),
    ),
    parallel: ways.map(({ way, perCpu }) => ({
      way,
      connectionsPerSecond: 1000,
      connectionsPerCpuSecond: perCpu,
      clientCloses: 0.07,
    })),
  };
}

test('the bars are about Sallyport without inspection, beside direct connections and HAProxy', () => {
  assert.doesNotMatch(markdown(run(0.9, 8000)), /NOT met/);
  assert.equal(markdown(run(0.9, 8000)).match(/^- met/gm)?.length, 4);
});

test('what a connection to the server for each of the client gives stands beside the bar', () => {
  const text = markdown(run(0.9, 12_000));
  assert.match(text, /^- met: 1\.20 of HAProxy/m);
  assert.match(text, /^- With a connection to the server for each of the client, as HAProxy makes: 0\.60$/m);
});

test('a bar that is missed is said to be', () => {
  assert.equal(markdown(run(1.1, 8000)).match(/^- NOT met/gm)?.length, 3);
  assert.match(markdown(run(0.9, 7900)), /^- NOT met: 0\.79 of HAProxy/m);
});

test('what was not measured meets no bar', () => {
  const { pages, ...rest } = run(0.9, 8000);
  const withoutDirect = { ...rest, pages: pages.filter(({ way }) => way !== 'direct'), parallel: [] };
  assert.equal(markdown(withoutDirect).match(/^- NOT met/gm)?.length, 4);
});

test('the published figures stand below ours', () => {
  const text = markdown(run(0.9, 8000));
  assert.match(text, /\| published, with \| 100 \| {2}\| 74 \| 497 \|/);
  assert.match(text, /\| published, without \| 1000 \| {2}\| 70 \| 1998 \|/);
  assert.match(text, /\| direct \| 1000 \| 0\.10 \| 0\.50 \| 9\.00 \|/);
});
