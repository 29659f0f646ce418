/**
 * Which tests of which rules can be decided from the values of an exchange alone, and the tables by which they are
 * (match/). The rest, and every rule that they name, is for the interpreter.
 */
import type { RunContext } from '../interpret/evaluate-rule.ts';
import { isSelected, makeOperator } from '../interpret/evaluate-link.ts';
import { EXPANDED_BYTES_MAX } from '../interpret/expand.ts';
import type { TransformTree } from '../interpret/transform-tree.ts';
import type { PlannedLink } from '../interpret/planned-rule.ts';
import { Kind, NO_TESTS } from '../match/kind.ts';
import type { KindContext, LiteralScan, NarrowScan, TestIds, ValueTest } from '../match/kind.ts';
import { literalTablesFor } from '../match/literal-bits.ts';
import { LiteralScanner } from '../match/literal-scanner.ts';
import { Memo } from '../match/memo.ts';
import { ShortTexts } from '../match/short-texts.ts';
import type { Operator } from '../operators/operator.ts';
import { foldAscii } from '../match/phrase-automaton.ts';
import { RecentStates, SpareBits } from '../match/text-state.ts';
import { Together } from '../match/together.ts';
import { RegexMemory } from '../rx/memory.ts';
import type { Regex } from '../rx/regex.ts';
import { setTablesFor } from '../rx/regex-set.ts';
import { groupBytes, NEED_LITERAL } from './byte-groups.ts';
import { chainSteps } from './chain-steps.ts';
import { literalsOfProse, literalsWithSigns, NO_SIGN, PROSE_SIGNS, SIGN_BITS, signsNeeded } from './signs.ts';
import { LOOKS, TRIGGER_BITS } from './triggers.ts';
import type { PlanNotes } from '../shared/notes.ts';
import type { Link } from '../rule/sec-rule.ts';
import type { Target } from '../rule/target.ts';
import { Value } from '../variables/value.ts';
import type { Variable } from '../variables/variable.ts';
import type { CleanStep } from './fold.ts';
import type { Loud } from '../variables/exchange-state.ts';
import { constantUnder } from './constant-under.ts';
import { asValueTest, isOfValueAlone } from './self-contained.ts';
import type { TxUse } from './tx-use.ts';

/** Values of arguments that are remembered: some forms of a thousand fields. */
const SHORT_TEXTS = 32_768;
/**
 * One for the thread: a rule set that takes the place of another pushes out what that knew, instead of having 3 MiB of its
 * own. What is known are ids of tests, which keep no rule set alive; the kinds of each have owners' numbers of their own.
 */
const KNOWN_ARGUMENTS = new ShortTexts<TestIds>(SHORT_TEXTS, NO_TESTS);

/** Up to so many tests of the request line are run on each; beyond, the line as a whole is looked through. */
const RUN_MAX = 8;

/** Literals of a negated test that are worth looking for: those of a range of bytes, which hardly any text has. */
const FAULTS_MIN = 32;

/** One link whose outcome for a value depends on nothing but the value. */
export interface NamedLink {
  readonly id: number;
  readonly rule: number;
  readonly planned: PlannedLink;
  readonly operator: Operator;
  readonly isNegated: boolean;
}

/** A rule and the tests of it that must all have matched something before it is worth running. */
export interface NamedRule {
  readonly step: CleanStep;
  /** Ids of tests. Empty for rules that have to be run always. */
  readonly needs: readonly number[];
  /**
   * True when the tests hold whatever the state is; false when one was made for the state of the clean path, so that
   * it says nothing once another rule has acted.
   */
  readonly isNamedInAnyState: boolean;
  /** For each link the test that says of a value whether it satisfies the link, whatever the state is; -1 for none. */
  readonly linkTests: readonly number[];
}

export interface Naming {
  readonly rules: readonly NamedRule[];
  readonly links: readonly NamedLink[];
  /** Tests of counts, by their place. */
  readonly counts: readonly CountTest[];
  readonly context: KindContext;
  /** The kind for values of these variables whose member has this name, lower case; undefined when no test looks. */
  readonly kindFor: (
    variables: readonly Variable[],
    member: string,
    rememberedMax: number,
  ) => Kind | undefined;
}

