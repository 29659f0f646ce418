import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readAgentJson, readAgentLine } from '../health/agent-answer.ts';
import type { Sample } from './machine.ts';
import { MachineWatch } from './watch.ts';
import type { WatchOptions } from './watch.ts';

/** Watches a machine whose processor is used as `busy` says, ticks of 100 for each look. */
function watching(
  options: Partial<WatchOptions> = {},
  busy = 0,
): { watch: MachineWatch; warnings: string[] } {
  let looks = 0;
  const warnings: string[] = [];
  const sample = (): Sample => {
    looks++;
    const cpu = { busy: busy * looks, total: 100 * looks, cores: 1, runnable: 1 };
    return { at: 500 * looks, cpu, memory: 0, loadavg: 0, group: undefined };
  };
  const watch = new MachineWatch({
    factors: { cpu: 1, memory: 0, queue: 0 },
    least: 1,
    inUseMax: undefined,
    stateFile: undefined,
    sample,
    warn: (text) => warnings.push(text),
    ...options,
  });
  for (let count = 0; count < 40; count++) watch.look();
  return { watch, warnings };
}

function stateFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-watch-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'state'), text);
  return join(folder, 'state');
}

test('by default it says a percentage and nothing that would undo what an operator said elsewhere', () => {
  assert.equal(watching().watch.view().line, '100%');
  assert.equal(watching({}, 40).watch.view().line, '60%');
  assert.equal(watching({}, 100).watch.view().line, '1%');
  assert.equal(watching({ inUseMax: 30 }).watch.view().line, '100% maxconn:30');
});

test('the load has finer steps than the percentage', () => {
  const view = watching({}, 33.333).watch.view();
  assert.deepEqual([view.percent, view.load, view.cpu], [67, 3333, 0.333]);
});

test('signals drain it and make it ready again', () => {
  const { watch } = watching();
  watch.setMode('drain');
  assert.equal(watch.view().line, '100% drain');
  watch.setMode('ready');
  assert.equal(watch.view().line, '100% ready');
});

const STATES: readonly (readonly [text: string, line: string])[] = [
  ['drain', '100% drain'],
  ['maint # new disk', '100% maint # new disk'],
  ['down #disk\nsecond line', '100% down # disk'],
  ['up ready\r\n', '100% up ready'],
  ['', '100% up ready'],
];
for (const [text, line] of STATES) {
  test(`a state file with ${JSON.stringify(text)}`, (t) => {
    const { watch } = watching({ stateFile: stateFile(t, text) });
    assert.equal(watch.view().line, line);
    watch.setMode('drain');
    assert.equal(watch.view().line, '100% drain', 'a signal goes before');
  });
}

test('a state file that is not there says that all is well', () => {
  assert.equal(watching({ stateFile: '/nowhere/state' }).watch.view().line, '100% up ready');
});

for (const text of ['gone', 'drain 50%', '75%', 'up down', 'maxconn:1', 'x'.repeat(10_000)]) {
  test(`a state file with ${JSON.stringify(text.slice(0, 20))} is told of once and changes nothing`, (t) => {
    const { watch, warnings } = watching({ stateFile: stateFile(t, text) });
    assert.deepEqual([watch.view().line, watch.view().line], ['100%', '100%']);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^Cannot use the state file/);
  });
}

test('what it says is what a balancer reads', (t) => {
  for (const text of ['drain', 'maint # a # b', 'fail', 'up ready']) {
    const view = watching({ inUseMax: 5, stateFile: stateFile(t, text) }, 25).watch.view();
    assert.equal(readAgentLine(view.line).kind, 'ok', view.line);
    assert.equal(readAgentJson(JSON.stringify(view)).kind, 'ok');
  }
});

test('a machine that cannot be read any more is told of once, and the last values stay', () => {
  let isBroken = false;
  const warnings: string[] = [];
  const { watch } = watching({
    warn: (text) => warnings.push(text),
    sample: () => {
      if (isBroken) throw new Error('Cannot read "/proc/stat"');
      return {
        at: 0,
        cpu: { busy: 0, total: 100, cores: 1, runnable: 1 },
        memory: 0,
        loadavg: 0,
        group: undefined,
      };
    },
  });
  isBroken = true;
  watch.look();
  watch.look();
  assert.deepEqual(warnings, ['Cannot read "/proc/stat"']);
  assert.equal(watch.view().line, '100%');
});
