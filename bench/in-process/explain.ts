/**
 * Says where the work of inspection goes, by counting: for each kind of request how many values are shown, how many bytes
 * are looked through how often, which tests are run for nothing and which rules are run at all. It guides work on speed:
 * times come from profiles, what to do about them from counts.
 *
 * Started as `node explain.ts SET REQUESTS KIND,KIND` by `bench/inspect.ts --explain`. It puts counters around methods of
 * the engine in this process alone, so that the engine itself has none.
 */
import { compileRules, makeInspector } from '../../src/inspect/build.ts';
import { combine } from '../../src/inspect/combine.ts';
import type { Inspector } from '../../src/inspect/inspector.ts';
import { loadRules } from '../../src/inspect/load-rules.ts';
import { NO_SIGN, signsNeeded } from '../../src/inspect/compile/signs.ts';
import { Kind } from '../../src/inspect/match/kind.ts';
import { LiteralScanner } from '../../src/inspect/match/literal-scanner.ts';
import { TextState } from '../../src/inspect/match/text-state.ts';
import type { Plan } from '../../src/inspect/plan/plan.ts';
import { MessageRun } from '../../src/inspect/snort/message-run.ts';
import { NeedScan } from '../../src/inspect/snort/need-scan.ts';
import { compileSnort, makeSnortInspector } from '../../src/inspect/snort/snort-inspector.ts';
import { CRS_FILES, SNORT_FOLDER } from '../peers/rule-sets.ts';
import { KINDS, type Kind as Traffic } from '../traffic/kinds.ts';
import { visitsOf } from '../traffic/samples.ts';
import { readSnortRules } from '../traffic/snort-rules.ts';
import { exchangeOf, Feed } from './feed.ts';
import { isLetThrough, RULE_SETS } from './rule-sets.ts';

const CONNECTIONS = 64;
/** Requests before those that are counted, so that what is remembered is there. */
const WARM_UP = 2_000;
const WARM_UP_HEAVY = 16;
/** Tests and rules that are listed for each kind. */
const LISTED = 14;

/** Sums over the requests of a kind: a count, or microseconds, by what was counted. */
const sums = new Map<string, number>();
const rulesRun = new Map<string, number>();
const testsRun = new Map<string, { count: number; held: number; us: number }>();

const [, , setName = '', requestCount = '', kindNames = ''] = process.argv;
const set = RULE_SETS.find(({ name }) => name === setName);
if (set === undefined) throw new Error('Cannot explain: see bench/inspect.ts');
const ruleOf: string[] = [];
countMethods();
const inspector = build(set.hasCrs, set.snort);
for (const kind of KINDS) if (kindNames.split(',').includes(kind.name)) explain(kind);

function build(hasCrs: boolean, snortCount: number): Inspector {
  const parts: Inspector[] = [];
  if (hasCrs) {
    const loaded = loadRules(CRS_FILES, '');
    if (loaded.kind === 'bad') throw new Error('Cannot read the CRS');
    const compiled = compileRules(loaded.files);
    if (compiled.kind === 'bad') throw new Error('Cannot compile the CRS');
    countRules(compiled.plan);
    parts.push(makeInspector(compiled.plan, { mode: 'on', ...compiled.limits }));
  }
  if (snortCount > 0) {
    const compiled = compileSnort(readSnortRules(SNORT_FOLDER, snortCount), { isLenient: true });
    if (compiled.kind === 'bad') throw new Error('Cannot compile the rules of Snort');
    parts.push(makeSnortInspector(compiled.plan, { mode: 'on', onAlert: 'continue' }));
  }
  return combine(parts);
}

function explain(kind: Traffic): void {
  const feed = new Feed(visitsOf(kind), CONNECTIONS);
  const isHeavy = kind.isHeavy === true;
  for (const arrived of feed.take(isHeavy ? WARM_UP_HEAVY : WARM_UP))
    isLetThrough(inspector, exchangeOf(arrived));
  const count = isHeavy ? Math.min(10, Number(requestCount)) : Number(requestCount);
  const requests = feed.take(count);
  for (const counts of [sums, rulesRun, testsRun]) counts.clear();
  for (const arrived of requests) isLetThrough(inspector, exchangeOf(arrived));
  process.stdout.write(`\n${kind.name}: for each of ${count} requests\n`);
  for (const [what, sum] of [...sums].sort()) line(sum / count, what);
  process.stdout.write('  rules that were run\n');
  for (const [rule, sum] of largest(rulesRun, (sum) => sum)) line(sum / count, rule);
  process.stdout.write('  tests that were run: count, held, µs\n');
  for (const [test, { count: runs, held, us }] of largest(testsRun, (one) => one.us)) {
    line(
      runs / count,
      `${(held / count).toFixed(2).padStart(8)} ${(us / count).toFixed(2).padStart(9)}  ${test}`,
    );
  }
}