/** `&NAME:member`. */
export interface CountTest {
  readonly id: number;
  readonly target: Target;
  /** Whether the test holds for a count. */
  readonly holds: (count: number) => boolean;
}

/** What naming needs beside the rules. */
export interface NamingContext {
  /** What bounds the automata of patterns. */
  readonly patterns: RegexMemory | undefined;
  /** What was found out before of the same rules; it is added to. */
  readonly notes: PlanNotes;
  readonly run: RunContext;
  readonly use: TxUse;
  readonly loud: Loud;
  /** Whether the namer shows the values of a variable. */
  readonly isShown: (variable: Variable) => boolean;
}

export function compileNaming(steps: readonly CleanStep[], naming: NamingContext): Naming {
  const { chains } = naming.run;
  const links: NamedLink[] = [];
  const rules = steps.map((step, index) => nameRule(step, index, links, naming));
  const positive = links.map(({ operator, isNegated }) => (isNegated ? NO_LITERALS : operator));
  const bytes = naming.notes.of('bytes', () => bytesOf(positive, links));
  if (bytes.needs.length !== links.length) throw new Error('What was noted of the rules is of other rules');
  const patterns: Regex[] = [];
  let repeatCount = 0;
  const tests: readonly ValueTest[] = links.map(({ id, operator, isNegated, planned }) => ({
    id,
    operator,
    isNegated,
    signs: bytes.signs[id]!, // One a link, here and below.
    faults: bytes.faults[id]!,
    sizeMax: isNegated ? Infinity : (operator.longest?.() ?? Infinity),
    place: isNegated || bytes.needs[id] === NEED_LITERAL ? -1 : placeIn(patterns, operator),
    repeat: planned.nodes.length > 1 ? repeatCount++ : -1,
  }));
  const tables = {
    tests,
    needOf: ({ id }: NamedLink): number => bytes.needs[id]!,
    marked: markedOf(links, naming),
    searches: new Map(),
  };
  const context: KindContext = {
    tests,
    tables: { triggers: TRIGGER_BITS, groups: bytes.groups, signs: SIGN_BITS },
    looks: LOOKS,
    fold: foldAscii,
    memo: new Memo(),
    short: KNOWN_ARGUMENTS,
    together: togetherOf(patterns, naming),
    recent: new RecentStates(),
    spare: new SpareBits(tests.length),
    every: new Uint32Array((tests.length + 31) >>> 5).fill(-1),
  };
  const scans = new Map<Place, LiteralScan>(
    PLACES.map((place) => {
      const isScanned = (id: number): boolean =>
        bytes.needs[id] === NEED_LITERAL && looksIn(links[id]!, place); // One a link.
      const made = naming.notes.of(`literals: ${place}`, () =>
        literalTablesFor(positive.map((operator, id) => (isScanned(id) ? operator : NO_LITERALS))),
      );
      return [place, new LiteralScanner(made)];
    }),
  );
  const narrow = narrowScans(tests, bytes.needs, links, naming);
  const kinds = new Map<string, Kind>();
  return {
    rules,
    links,
    counts: links.flatMap((link) => countTests(link, chains)),
    context,
    kindFor(variables, member, rememberedMax) {
      const found = links.filter((link) => looksAt(link, variables, member));
      if (found.length === 0) return undefined;
      const key = `${rememberedMax}:${found.map(({ id }) => id).join(' ')}`;
      let kind = kinds.get(key);
      if (kind === undefined) {
        const [first] = variables;
        const scan = scans.get(first === undefined ? 'request' : placeOf(first))!; // One for each place.
        kind = new Kind(
          chainSteps(found, tables, chains),
          context,
          scan,
          found.every(isOfArguments) ? narrow : [],
          kinds.size,
          rememberedMax,
          first?.name === 'REQUEST_LINE' && found.length <= RUN_MAX,
        );
        kinds.set(key, kind);
      }
      return kind;
    },
  };
}

/** Where a pattern stands that may run together with others; -1 for what is none, or does not run in linear time. */
function placeIn(patterns: Regex[], { regex }: Operator): number {
  if (regex?.isLinear !== true) return -1;
  const known = patterns.indexOf(regex);
  return known >= 0 ? known : patterns.push(regex) - 1;
}

