/**
 * Chains that can be decided for one value at a time: the first link looks at values of the exchange, and all others only
 * at what the links before left of it (captures, MATCHED_VAR, members of TX that only this rule sets).
 *
 * Such a rule matches an exchange if and only if it matches one of its values alone: each run of the rest of the chain
 * begins with one value, and what it captured or matched is of that value. Members of TX stay when the next value is tried,
 * so that a chain could put together what several values have set; it is a test of a value only if it reads one of them and
 * nothing besides (readsWhatOthersSet): then the value that has set that one passes too. So the whole rule becomes one test
 * of a value, which can be remembered like any other. Leaving the rule out when no value passes also leaves out what its links
 * set on the way; a value that sets something which another rule reads passes therefore.
 */
import { Buffer } from 'node:buffer';
import type { RunContext } from '../interpret/evaluate-rule.ts';
import { evaluateRule } from '../interpret/evaluate-rule.ts';
import { planRule } from '../interpret/planned-rule.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { capturesOf } from '../operators/operator.ts';
import type { Extent, Operator } from '../operators/operator.ts';
import type { Action } from '../rule/action.ts';
import type { Link, Rule } from '../rule/sec-rule.ts';
import { selects } from '../rule/target.ts';
import type { Target } from '../rule/target.ts';
import { constantOf } from '../rule/template.ts';
import type { Macro } from '../rule/template.ts';
import { ExchangeState } from '../variables/exchange-state.ts';
import type { BaseState, Loud } from '../variables/exchange-state.ts';
import { Facts } from '../variables/facts.ts';
import { Value } from '../variables/value.ts';
import type { CleanStep } from './fold.ts';
import { byteBeforeEnding } from './ending.ts';
import { isCaptureName } from './static-rules.ts';
import { maySelect } from './tx-use.ts';
import type { TxUse } from './tx-use.ts';

/** The rule as a test of one value, after the transformations of its first link; undefined when it is none. */
export function asValueTest(
  { planned, state }: CleanStep,
  use: TxUse,
  loud: Loud,
  context: RunContext,
): Operator | undefined {
  const { rule } = planned;
  const [first, ...rest] = rule.links;
  if (first === undefined || rest.length === 0 || use.hasForeignCaptures) return undefined;
  if (!isSelfContained(rule, use) || readsWhatOthersSet(rule)) return undefined;
  const targets = first.targets
    .slice(0, 1)
    .map((target) => ({ ...target, selector: undefined, excluded: [] }));
  const alone = { ...first, targets, transformations: [], isMultiMatch: false };
  const single = planRule({ ...rule, links: [alone, ...rest] }, planned.index, context.chains);
  let isExhausted = false;
  const evaluate = (text: string): boolean => {
    const facts = new OneValue(text, state, loud);
    const hit = evaluateRule(single, facts, context);
    isExhausted = facts.state.isExhausted;
    return hit !== undefined || leavesSomething(facts.state, rule, use);
  };
  const operator = first.isNegated || first.test.kind === 'macro' ? undefined : first.test.operator;
  const captured = operator !== undefined && dependsOnCaptures(rule) ? new CaptureMemo(operator) : undefined;
  return {
    get literals() {
      return operator?.literals;
    },
    neededBytes: (allowed) => operator?.neededBytes?.(allowed),
    longest: () => operator?.longest?.(),
    markedLiterals: (marks, absent) => operator?.markedLiterals?.(marks, absent),
    test(text) {
      isExhausted = false;
      return captured === undefined ? evaluate(text) : captured.answer(text, evaluate);
    },
    find: (text): Extent => ({ start: 0, end: text.length }),
    wasExhausted: () => isExhausted,
  };
}

/**
 * Whether the test of a rule that is one says the same in any state: all that its links look at, and the names that they set,
 * were captured from the value, or are it.
 */
export function isOfValueAlone({ links }: Rule): boolean {
  return links.every(({ targets, test, actions }, index) => {
    const isLast = index === links.length - 1;
    return (
      (index === 0 || targets.every(isTargetOfValue)) &&
      (test.kind === 'ready' || test.argument.every(isTextOfValue)) &&
      // What the last link sets, it sets when the rule matches.
      (isLast || actions.every((action) => action.do === 'set-variable' && action.name.every(isTextOfValue)))
    );
  });
}

function isTargetOfValue({ variable, selector }: Target): boolean {
  if (variable.name === 'TX') return selector?.kind === 'name' && isCaptureName(selector.name);
  return variable.name === 'MATCHED_VAR' || variable.name === 'MATCHED_VARS';
}

