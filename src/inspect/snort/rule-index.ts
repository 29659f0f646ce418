/**
 * The rules of one direction by what a message must hold for them: names those that are worth evaluating.
 *
 * Each rule is listed under one of its needs only, so that what is not met costs nothing; whether its other needs
 * are met is asked when that one is.
 */
import type { CompiledRule } from './compile.ts';
import type { Coverages } from './coverage.ts';
import { Expected } from './expected.ts';
import { needsOf } from './needs.ts';
import type { Need } from './needs.ts';
import { MethodNeeds, methodNeedsOf } from './method-needs.ts';
import type { MethodNeed } from './method-needs.ts';
import { SHORT_BITS_EACH } from '../match/windows.ts';
import { makeNeedScanTables, NeedScan, NO_NEEDS, packed } from './need-scan.ts';
import type { NeedIds, NeedScanTables } from './need-scan.ts';

/** What an index goes by; nothing of it changes, so that threads can share it. */
export interface RuleIndexTables {
  readonly needCount: number;
  readonly method: readonly MethodNeed[];
  /** The header field that each need is about: a place in `fieldNames`, or -1. */
  readonly fieldOf: Int32Array;
  readonly fieldNames: readonly string[];
  /** Undefined where no need is looked for. */
  readonly line: NeedScanTables | undefined;
  readonly fields: NeedScanTables | undefined;
  readonly body: NeedScanTables | undefined;
  /** Bytes of the longest literal; 0 without any. */
  readonly literalBytesMax: number;
  readonly always: readonly number[];
  readonly withBits: readonly number[];
  readonly rules: Int32Array;
  readonly start: Int32Array;
  readonly others: Int32Array;
  readonly othersStart: Int32Array;
}

export class RuleIndex {
  readonly tables: RuleIndexTables;
  readonly method: MethodNeeds;
  /** Undefined where no need is looked for. */
  readonly line: NeedScan | undefined;
  readonly fields: NeedScan | undefined;
  readonly body: NeedScan | undefined;
  /** Places in `rules` of those that are evaluated for every message. */
  readonly always: readonly number[];
  /** Those without a need that test a bit: evaluated when any bit of the connection is set, or may be (nameRules). */
  readonly withBits: readonly number[];
  /** For each need the rules that are listed under it, from #start on. */
  readonly #rules: Int32Array;
  readonly #start: Int32Array;
  /** For each rule its needs besides the one that it is listed under, from #othersStart on. */
  readonly #others: Int32Array;
  readonly #othersStart: Int32Array;
  /** MET or LOOKED_AT while rules are named, else 0. */
  readonly #isMet: Uint8Array;

  constructor(tables: RuleIndexTables) {
    this.tables = tables;
    this.method = new MethodNeeds(tables.method);
    this.line = scanBy(tables.line);
    this.fields = scanBy(tables.fields);
    this.body = scanBy(tables.body);
    this.always = tables.always;
    this.withBits = tables.withBits;
    this.#rules = tables.rules;
    this.#start = tables.start;
    this.#others = tables.others;
    this.#othersStart = tables.othersStart;
    this.#isMet = new Uint8Array(tables.needCount);
  }

  /** Whether rules may be named for a message that meets no need under which one is listed, and whose connection has bits or not. */
  namesWithoutNeeds(hasBits: boolean): boolean {
    return this.always.length > 0 || (hasBits && this.withBits.length > 0);
  }