function togetherOf(patterns: readonly Regex[], { notes, patterns: memory }: NamingContext): Together {
  const tables = notes.of('together', () => setTablesFor(patterns, memory ?? new RegexMemory()));
  const count = tables.groups.reduce((sum, { places }) => sum + places.length, 0);
  if (count !== patterns.length) throw new Error('What was noted of the patterns is of other patterns');
  return new Together(patterns, tables, memory);
}

/** What the tests need of the bytes of a text, each by its id. */
interface TestBytes {
  /** As ByteGroups has it. */
  readonly needs: Int32Array;
  /** As ValueTest has them. */
  readonly faults: Int32Array;
  readonly groups: Int32Array;
  /** compile/signs.ts. */
  readonly signs: Int32Array;
}

/**
 * Safety argument of faults: a value that matches has one of the literals of its operator, so that one without any of their
 * bytes does not match, and satisfies the test if that is negated.
 */
function bytesOf(operators: readonly Operator[], links: readonly NamedLink[]): TestBytes {
  const negated = links.map(({ isNegated, operator }) =>
    isNegated && (operator.literals ?? []).length >= FAULTS_MIN ? operator : NO_LITERALS,
  );
  const { needOf, table } = groupBytes([...operators, ...negated]);
  return {
    needs: Int32Array.from(operators, needOf),
    faults: Int32Array.from(negated, (operator) => Math.max(0, needOf(operator))),
    groups: table,
    signs: Int32Array.from(operators, signsNeeded),
  };
}

/**
 * Scans of arguments that have no other signs than prose has: most literals hold one, or are of tests that need one. A third of
 * them is left, which stop the scan of a long text less often, and hardly any of two bytes.
 */
function narrowScans(
  tests: readonly ValueTest[],
  needs: Int32Array,
  links: readonly NamedLink[],
  { notes }: NamingContext,
): readonly NarrowScan[] {
  return PROSE_SIGNS.map((signs) => {
    const made = notes.of(`literals: arguments ${signs}`, () =>
      literalTablesFor(links.map((link) => literalsWithin(signs, link, tests, needs))),
    );
    return { beyond: ~signs, scan: new LiteralScanner(made) };
  });
}

/** The literals of a test of arguments that a text without other signs may hold, and match. */
function literalsWithin(
  signs: number,
  link: NamedLink,
  tests: readonly ValueTest[],
  needs: Int32Array,
): Pick<Operator, 'literals'> {
  const needed = tests[link.id]!.signs; // One a link.
  const isScanned = !link.isNegated && needs[link.id] === NEED_LITERAL && isOfArguments(link);
  if (!isScanned || (needed !== NO_SIGN && (needed & signs) === 0)) return NO_LITERALS;
  return { literals: literalsOfProse(link.operator, signs) };
}

const ARGUMENT_VARIABLES: ReadonlySet<string> = new Set([
  'ARGS',
  'ARGS_NAMES',
  'ARGS_POST',
  'ARGS_POST_NAMES',
]);

function isOfArguments({ planned }: NamedLink): boolean {
  return planned.link.targets.some(({ variable }) => ARGUMENT_VARIABLES.has(variable.name));
}

/** For tests that look behind a step which takes out bytes; by their ids. */
function markedOf(
  links: readonly NamedLink[],
  { notes, run: { chains } }: NamingContext,
): readonly (readonly string[] | undefined)[] {
  const found = notes.of('marked', () =>
    links.flatMap(({ id, operator, isNegated, planned }) => {
      const removes = planned.nodes
        .flatMap((node) => chains.pathTo(node))
        .find((step) => step.removes !== undefined)?.removes;
      const literals = removes === undefined || isNegated ? undefined : literalsWithSigns(operator, removes);
      return literals === undefined ? [] : [{ id, literals }];
    }),
  );
  const marked: (readonly string[] | undefined)[] = links.map(() => undefined);
  for (const { id, literals } of found) marked[id] = literals;
  return marked;
}