function isTextOfValue(part: string | Macro): boolean {
  if (typeof part === 'string') return true;
  const { variable, member } = part;
  return variable.name === 'MATCHED_VAR' || (variable.name === 'TX' && isCaptureName(member ?? ''));
}

/** Whether all that the rest of the chain knows of the value is what the first link captured. */
function dependsOnCaptures(rule: Rule): boolean {
  const [first, ...rest] = rule.links;
  if (first?.isCapturing !== true) return false;
  const last = rule.links.length - 1;
  return (
    rest.every(({ targets }) => targets.every(({ variable }) => variable.name === 'TX')) &&
    // What the last link sets, it sets when the rule matches.
    rule.links.every(
      ({ test, actions }, index) =>
        (test.kind !== 'macro' || test.argument.every(isTextOfTx)) &&
        (index === last || actions.every(actsOnTx)),
    )
  );
}

function actsOnTx(action: Action): boolean {
  return action.do === 'set-variable' && [...action.name, ...action.value].every(isTextOfTx);
}

function isTextOfTx(part: string | Macro): boolean {
  return typeof part === 'string' || part.variable.name === 'TX';
}

/** Captures whose outcome is known, and how long they may be together. Those that clients make up push out the others. */
const CAPTURES_MAX = 256;
const CAPTURE_BYTES_MAX = 128;

/** Outcomes by what was captured: the names of files differ, their endings are few. */
class CaptureMemo {
  readonly #operator: Operator;
  #known = new Map<string, boolean>();
  /** What stands before an ending that is captured, when the pattern is about nothing else. */
  readonly #beforeEnding: string | undefined;
  #knownEndings = new Map<string, boolean>();

  constructor(operator: Operator) {
    this.#operator = operator;
    this.#beforeEnding = operator.regex === undefined ? undefined : byteBeforeEnding(operator.regex);
  }

  answer(text: string, evaluate: (text: string) => boolean): boolean {
    if (this.#beforeEnding !== undefined && !text.includes('\n'))
      return this.#answerEnding(text, text.lastIndexOf(this.#beforeEnding), evaluate);
    const captures = this.#captures(text);
    if (captures === NO_MATCH) return false;
    if (captures === UNKNOWN) return evaluate(text);
    // With the lengths, so that no other captures are written like these.
    let key = '';
    for (const capture of captures) key += `${capture.length}:${capture},`;
    if (key.length > CAPTURE_BYTES_MAX) return evaluate(text);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const answer = evaluate(text);
    if (this.#known.size >= CAPTURES_MAX) this.#known = new Map();
    this.#known.set(key, answer);
    return answer;
  }

  /** The same where it is known what is captured: what stands behind `before`. */
  #answerEnding(text: string, before: number, evaluate: (text: string) => boolean): boolean {
    if (before < 0 || before === text.length - 1) return false;
    if (text.length - before > CAPTURE_BYTES_MAX) return evaluate(text);
    const ending = text.slice(before + 1);
    const known = this.#knownEndings.get(ending);
    if (known !== undefined) return known;
    const answer = evaluate(text);
    if (this.#knownEndings.size >= CAPTURES_MAX) this.#knownEndings = new Map();
    // A string of its own: what a client sent would be kept as a whole.
    this.#knownEndings.set(Buffer.from(ending, 'latin1').toString('latin1'), answer);
    return answer;
  }

  #captures(text: string): readonly string[] | typeof NO_MATCH | typeof UNKNOWN {
    const operator = this.#operator;
    // A pattern that has groups is looked for once: whether it matches, and where, are then one question.
    const match = operator.regex?.find(text);
    if (operator.regex === undefined ? !operator.test(text) : match === undefined) return NO_MATCH;
    const isExhausted = match?.isExhausted ?? operator.wasExhausted?.() === true;
    return isExhausted ? UNKNOWN : capturesOf(operator, text);
  }
}

const NO_MATCH = 'no match';
/** It could not be found out within its bound. */
const UNKNOWN = 'unknown';

/** Whether the rule has set what another rule reads, or has left the clean path. */
function leavesSomething(state: ExchangeState, rule: Rule, use: TxUse): boolean {
  if (state.hasLeft()) return true;
  for (const name of state.quietNames())
    if (!isCaptureName(name) && use.isReadBeside(name, rule)) return true;
  return false;
}

/** An exchange in which every variable has this value. */
class OneValue extends Facts {
  readonly #values: readonly Value[];