  /** Whether a rule is listed under one of the needs. Where none is, no rule is named, whatever its other needs are. */
  lists(ids: NeedIds): boolean {
    for (const id of ids) if (this.#start[id + 1]! > this.#start[id]!) return true; // Of every need.
    return false;
  }

  /** Of the needs those under which a rule is listed that is not one of these. */
  listedBesides(ids: NeedIds, rules: ReadonlySet<number>): NeedIds {
    const left = ids.filter((id) =>
      this.#rules.subarray(this.#start[id], this.#start[id + 1]).some((rule) => !rules.has(rule)),
    );
    return left.length === 0 ? NO_NEEDS : left;
  }

  /** The rules whose needs are all met by one of the lists, for which `isAsked` is 1, in order. */
  named(lists: readonly NeedIds[], hasBits: boolean, isAsked: Uint8Array): number[] {
    const isMet = this.#isMet;
    const found: number[] = [];
    for (const ids of lists) for (const id of ids) isMet[id] = MET;
    for (const ids of lists) this.#addNamed(ids, isAsked, found);
    for (const ids of lists) for (const id of ids) isMet[id] = 0;
    for (const rule of this.always) if (isAsked[rule] === 1) found.push(rule);
    if (hasBits) for (const rule of this.withBits) if (isAsked[rule] === 1) found.push(rule);
    return found.length < 2 ? found : found.sort((left, right) => left - right);
  }

  /** A need that is met twice is looked at once, and a rule is listed once. */
  #addNamed(ids: NeedIds, isAsked: Uint8Array, found: number[]): void {
    for (const id of ids) {
      if (this.#isMet[id] === LOOKED_AT) continue;
      this.#isMet[id] = LOOKED_AT;
      const end = this.#start[id + 1]!; // Of every need.
      for (let place = this.#start[id]!; place < end; place++) {
        const rule = this.#rules[place]!; // Below the end.
        if (isAsked[rule] === 1 && this.#areOthersMet(rule)) found.push(rule);
      }
    }
  }

  #areOthersMet(rule: number): boolean {
    const end = this.#othersStart[rule + 1]!; // Of every rule.
    for (let place = this.#othersStart[rule]!; place < end; place++) {
      if (this.#isMet[this.#others[place]!] === 0) return false; // Below the end.
    }
    return true;
  }
}

/** As `index.named`, also with those that test a bit, where one that is named may set it. */
export function nameRules(
  index: RuleIndex,
  rules: { at(index: number): CompiledRule | undefined },
  lists: readonly NeedIds[],
  hasBits: boolean,
  isAsked: Uint8Array,
): number[] {
  const named = index.named(lists, hasBits, isAsked);
  if (hasBits || index.withBits.length === 0) return named;
  // Named by their place.
  const maySet = named.some((rule) => rules.at(rule)!.rule.effects.length > 0);
  return maySet ? index.named(lists, true, isAsked) : named;
}

const MET = 1;
const LOOKED_AT = 2;

/** However rare a need is thought to be, some site has it everywhere. */
const COST_MIN = 0.001;

/** Rules are known by their place in `rules`. */
export function makeIndexTables(rules: readonly CompiledRule[], coverages: Coverages): RuleIndexTables {
  const table = new NeedTable();
  const expected = new Expected();
  const always: number[] = [];
  const withBits: number[] = [];
  const listed: number[][] = [];
  const needed = rules.map((compiled) =>
    needsOf(compiled, coverages, expected).map((need) => table.idOf(need)),
  );
  const others = needed.map((ids, rule) => {
    const first = table.cheapest(ids);
    // Every rule has its number.
    if (first === undefined) (needsBit(rules[rule]!) ? withBits : always).push(rule);
    else (listed[first] ??= []).push(rule);
    return ids.filter((id) => id !== first);
  });
  const { needs } = table;
  const [rulesOf, start] = packed(Array.from(needs, (_, id) => listed[id] ?? []));
  const [otherNeeds, othersStart] = packed(others);
  const fields = needs.map(({ coverage }) => coverage.field);
  const fieldNames = [...new Set(fields)].filter((name) => name !== undefined);
  return {
    needCount: needs.length,
    method: methodNeedsOf(needs),
    fieldOf: Int32Array.from(fields, (name) => (name === undefined ? -1 : fieldNames.indexOf(name))),
    fieldNames,
    line: scanFor(needs, ({ coverage }) => coverage.isInLine, { bitsEach: SHORT_BITS_EACH }),
    fields: scanFor(needs, ({ coverage }) => coverage.field !== undefined, { bitsEach: SHORT_BITS_EACH }),
    body: scanFor(needs, ({ coverage }) => coverage.isInBody, { hasStrides: true }),
    literalBytesMax: needs.reduce(
      (most, { literals }) => literals.reduce((longest, { length }) => Math.max(longest, length), most),
      0,
    ),
    always,
    withBits,
    rules: rulesOf,
    start,
    others: otherNeeds,
    othersStart,
  };
}

class NeedTable {
  readonly needs: Need[] = [];
  /** How many rules have each. */
  readonly #holders: number[] = [];
  readonly #ids = new Map<string, number>();

  idOf(need: Need): number {
    const known = this.#ids.get(need.key);
    const id = known ?? this.needs.push(need) - 1;
    if (known === undefined) this.#ids.set(need.key, id);
    this.#holders[id] = (this.#holders[id] ?? 0) + 1;
    return id;
  }

  /** Under which of its needs a rule is listed: a rare one that few others have. */
  cheapest(ids: readonly number[]): number | undefined {
    let best: number | undefined;
    let bestCost = Infinity;
    for (const id of ids) {
      const cost = listingCost(this.needs[id]) * (this.#holders[id] ?? 0);
      if (cost >= bestCost) continue;
      best = id;
      bestCost = cost;
    }
    return best;
  }
}

/**
 * What it costs to list a rule under the need, for each rule that has it. A need that nearly every request meets (GET) makes each
 * of them ask which rules it names, and is taken where there is no other.
 */
function listingCost(need: Need | undefined): number {
  const cost = Math.max(COST_MIN, need?.cost ?? 0);
  return need?.coverage.isMethod === true && cost > USUAL_METHOD_COST ? ASKED_BY_ALL : cost;
}

const USUAL_METHOD_COST = 0.1;
const ASKED_BY_ALL = 1_000;

function scanBy(tables: NeedScanTables | undefined): NeedScan | undefined {
  return tables === undefined ? undefined : new NeedScan(tables);
}

function scanFor(
  needs: readonly Need[],
  isIn: (need: Need) => boolean,
  options?: Parameters<typeof makeNeedScanTables>[2],
): NeedScanTables | undefined {
  const ids = [...needs.keys()].filter((id) => isIn(needs[id]!)); // Its keys.
  return ids.length === 0 ? undefined : makeNeedScanTables(needs, ids, options);
}

/** Whether the rule can only match when a bit or an integer of the connection is set. */
function needsBit({ rule }: CompiledRule): boolean {
  return rule.conditions.some(
    (condition) =>
      (condition.kind === 'flowbits' && condition.test === 'isset') ||
      (condition.kind === 'flowint' && condition.test !== 'isnotset'),
  );
}
