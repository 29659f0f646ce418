/**
 * What rules have set so far in one exchange: TX and the other collections, what matched last, and what `ctl` changed.
 */
import type { BodyProcessorName, CollectionName, Control } from '../rule/action.ts';
import type { Rule } from '../rule/sec-rule.ts';
import type { CollectionStore, StoredCollection } from '../collections.ts';

/** A value that satisfied an operator. */
export interface MatchedValue {
  /** `ARGS:id`. */
  readonly name: string;
  /** After its transformations. */
  readonly text: string;
}

export type EngineMode = 'on' | 'detect' | 'off';

/** What a `ctl` left out for the rest of the exchange. */
export type Removal = Extract<Control, { readonly control: 'remove-rules' | 'remove-targets' }>;

/** No rule has matched yet: one above the least severe (ModSecurity's HIGHEST_SEVERITY). */
const SEVERITY_NONE = 255;

/**
 * Names and values in TX: rules set some hundreds, and members named after what a client sends must not grow without
 * end. Beyond, no more of those are made; names that stand in a rule file are as many as they are.
 */
const TX_MEMBERS_MAX = 4096;

/** What an exchange may have written that its collections could not keep. */
const UNKEPT_MAX = 256;

const NOTHING: ReadonlyMap<string, string> = new Map();

interface Opened {
  readonly key: string;
  readonly stored: StoredCollection;
  /** What this exchange wrote and the store could not keep: its own rules go by it all the same. */
  unkept: Map<string, string> | undefined;
}

const NO_REMOVALS: readonly Removal[] = [];
const NO_MATCHES: readonly MatchedValue[] = [];

/** What static rules depend on: changing anything else leaves the base as it is. */
export interface Loud {
  /** Whether a member of TX is read or written by a static rule. */
  readonly isName: (name: string) => boolean;
  /** Whether a removal takes a static rule away, or something that it looks at. */
  readonly isRemoval: (removal: Removal) => boolean;
}

const ALL_LOUD: Loud = { isName: () => true, isRemoval: () => true };

/**
 * The part of the state that rules which never look at an exchange can read and change: known when rules are loaded, as
 * long as no other rule changes it (compile/fold.ts).
 */
export interface BaseState {
  /** Names in lower case. */
  readonly tx: ReadonlyMap<string, string>;
  readonly removals: readonly Removal[];
  /** From `ctl:ruleEngine`; undefined leaves it to the route. */
  readonly mode: EngineMode | undefined;
}

export class ExchangeState {
  /** What the last operator matched, in order. */
  matched: readonly MatchedValue[] = NO_MATCHES;
  /** The rule that runs. */
  rule: Rule | undefined;
  highestSeverity: number = SEVERITY_NONE;
  /** True once an expression gave up at its step budget, or a rule could not set what it says. */
  isExhausted = false;
  webAppId = 'default';
  /** Where collections are kept; undefined for that of the plan. */
  readonly store: CollectionStore | undefined;
  /** From `ctl:requestBodyProcessor`. */
  bodyProcessor: BodyProcessorName | undefined;
  isRequestBodyForced = false;
  /** From `ctl`; undefined leaves it to the settings. */
  isResponseBodyRead: boolean | undefined;
  #isOwn = false;
  #base: BaseState;
  #tx: Map<string, string> | undefined;
  readonly #loud: Loud;
  /** Members of TX, and removals, that leave the base as it is. */
  #quiet: Map<string, string> | undefined;
  #hasSet = false;
  #quietRemovals: readonly Removal[] = NO_REMOVALS;
  /** With those of the base; undefined until somebody asks. */
  #allRemovals: readonly Removal[] | undefined;
  /** Finds what TX.0 to TX.9 hold, until somebody asks. */
  #captures: (() => readonly string[]) | undefined;
  #environment: Map<string, string> | undefined;
  #open: Map<CollectionName, Opened> | undefined;

  readonly #routeMode: 'on' | 'detect';

  constructor(
    base: BaseState,
    loud: Loud = ALL_LOUD,
    routeMode: 'on' | 'detect' = 'on',
    store?: CollectionStore,
  ) {
    this.store = store;
    this.#base = base;
    this.#loud = loud;
    this.#routeMode = routeMode;
  }

