/**
 * Runs one rule on one exchange: its links in order, their actions, and the hit that it leaves.
 *
 * Actions are carried out for each value that matches, also in a link whose chain does not hold in the end, as in
 * ModSecurity 3. A rule leaves one hit whatever the number of values: the first one of its last link, and what the hit
 * tells is put together when that one has matched. Values behind it change captures, and would be told in its place.
 */
import { USED_UP } from '../../base/verdict.ts';
import type { Hit } from '../../base/verdict.ts';
import { readNumber } from '../operators/numbers.ts';
import { capturesOf } from '../operators/operator.ts';
import type { HeldTexts } from '../match/held-texts.ts';
import type { Action, Control } from '../rule/action.ts';
import type { Rule } from '../rule/sec-rule.ts';
import type { Target } from '../rule/target.ts';
import { constantOf } from '../rule/template.ts';
import type { Facts } from '../variables/facts.ts';
import type { MatchedValue } from '../variables/exchange-state.ts';
import { act } from './act.ts';
import type { ActionContext } from './act.ts';
import type { TransformTree } from './transform-tree.ts';
import type { Chooser } from './choose.ts';
import { evaluateLink } from './evaluate-link.ts';
import type { LinkMatch } from './evaluate-link.ts';
import { expand } from './expand.ts';
import type { PlannedLink, PlannedRule } from './planned-rule.ts';

/** What running rules needs beside the exchange. */
export interface RunContext extends ActionContext {
  readonly chains: TransformTree;
  readonly chooser: Chooser;
}

/** Bytes of the matched text that a hit keeps. */
const MATCHED_BYTES_MAX = 128;
/** Bytes of an expanded message, tag or logdata that a hit keeps. */
const TEXT_BYTES_MAX = 512;
/**
 * Runs of the rest of a chain for the matches of one link. A form has some dozens of values that match the same test;
 * beyond, links that look at one of them count as matched and are carried out: who sends more does so to hide one.
 */
const FOLLOWED_MAX = 100;

/** One run of a rule. */
interface Run {
  readonly planned: PlannedRule;
  readonly facts: Facts;
  readonly context: RunContext;
  readonly removed: readonly Target[];
  readonly held: HeldTexts | undefined;
  followed: number;
  score: number;
  /** What it is told as matched was not found out: an operator gave up, or more values matched than are followed. */
  isExhausted: boolean;
  /** What the last link matched: MATCHED_VAR for whoever asks behind the rule. */
  lastMatched: readonly MatchedValue[];
  /** By their index, links that say the same in every run of the chain: what satisfies them, asked for those not followed. */
  steady: Map<number, LinkMatch | undefined> | undefined;
  /** Undefined until the whole rule has matched, and for a rule that leaves no hit. */
  told: Told | undefined;
}

/** What a hit tells with macros in it. */
type Told = Pick<Hit, 'message' | 'tags' | 'data'>;

/** `held` is what naming has found out of the values of the exchange. */
export function evaluateRule(
  planned: PlannedRule,
  facts: Facts,
  context: RunContext,
  held?: HeldTexts,
): Hit | undefined {
  const { state } = facts;
  state.rule = planned.rule;
  state.matched = [];
  const removed = removedTargets(planned.rule, state.removals, context.chooser);
  const run: Run = {
    planned,
    facts,
    context,
    removed,
    held,
    followed: 0,
    score: 0,
    isExhausted: false,
    lastMatched: [],
    steady: undefined,
    told: undefined,
  };
  const match = evaluateFrom(run, 0);
  if (match === undefined) return undefined;
  const { rule } = planned;
  state.matched = run.lastMatched;
  if (rule.isLogged && rule.severity < state.highestSeverity) state.highestSeverity = rule.severity;
  return isTold(run) ? hitOf(run, match) : UNLOGGED;
}

/** Whether the rule leaves a hit. What was not found out within its bound is always told. */
const isTold = ({ planned, isExhausted }: Run): boolean => planned.rule.isLogged || isExhausted;

/** Stands for the hit of a rule that leaves none: what it would say is not put together. */
export const UNLOGGED: Hit = Object.freeze({
  rule: '',
  source: '',
  message: '',
  severity: 5,
  tags: [],
  target: '',
  matched: '',
  transformations: [],
});

/** The links from `index` on; answers the first match of the last one. */
function evaluateFrom(run: Run, index: number): LinkMatch | undefined {
  const link = run.planned.links[index]!; // Called for links that are there.
  const isLast = index === run.planned.links.length - 1;
  const isFollowed = link.isFollowedPerMatch && !isLast;
  const { state } = run.facts;
  const matched: MatchedValue[] = [];
  let first: LinkMatch | undefined;
  const onMatch = (match: LinkMatch): boolean => {
    if (isFollowed) matched.length = 0;
    matched.push(match);
    state.matched = matched;
    if (match.isExhausted) run.isExhausted = true;
    if (isLast) run.lastMatched = matched;
    carryOut(run, link, match);
    if (isLast) tell(run);
    const found = isFollowed ? follow(run, index, match) : match;
    // What the rest of the chain matched is not what this link matched.
    state.matched = matched;
    first ??= found;
    return false;
  };
  if (link.link.targets.length === 0) {
    onMatch(ALWAYS_MATCH);
  } else {
    // The values that the link looks at were matched by the link before; its own matches replace them.
    const held = run.held?.of(run.planned, index);
    evaluateLink(run.context.chains, link, run.facts, run.removed, held, onMatch);
  }
  if (first === undefined || isLast || isFollowed) return first;
  return evaluateFrom(run, index + 1);
}

