/**
 * Values made to hurt every group of options of every loaded rule: the work stays within its bound, and so does that of
 * bodies that name as many rules as fit.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { literalsOf } from '../../../src/inspect/match/literal-bytes.ts';
import type { CompiledGroup } from '../../../src/inspect/snort/compile.ts';
import { WORK_BASE, WORK_PER_BYTE, workOf } from '../../../src/inspect/snort/match-group.ts';
import { BufferText } from '../../../src/inspect/snort/message-buffers.ts';
import { compileSnort, makeSnortInspector } from '../../../src/inspect/snort/snort-inspector.ts';
import { samplePattern } from './pattern-sample.ts';
import { loadSet, readSet, SET_NAMES, SKIP } from './sets.ts';

/** From 1,000 on every rule is asked, else every so manyth. */
const STEP = Number(process.env['FUZZ_RUNS'] ?? 100) < 1000 ? 60 : 1;
const LENGTH = 128 * 1024;

/**
 * What begins within the bound is finished: one more run of a pattern, which may take all steps that it has (STEPS and
 * STEPS_PER_BYTE of rx/regex.ts, two for each, 21 for one of these), and what automata read before.
 */
const RUN_COST_MAX = 42 * 100_000;
const BYTE_COST_MAX = 42 * 10 + 80;

for (const name of SET_NAMES) {
  test(`no group of a rule of ${name} costs more than its bound`, { skip: SKIP }, (context) => {
    let worst = { milliseconds: 0, sid: 0, work: 0 };
    let asked = 0;
    const { rules } = loadSet(name);
    for (let index = 0; index < rules.length; index += STEP) {
      const compiled = rules[index]!; // Below the length.
      for (const group of compiled.groups) {
        for (const text of hostileTexts(group)) {
          const startedAt = performance.now();
          const work = workOf(group.options, new BufferText(text), compiled.rule.dialect);
          const milliseconds = performance.now() - startedAt;
          if (milliseconds > worst.milliseconds) worst = { milliseconds, sid: compiled.rule.sid, work };
          const bound = WORK_BASE + RUN_COST_MAX + (WORK_PER_BYTE + BYTE_COST_MAX) * text.length;
          assert(work <= bound, `rule ${compiled.rule.sid} costs ${work}`);
          asked++;
        }
      }
    }
    context.diagnostic(
      `${asked} values; the worst took ${worst.milliseconds.toFixed(1)} ms, rule ${worst.sid}, work ${worst.work}`,
    );
    assert(asked > 20);
  });
}

/** What the options look for, over and over: each alone, all in turn, and all but the last. */
function hostileTexts(group: CompiledGroup): readonly string[] {
  const pieces = group.options.flatMap((option): readonly string[] => {
    if (option.kind === 'content') return [option.option.bytes];
    if (option.kind !== 'pcre') return [];
    return [samplePattern(option.option, () => 0), ...longest(option.pattern.literals)];
  });
  const known = pieces.filter((piece) => piece !== '');
  const all = known.join('');
  const texts = [...known, all, known.slice(0, -1).join(''), known.toReversed().join('')];
  return [...new Set(texts)].filter((text) => text !== '').map((text) => repeated(text));
}

function longest(literals: readonly string[] | undefined): readonly string[] {
  return literals === undefined ? [] : literals.slice(0, 1);
}

function repeated(text: string): string {
  return text.repeat(Math.ceil(LENGTH / text.length)).slice(0, LENGTH);
}

test('a body that names thousands of rules is given up, and that is told', { skip: SKIP }, (context) => {
  const compiled = compileSnort(readSet('et-open'), { withDisabled: true });
  assert(compiled.kind === 'ok');
  const { line, body } = compiled.plan.requests.fast!.index.tables; // It was not asked to be slow.
  const literals = [...new Set([line, body].flatMap((scan) => (scan === undefined ? [] : literalsOf(scan))))];
  const text = literals.join(' ').slice(0, LENGTH);
  const inspector = makeSnortInspector(compiled.plan, { mode: 'detect' });
  const transaction = inspector.begin({
    method: 'POST',
    target: `/?${text.slice(0, 16_384)}`,
    version: 'HTTP/1.1',
    headers: { count: 0, name: () => '', value: () => '' },
    clientAddress: '192.0.2.1',
  });
  const startedAt = performance.now();
  transaction.requestHead();
  transaction.requestBody({ bytes: Buffer.from(text, 'latin1'), isPrefix: false });
  context.diagnostic(`${(performance.now() - startedAt).toFixed(0)} ms, ${transaction.hits.length} hits`);
  assert.match(transaction.hits.at(-1)?.data ?? '', /used up/);
});