function nameRule(step: CleanStep, rule: number, links: NamedLink[], naming: NamingContext): NamedRule {
  const whole = nameWhole(step, rule, links, naming);
  if (whole !== undefined) return whole;
  const needs: number[] = [];
  const linkTests = step.planned.links.map(() => -1);
  let isNamedInAnyState = true;
  let isQuiet = true;
  for (const [place, planned] of step.planned.links.entries()) {
    // What a link sets is set whether the links behind it hold or not, so that these may not keep it from being run.
    if (!isQuiet) break;
    isQuiet =
      planned.link.actions.length === 0 && !(planned.link.isCapturing && naming.use.hasForeignCaptures);
    if (!isNameable(planned, step, naming)) continue;
    const operator = operatorUnder(planned, step);
    if (operator === undefined) continue;
    if (planned.link.test.kind === 'macro') isNamedInAnyState = false;
    const id = addLink(links, { rule, planned, operator, isNegated: planned.link.isNegated });
    needs.push(id);
    if (isDecided(planned.link)) linkTests[place] = id;
  }
  return { step, needs, isNamedInAnyState, linkTests };
}

/** A chain as one test, where it is one. It is tried with the state of the clean path. */
function nameWhole(
  step: CleanStep,
  rule: number,
  links: NamedLink[],
  naming: NamingContext,
): NamedRule | undefined {
  const planned = step.planned.links[0];
  if (planned === undefined || !isNameable(planned, step, naming)) return undefined;
  const operator = asValueTest(step, naming.use, naming.loud, naming.run);
  if (operator === undefined) return undefined;
  const needs = [addLink(links, { rule, planned, operator, isNegated: false })];
  return { step, needs, isNamedInAnyState: isOfValueAlone(step.planned.rule), linkTests: [] };
}

/** Whether the test says it for each value: not when it was made for one state. */
function isDecided({ test }: Link): boolean {
  return test.kind === 'ready';
}

function addLink(links: NamedLink[], link: Omit<NamedLink, 'id'>): number {
  return links.push({ id: links.length, ...link }) - 1;
}

/** Values are shown when they are known: a rule that asks for them before has to be run. */
function isNameable({ link }: PlannedLink, { planned }: CleanStep, { isShown }: NamingContext): boolean {
  const { phase } = planned.rule;
  return (
    link.targets.length > 0 &&
    link.targets.every(({ variable }) => isShown(variable) && variable.phase <= phase)
  );
}

/** The operator; for one with macros, as they expand on the clean path, if they depend on nothing else. */
function operatorUnder({ link }: PlannedLink, { planned, state }: CleanStep): Operator | undefined {
  if (link.test.kind === 'ready') return link.test.operator;
  const argument = constantUnder(link.test.argument, state, planned.rule);
  // One that cannot be made, or of which the interpreter makes none, is for that.
  if (argument === undefined || argument.length > EXPANDED_BYTES_MAX) return undefined;
  return makeOperator(link.test.operatorKind, argument);
}

/**
 * Where variables are that share a scan. Few tests look at a body as a whole, so that the literals of all others would
 * stop a scan of it for nothing; and what servers answer is prose, in which the tests of answers look for words.
 */
type Place = 'request' | 'body' | 'answer';
const PLACES: readonly Place[] = ['request', 'body', 'answer'];

function placeOf({ phase, name }: Variable): Place {
  if (phase >= 3) return 'answer';
  return name === 'REQUEST_BODY' ? 'body' : 'request';
}

function looksIn({ planned }: NamedLink, place: Place): boolean {
  return planned.link.targets.some(({ variable }) => placeOf(variable) === place);
}

function looksAt({ planned }: NamedLink, variables: readonly Variable[], member: string): boolean {
  const value = new Value(member, '');
  return planned.link.targets.some(
    (target) => !target.isCount && variables.includes(target.variable) && isSelected(value, target),
  );
}

function countTests(link: NamedLink, chains: TransformTree): readonly CountTest[] {
  const { id, operator, planned, isNegated } = link;
  const holds = (count: number): boolean => {
    const value = new Value('', String(count));
    return planned.nodes.some((node) => operator.test(chains.textOf(value, node)) !== isNegated);
  };
  return planned.link.targets.flatMap((target) => (target.isCount ? [{ id, target, holds }] : []));
}

/** Negated tests hold for values without the literal, so that they are run on all. */
const NO_LITERALS: Operator = {
  literals: undefined,
  test: () => true,
  find: (value) => ({ start: 0, end: value.length }),
};