function follow(run: Run, index: number, match: LinkMatch): LinkMatch | undefined {
  if (!match.isExhausted && run.followed++ < FOLLOWED_MAX) return evaluateFrom(run, index + 1);
  return assume(run, index + 1, match);
}

/**
 * Carries the links from `index` on out as if they had matched what was matched before them: it is not known whether. One that
 * looks at nothing of that is asked, and keeps the rest from being carried out if it does not hold.
 */
function assume(run: Run, index: number, match: LinkMatch): LinkMatch | undefined {
  const { links } = run.planned;
  for (let place = index; place < links.length; place++) {
    const link = links[place]!; // Below the length.
    const found = link.isSteady ? steadyMatch(run, place) : match;
    if (found === undefined) return undefined;
    carryOut(run, link, found);
  }
  run.isExhausted = true;
  run.lastMatched = [match];
  tell(run);
  // It was not the last link that found it.
  return { ...match, transformationCount: 0 };
}

/** The first value that satisfies the link, found once for all runs that are not followed. */
function steadyMatch(run: Run, index: number): LinkMatch | undefined {
  const known = (run.steady ??= new Map<number, LinkMatch | undefined>());
  if (!known.has(index)) known.set(index, firstMatch(run, index));
  return known.get(index);
}

function firstMatch({ planned, context, facts, removed, held }: Run, index: number): LinkMatch | undefined {
  const link = planned.links[index]!; // Called for links that are there.
  if (link.link.targets.length === 0) return ALWAYS_MATCH;
  let first: LinkMatch | undefined;
  evaluateLink(context.chains, link, facts, removed, held?.of(planned, index), (match) => {
    first = match;
    return true;
  });
  return first;
}

/** What a link does with each value that matches: captures and actions. */
function carryOut(run: Run, { link }: PlannedLink, match: LinkMatch): void {
  const { facts } = run;
  if (link.isCapturing)
    facts.state.setCaptures(() => (link.isNegated ? [match.text] : capturesOf(match.operator, match.text)));
  for (const action of link.actions) {
    act(facts, action, run.context);
    run.score += scoreOf(facts, action);
  }
}

/** What the action added to an anomaly score, as the CRS calls what its rules add up. */
function scoreOf(facts: Facts, action: Action): number {
  if (action.do !== 'set-variable' || action.change !== 'add' || action.collection !== 'TX') return 0;
  const isScore = constantOf(action.name)?.includes('anomaly_score') === true;
  return isScore ? readNumber(expand(facts, action.value)) : 0;
}

const NO_TARGETS: readonly Target[] = [];

/** The targets that a `ctl` has taken from the rule. */
export function removedTargets(
  rule: Rule,
  removals: readonly Control[],
  chooser: Chooser,
): readonly Target[] {
  let targets = NO_TARGETS;
  for (const removal of removals) {
    if (removal.control !== 'remove-targets' || !chooser.chooses(removal.rules, rule)) continue;
    targets = targets.length === 0 ? removal.targets : [...targets, ...removal.targets];
  }
  return targets;
}

/** The test of SecAction. */
const ALWAYS = { literals: undefined, test: () => true, find: () => ({ start: 0, end: 0 }) };
const ALWAYS_MATCH: LinkMatch = {
  name: '',
  text: '',
  operator: ALWAYS,
  transformationCount: 0,
  isExhausted: false,
};

/** Of the first match of the whole rule. Rules tell in it what their links have captured and set. */
function tell(run: Run): void {
  const { facts, planned } = run;
  const { rule, links } = planned;
  if (run.told !== undefined || !isTold(run)) return;
  const logData = links.findLast(({ link }) => link.logData !== undefined)?.link.logData;
  const data = logData === undefined ? undefined : expand(facts, logData).slice(0, TEXT_BYTES_MAX);
  run.told = {
    message: expand(facts, rule.message).slice(0, TEXT_BYTES_MAX),
    tags: rule.tags.map((tag) => expand(facts, tag).slice(0, TEXT_BYTES_MAX)),
    ...(data === undefined ? {} : { data }),
  };
}

function hitOf(run: Run, match: LinkMatch): Hit {
  const { rule, links } = run.planned;
  const last = links.at(-1)?.link;
  const transformations = last?.transformations.slice(0, match.transformationCount) ?? [];
  const { message, tags, data: said } = run.told!; // A rule that is told and has matched was told.
  const data = run.isExhausted ? [USED_UP, ...(said === undefined ? [] : [said])].join('; ') : said;
  return {
    rule: rule.id,
    source: rule.source,
    message,
    severity: rule.severity,
    tags,
    target: match.name,
    matched: matchedText(match, last?.isNegated === true),
    transformations: transformations.map(({ name }) => name),
    ...(run.score === 0 ? {} : { score: run.score }),
    ...(data === undefined ? {} : { data }),
  };
}

function matchedText({ operator, text }: LinkMatch, isNegated: boolean): string {
  if (isNegated) return text.slice(0, MATCHED_BYTES_MAX);
  const { start, end } = operator.find(text);
  return text.slice(start, Math.min(end, start + MATCHED_BYTES_MAX));
}