function line(figure: number, text: string): void {
  process.stdout.write(`${figure.toFixed(2).padStart(12)}  ${text}\n`);
}

function largest<Of>(counts: ReadonlyMap<string, Of>, size: (of: Of) => number): readonly [string, Of][] {
  return [...counts].sort(([, left], [, right]) => size(right) - size(left)).slice(0, LISTED);
}

function add(counts: Map<string, number>, what: string, more = 1): void {
  counts.set(what, (counts.get(what) ?? 0) + more);
}

/** Rules that the interpreter runs, and the names of tests. */
function countRules({ programs, fast }: Plan): void {
  const always = (fast?.always ?? []).map((steps) => steps.map(({ planned }) => planned.rule.id).join(' '));
  process.stdout.write(`rules of each phase that no test names: ${always.join(' | ')}\n`);
  for (const link of fast?.naming.links ?? []) {
    const rule = fast?.naming.rules[link.rule]?.step.planned.rule;
    const { literals } = link.operator;
    const need =
      literals === undefined ? (signsNeeded(link.operator) === NO_SIGN ? 'all' : 'signs') : 'literals';
    ruleOf[link.id] = `${rule?.id ?? ''} (${link.isNegated ? 'negated' : need})`;
  }
  for (const step of programs.flatMap(({ steps }) => steps)) {
    if (typeof step === 'string') continue;
    const { links } = step;
    // Asked once when a rule begins, and once more for each link.
    let index = -1;
    Object.defineProperty(step, 'links', {
      get() {
        if (++index % 2 === 0) add(rulesRun, `${step.rule.id} phase ${step.rule.phase}`);
        return links;
      },
    });
  }
}

/** Puts counters around what the engine does with values and texts. */
function countMethods(): void {
  around(Kind.prototype, 'matches', (run, text: string) => {
    add(sums, 'CRS: values shown');
    add(sums, 'CRS: bytes of them', text.length);
    return run();
  });
  around(LiteralScanner.prototype, 'scanInto', (run, text: string, bits: Uint32Array) => {
    const isAny = run() as boolean;
    add(sums, 'CRS: scans');
    add(sums, 'CRS: bytes scanned', text.length);
    if (isAny) add(sums, 'CRS: tests that scans name', bits.reduce(addBits, 0));
    return isAny;
  });
  around(TextState.prototype, 'holds', (run, test: { readonly id: number }) => {
    const start = performance.now();
    const isHeld = run() as boolean;
    const us = 1_000 * (performance.now() - start);
    const name = ruleOf[test.id] ?? String(test.id);
    const known = testsRun.get(name) ?? { count: 0, held: 0, us: 0 };
    testsRun.set(name, {
      count: known.count + 1,
      held: known.held + (isHeld ? 1 : 0),
      us: known.us + us,
    });
    add(sums, 'CRS: tests run');
    return isHeld;
  });
  around(NeedScan.prototype, 'scan', (run, text: string, before: readonly number[]) => {
    const needs = run() as readonly number[];
    add(sums, 'Snort: scans');
    add(sums, 'Snort: bytes scanned', text.length);
    add(sums, 'Snort: needs met', needs.length - before.length);
    return needs;
  });
  around(MessageRun.prototype, 'named', (run) => {
    const named = run() as readonly number[];
    add(sums, 'Snort: rules named', named.length);
    return named;
  });
}

/** Replaces a method of at most two arguments by `other`, which is given a function that runs the method, and these. */
function around(
  prototype: object,
  name: string,
  other: (run: () => unknown, first: never, second: never) => unknown,
): void {
  const method = Reflect.get(prototype, name) as (...args: readonly never[]) => unknown;
  Reflect.set(prototype, name, function (this: unknown, first: never, second: never): unknown {
    return other(() => Reflect.apply(method, this, [first, second]), first, second);
  });
}

function addBits(sum: number, word: number): number {
  let count = sum;
  for (let bits = word; bits !== 0; bits &= bits - 1) count++;
  return count;
}