  /** A state with this base and nothing else, for rules that are run ahead. */
  static empty(mode: EngineMode | undefined): BaseState {
    return { tx: NOTHING, removals: [], mode };
  }

  get environment(): Map<string, string> {
    return (this.#environment ??= new Map());
  }

  get base(): BaseState {
    return this.#base;
  }

  /** On the clean path: the base that the static rules have made up to here. */
  moveTo(base: BaseState): void {
    if (this.#isOwn || base === this.#base) return;
    if (base.removals !== this.#base.removals) this.#allRemovals = undefined;
    this.#base = base;
  }

  /** Whether a rule of this exchange has changed the base: then it is no longer what the static rules made of it. */
  hasLeft(): boolean {
    return this.#isOwn;
  }

  /** From here on the exchange has its own base, whether it differs yet or not. */
  leave(): void {
    this.#isOwn = true;
  }

  /** A route that only detects stays so whatever rules say. */
  get mode(): EngineMode {
    const { mode } = this.#base;
    return mode === undefined || (mode === 'on' && this.#routeMode === 'detect') ? this.#routeMode : mode;
  }

  set mode(mode: EngineMode) {
    this.#change({ ...this.#base, mode });
  }

  get removals(): readonly Removal[] {
    const { removals } = this.#base;
    if (this.#quietRemovals.length === 0) return removals;
    return (this.#allRemovals ??= [...removals, ...this.#quietRemovals]);
  }

  addRemoval(removal: Removal): void {
    this.#allRemovals = undefined;
    if (this.#loud.isRemoval(removal)) {
      this.#change({ ...this.#base, removals: [...this.#base.removals, removal] });
    } else this.#quietRemovals = [...this.#quietRemovals, removal];
  }

  #change(base: BaseState): void {
    this.#isOwn = true;
    this.#allRemovals = undefined;
    this.#base = base;
  }

  open(collection: CollectionName, key: string, stored: StoredCollection): void {
    this.#open ??= new Map();
    this.#open.set(collection, { key, stored, unkept: undefined });
  }

  /** The collection if a rule opened it; TX is none of these. */
  stored(collection: CollectionName): StoredCollection | undefined {
    return this.#open?.get(collection)?.stored;
  }

  /** Which user, session or address the collection stands for; empty when none is open. */
  keyOf(collection: CollectionName): string {
    return this.#open?.get(collection)?.key ?? '';
  }

  membersOf(collection: CollectionName): ReadonlyMap<string, string> {
    if (collection !== 'TX') {
      const open = this.#open?.get(collection);
      if (open?.unkept === undefined) return open?.stored.members() ?? NOTHING;
      return new Map([...open.stored.members(), ...open.unkept]);
    }
    this.#settleCaptures();
    return this.#quiet === undefined ? this.#base.tx : new Map([...this.#base.tx, ...this.#quiet]);
  }

  /** The members of TX whose name is meant, in the order of membersOf, which copies all where some were set. */
  txMembers(isMeant: IsMeant): readonly (readonly [name: string, text: string])[] {
    this.#settleCaptures();
    const quiet = this.#quiet;
    const { tx } = this.#base;
    const members: (readonly [string, string])[] = [];
    const names = tx === this.#tx ? Array.from(tx.keys()).filter(isMeant) : namesMeant(tx, isMeant);
    for (const name of names) members.push([name, quiet?.get(name) ?? tx.get(name) ?? '']);
    for (const [name, text] of quiet ?? NOTHING)
      if (!tx.has(name) && isMeant(name)) members.push([name, text]);
    return members;
  }

  /** Members of TX, those counted twice that rules have set anew: never fewer than there are. */
  #txCount(): number {
    this.#settleCaptures();
    return this.#base.tx.size + (this.#quiet?.size ?? 0);
  }

  /** One member, by its name in lower case. */
  read(collection: CollectionName, name: string): string | undefined {
    if (collection !== 'TX') {
      const open = this.#open?.get(collection);
      return open?.unkept?.get(name) ?? open?.stored.get(name);
    }
    if (isDigit(name)) this.#settleCaptures();
    return this.#quiet?.get(name) ?? this.#base.tx.get(name);
  }

  /** Sets a member to what `make` makes of its text. `isNameMade` of a name with macros in it. */
  change(
    collection: CollectionName,
    name: string,
    isNameMade: boolean,
    make: (known: string | undefined) => string,
  ): void {
    if (collection !== 'TX') {
      const open = this.#open?.get(collection);
      if (open !== undefined) changeStored(open, name, make);
      return;
    }
    const known = this.read(collection, name);
    // The exact count is of a copy.
    if (
      isNameMade &&
      known === undefined &&
      this.#txCount() >= TX_MEMBERS_MAX &&
      this.membersOf('TX').size >= TX_MEMBERS_MAX
    ) {
      this.isExhausted = true;
      return;
    }
    this.writeTx(name, make(known));
  }

  writeTx(name: string, text: string): void {
    if (isDigit(name)) this.#settleCaptures();
    this.#write(name, text);
  }

  /**
   * TX.0 to TX.9; those of a match before are gone, so that nobody takes them for those of this one. They are found when a rule
   * reads them: of a thousand arguments that match, those of the last, which may cost a search of each.
   */
  setCaptures(find: () => readonly string[]): void {
    this.#captures = find;
    // Then they change the base, which is asked for at once.
    if (DIGITS.some(this.#loud.isName)) this.#settleCaptures();
  }

  #settleCaptures(): void {
    const find = this.#captures;
    if (find === undefined) return;
    this.#captures = undefined;
    const captures = find();
    for (const [index, name] of DIGITS.entries()) {
      const text = captures[index];
      if (text === undefined) this.#removeTx(name);
      else this.#write(name, text);
    }
  }

  #write(name: string, text: string): void {
    if (!this.#loud.isName(name)) {
      // Members are told in the order in which they were set first.
      if (this.#quiet?.has(name) !== true) this.#settleCaptures();
      this.#setQuiet(name, text);
    } else this.#ownTx().set(name, text);
  }

  remove(collection: CollectionName, name: string): void {
    if (collection !== 'TX') {
      const open = this.#open?.get(collection);
      open?.unkept?.delete(name);
      open?.stored.delete(name);
      return;
    }
    if (isDigit(name)) this.#settleCaptures();
    this.#removeTx(name);
  }

  #removeTx(name: string): void {
    if (!this.#loud.isName(name)) this.#quiet?.delete(name);
    else if (this.#base.tx.has(name)) this.#ownTx().delete(name);
  }

  /** The members of TX that were set and that no static rule depends on. */
  quietNames(): Iterable<string> {
    this.#settleCaptures();
    return this.#quiet?.keys() ?? [];
  }

  /** Whether a member of TX was set on the clean path, captures aside. */
  hasSet(): boolean {
    return this.#hasSet;
  }

  #setQuiet(name: string, text: string): void {
    if (!isDigit(name)) this.#hasSet = true;
    (this.#quiet ??= new Map()).set(name, text);
  }

  #ownTx(): Map<string, string> {
    if (this.#tx === undefined) {
      this.#tx = new Map(this.#base.tx);
      this.#change({ ...this.#base, tx: this.#tx });
    }
    return this.#tx;
  }
}

type IsMeant = (name: string) => boolean;

/**
 * For the bases that static rules have made, which never change, the names that each selector of a rule means: they have
 * hundreds, and are asked for the same in every exchange.
 */
const NAMES_MEANT = new WeakMap<BaseState['tx'], Map<IsMeant, readonly string[]>>();

function namesMeant(tx: BaseState['tx'], isMeant: IsMeant): readonly string[] {
  let known = NAMES_MEANT.get(tx);
  if (known === undefined) NAMES_MEANT.set(tx, (known = new Map<IsMeant, readonly string[]>()));
  let names = known.get(isMeant);
  if (names === undefined) known.set(isMeant, (names = Array.from(tx.keys()).filter(isMeant)));
  return names;
}

function changeStored(open: Opened, name: string, make: (known: string | undefined) => string): void {
  const unkept = open.unkept?.get(name);
  if (unkept === undefined && open.stored.change(name, make)) return;
  // Bounded by the rules that write, which are run once for each exchange or value.
  if ((open.unkept?.size ?? 0) < UNKEPT_MAX)
    (open.unkept ??= new Map()).set(name, make(unkept ?? open.stored.get(name)));
}

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

/** TX.0 to TX.9 are captures. */
function isDigit(name: string): boolean {
  return name.length === 1 && name >= '0' && name <= '9';
}
