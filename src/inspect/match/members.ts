/** What is asked of the members of some variables that share their values, by the name of the member. */
import { Buffer } from 'node:buffer';
import type { Naming } from '../compile/naming.ts';
import { isSelected } from '../interpret/evaluate-link.ts';
import { selects } from '../rule/target.ts';
import type { Selector } from '../rule/target.ts';
import { Value } from '../variables/value.ts';
import type { Variable } from '../variables/variable.ts';
import { NO_TESTS } from './kind.ts';
import type { Kind, TestIds } from './kind.ts';
import { foldAscii } from './phrase-automaton.ts';
import type { ValueName } from './value-names.ts';
import { SHORT_BYTES_MAX, ShortTexts } from './short-texts.ts';

export interface Member {
  /** Undefined when no test looks at the value. */
  readonly kind: Kind | undefined;
  /** The tests that the name satisfies. */
  readonly nameMatches: TestIds;
  /** Places of the counts to which such a member belongs. */
  readonly counts: readonly number[];
}

/** Names whose member is known. Those that clients make up push out the others, all at once. */
const MEMBERS_MAX = 2048;
/** The same for names that are found by their bytes. */
const PLACES = 4096;
/** Longer names are not kept. */
const NAME_BYTES_MAX = 256;

export class Members {
  readonly #naming: Naming;
  readonly #values: readonly Variable[];
  readonly #names: readonly Variable[];
  readonly #rememberedMax: number;
  /** Selectors that some test has for these variables: a name that none of them means is like any other. */
  readonly #selectors: readonly Selector[];
  readonly #selected: ReadonlySet<string>;
  readonly #other: Asked;
  #known = new Map<string, Member>();
  #short: ShortTexts<Member> | undefined;
  /** What most names are: no rule means them. */
  readonly #usual: Member;

  /** `names` are the variables whose values are the names. */
  constructor(
    naming: Naming,
    values: readonly Variable[],
    names: readonly Variable[],
    rememberedMax: number,
  ) {
    this.#naming = naming;
    this.#values = values;
    this.#names = names;
    this.#rememberedMax = rememberedMax;
    const selectors = selectorsFor(naming, [...values, ...names]);
    this.#selected = new Set(
      selectors.flatMap((selector) => (selector.kind === 'name' ? [selector.name] : [])),
    );
    this.#selectors = selectors.filter(({ kind }) => kind === 'pattern');
    this.#other = this.#ask(NAME_OF_NONE);
    this.#usual = { kind: this.#other.kind, nameMatches: NO_TESTS, counts: this.#other.counts };
  }

  /** `name` as it arrived. */
  named(name: string): Member {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const made = this.#make(name);
    if (name.length > NAME_BYTES_MAX) return made;
    if (this.#known.size >= MEMBERS_MAX) this.#known = new Map();
    // A string of its own: what a client sent would be kept as a whole.
    this.#known.set(Buffer.from(name, 'latin1').toString('latin1'), made);
    return made;
  }

  /** The same for a name that stands in `bytes` between these places, and in `text` too. */
  namedAt(bytes: Uint8Array, start: number, end: number, text: string): Member {
    if (end - start > SHORT_BYTES_MAX) return this.named(text.slice(start, end));
    const short = (this.#short ??= new ShortTexts(PLACES, this.#usual));
    const known = short.find(bytes, start, end, 0);
    if (known !== undefined) return known;
    const made = this.#make(text.slice(start, end));
    short.keep(bytes, start, end, 0, made);
    return made;
  }

  /** The same for a name that is put together, always with the same `Members`. */
  ofName(name: ValueName): Member {
    return (name.member ??= this.#make(name.text));
  }

  #make(name: string): Member {
    const member = foldAscii(name);
    const isMeant =
      this.#selected.has(member) || this.#selectors.some((selector) => selects(selector, member));
    const { kind, nameKind, counts } = isMeant ? this.#ask(member) : this.#other;
    const nameMatches = nameKind?.matches(name) ?? NO_TESTS;
    return isMeant || nameMatches.length > 0 ? { kind, nameMatches, counts } : this.#usual;
  }

  #ask(member: string): Asked {
    const value = new Value(member, '');
    return {
      kind: this.#naming.kindFor(this.#values, member, this.#rememberedMax),
      nameKind: this.#naming.kindFor(this.#names, member, 0),
      counts: this.#naming.counts.flatMap(({ target }, place) =>
        this.#values.includes(target.variable) && isSelected(value, target) ? [place] : [],
      ),
    };
  }
}

/** What is asked of a member by its name alone. */
interface Asked {
  readonly kind: Kind | undefined;
  readonly nameKind: Kind | undefined;
  readonly counts: readonly number[];
}

/** No selector of a rule file can be empty. */
const NAME_OF_NONE = '';

function selectorsFor(naming: Naming, variables: readonly Variable[]): readonly Selector[] {
  return naming.links
    .flatMap(({ planned }) => planned.link.targets)
    .filter(({ variable }) => variables.includes(variable))
    .flatMap(({ selector, excluded }) => (selector === undefined ? excluded : [selector, ...excluded]));
}