  constructor(text: string, state: BaseState, loud: Loud) {
    super(NO_REQUEST, DEFAULT_LIMITS, new ExchangeState(state, loud), () => 0);
    this.#values = [new Value('', text)];
    this.phase = 5;
  }

  override keep(): readonly Value[] {
    return this.#values;
  }
}

const NO_REQUEST = {
  method: '',
  target: '',
  version: '',
  headers: { count: 0, name: () => '', value: () => '' },
  clientAddress: '',
};

function isSelfContained(rule: Rule, use: TxUse): boolean {
  return rule.links.every((link, index) => {
    if (link.test.kind === 'macro' && !link.test.argument.every(isKnownText)) return false;
    if (index === 0 ? link.targets.some(({ isCount }) => isCount) : !looksBack(rule, link, use)) return false;
    // The last link acts only when the rule matches: then it is run as any other.
    return (
      index === rule.links.length - 1 || link.actions.every((action) => isOwnAction(rule, index, action, use))
    );
  });
}

function looksBack(rule: Rule, link: Link, use: TxUse): boolean {
  return (
    link.targets.length > 0 &&
    link.targets.every(({ variable, selector, isCount, excluded }) => {
      if (isCount || excluded.length > 0) return false;
      if (variable.name === 'MATCHED_VAR' || variable.name === 'MATCHED_VARS') return selector === undefined;
      return variable.name === 'TX' && selector !== undefined && !use.isWrittenBeside(selector, rule);
    })
  );
}

/**
 * In the argument of a test every member of TX will do: as long as an exchange is on the clean path, nobody but the rule
 * itself has changed one that stands there (compile/find-loud.ts).
 */
function isKnownText(part: string | Macro): boolean {
  if (typeof part === 'string') return true;
  return part.variable.name === 'MATCHED_VAR' || (part.variable.name === 'TX' && part.member !== undefined);
}

function isOwnAction(rule: Rule, index: number, action: Action, use: TxUse): boolean {
  if (action.do !== 'set-variable' || action.collection !== 'TX' || action.change !== 'set') return false;
  if (![...action.name, ...action.value].every((part) => isOwnText(part, rule, use))) {
    // What the value alone does not tell, such as its name, may be set if no link behind looks at it.
    const name = constantOf(action.name)?.toLowerCase();
    return name !== undefined && !rule.links.slice(index + 1).some((link) => looksAt(link, name));
  }
  return true;
}

function isOwnText(part: string | Macro, rule: Rule, use: TxUse): boolean {
  if (typeof part === 'string') return true;
  const { variable, member } = part;
  if (variable.name === 'MATCHED_VAR') return true;
  if (variable.name !== 'TX' || member === undefined) return false;
  return isCaptureName(member) || !use.isWrittenBeside({ kind: 'name', name: member }, rule);
}

function looksAt(link: Link, name: string): boolean {
  return (
    link.targets.some(
      ({ variable, selector }) =>
        variable.name === 'TX' && (selector === undefined || selects(selector, name)),
    ) ||
    (link.test.kind === 'macro' &&
      link.test.argument.some((part) => typeof part !== 'string' && part.member === name))
  );
}

/**
 * Whether the chain may put together what several values have set: a setting made of another, an argument of a test, or
 * one of several links behind it reads a member that an earlier value may have left.
 */
function readsWhatOthersSet({ links }: Rule): boolean {
  const settings = links
    .slice(0, -1)
    .flatMap(({ actions }) => actions)
    .filter((action) => action.do === 'set-variable');
  if (settings.length === 0) return false;
  const isSet = (part: string | Macro): boolean =>
    isMacroThatStays(part) &&
    settings.some(({ name }) => maySelect({ kind: 'name', name: part.member }, name));
  const [, ...later] = links;
  return (
    settings.some(({ name, value }) => [...name, ...value].some(isSet)) ||
    later.some(({ test }) => test.kind === 'macro' && test.argument.some(isSet)) ||
    (later.length > 1 && later.some(({ targets }) => targets.some(isMemberThatStays)))
  );
}

/** Of a member of TX that no other value does away with: captures are each value's own. */
function isMacroThatStays(part: string | Macro): part is Macro & { readonly member: string } {
  if (typeof part === 'string' || part.variable.name !== 'TX' || part.member === undefined) return false;
  return !isCaptureName(part.member);
}

function isMemberThatStays({ variable, selector }: Target): boolean {
  return variable.name === 'TX' && !(selector?.kind === 'name' && isCaptureName(selector.name));
}
