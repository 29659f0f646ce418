/**
 * The kinds of option, as plain data. An option is one row of its module's table: its kind, range, default and prose.
 *
 * From these tables come the TypeScript types (`OptionsOf`), the reader of the configuration file, the defaults, the
 * generated reference and the JSON Schema. A table is a literal `{...} as const`; it names another
 * table with `table: other as typeof other`, so that its type is known without reading its values.
 *
 * Nothing here reads anything, and nothing here knows the values of higher levels: the kinds `endpoint`, `endpoints`
 * and `cidrs` become whatever types the table's module says they become (`Values` below).
 */

/**
 * What each option says of itself. An option without `presence` has a default, written as a user would write it.
 *
 * - `required`: it must be written.
 * - `optional`: it may be missing; its value is then undefined, and the prose says what that means.
 */
interface Described {
  /** One paragraph for the reference: what it does, what it does not, and why one would change it. */
  readonly doc: string;
  readonly presence?: 'required' | 'optional';
}

/** A time such as `500ms`, `3s`, `10m`, `1h`, `7d`. Its value is milliseconds. */
export interface DurationOption extends Described {
  readonly kind: 'duration';
  readonly min: string;
  /** Timers count in 32 bits: nothing above `24d`. */
  readonly max: string;
  /** May be `off`, and its value is then `'off'`: a number would be taken for a time somewhere. */
  readonly off?: true;
  readonly default?: string;
}

/** A number of bytes such as `64KiB`, `1MB`, `512`. Its value is bytes. */
export interface SizeOption extends Described {
  readonly kind: 'size';
  readonly min: string;
  readonly max: string;
  /** May be `off`, and its value is then `'off'`. */
  readonly off?: true;
  readonly default?: string;
}

/** A whole number. */
export interface IntegerOption extends Described {
  readonly kind: 'integer';
  readonly min: number;
  readonly max: number;
  /** May be `auto`, and its value is then `'auto'`. */
  readonly auto?: true;
  readonly default?: number | 'auto';
}

/** `true` or `false`. */
export interface BooleanOption extends Described {
  readonly kind: 'boolean';
  readonly default?: boolean;
}

/** A text that matches a pattern as a whole. */
export interface TextOption extends Described {
  readonly kind: 'text';
  /** Source of a regular expression, without anchors. Linear in its input: no nested repetition. */
  readonly pattern: string;
  /** What the pattern asks for, in words that complete "it is not …". */
  readonly expects: string;
  /** In UTF-16 units. Longer text is refused before the pattern sees it. */
  readonly lengthMax: number;
  /** Set where upper and lower case mean the same: the value is then in lower case. */
  readonly fold?: 'lower';
  /** Set where nobody but its owner may see it: no message quotes it. */
  readonly isSecret?: true;
  readonly default?: string;
}

/** A file, resolved against the folder of the configuration file, or one of a few words that stand for something else. */
export interface PathOption extends Described {
  readonly kind: 'path';
  readonly words?: readonly string[];
  /** Words for paths that are used to be somewhere, by the word. */
  readonly places?: Readonly<Record<string, string>>;
  readonly default?: string;
}

/** One of a few words. */
export interface ChoiceOption extends Described {
  readonly kind: 'choice';
  readonly values: readonly string[];
  readonly default?: string;
}

/** An address with a port to connect to: `192.0.2.1:80`, `[2001:db8::1]:80`. */
export interface EndpointOption extends Described {
  readonly kind: 'endpoint';
  /** May be a name with a port too: `app.internal:80`. */
  readonly names?: true;
}

/**
 * Addresses with ports to listen on, one or a list. `:80` stands for `0.0.0.0:80` and `[::]:80`; port 0 lets the system
 * choose.
 */
export interface EndpointsOption extends Described {
  readonly kind: 'endpoints';
  readonly countMax: number;
}

/** A list of networks (`10.0.0.0/8`) and addresses. */
export interface CidrsOption extends Described {
  readonly kind: 'cidrs';
  readonly countMax: number;
  readonly default?: readonly string[];
}

/** The name of something that the configuration defines elsewhere: a key of the map whose path is `to`. */
export interface ReferenceOption extends Described {
  readonly kind: 'reference';
  readonly to: string;
}

/** A kind that can stand in a list. */
export type ItemOption = TextOption | PathOption | ChoiceOption | ReferenceOption;

/** Several values in an order that may matter; no value twice. */
export interface ListOption extends Described {
  readonly kind: 'list';
  readonly of: ItemOption;
  readonly countMax: number;
  readonly default?: readonly string[];
}

/** A table within a table. Missing means: every default within it. */
export interface SectionOption extends Described {
  readonly kind: 'section';
  readonly table: OptionTable;
  /** The key that a plain value stands for, where the section may be written as just that value. */
  readonly short?: string;
  /** Keys that people write here and that stand elsewhere, and where: what a plain value here would mean is one of them. */
  readonly elsewhere?: { readonly keys: readonly string[]; readonly hint: string };
}

/** Named sections. Names are `[A-Za-z0-9_.-]{1,64}`. */
export interface MapOption extends Described {
  readonly kind: 'map';
  readonly of: SectionOption;
  /** One of the things it holds, as the messages call it: `pool`. */
  readonly noun: string;
  readonly countMax: number;
  /** Set where a list may stand for the map: its items are then named by this and their number, from 1. */
  readonly listPrefix?: string;
}

export type Option =
  | DurationOption
  | SizeOption
  | IntegerOption
  | BooleanOption
  | TextOption
  | PathOption
  | ChoiceOption
  | EndpointOption
  | EndpointsOption
  | CidrsOption
  | ReferenceOption
  | ListOption
  | SectionOption
  | MapOption;

/** Options by their names, in the order in which the reference shows them. */
export interface OptionTable {
  readonly [name: string]: Option;
}

/** What the kinds above level 0 become. A table that has none of them needs none of these. */
export interface Values {
  readonly endpoint?: unknown;
  /** Of an endpoint that may be named. */
  readonly named?: unknown;
  readonly cidrs?: unknown;
}

/** Values by the names that the user gave them. Without a prototype, so that no name finds anything but a value. */
export type Named<Value> = Readonly<Record<string, Value>>;

/**
 * The type of what a table reads: every option by its name, always present, deeply readonly. Durations are
 * milliseconds and sizes are bytes, under the name that they have in the file.
 */
export type OptionsOf<Table, V extends Values = Values> = {
  readonly [Name in keyof Table]: ValueOf<Table[Name], V>;
};

/** The type of what one option reads. */
export type ValueOf<O, V extends Values = Values> = O extends { readonly presence: 'optional' }
  ? PresentValueOf<O, V> | undefined
  : PresentValueOf<O, V>;

type PresentValueOf<O, V extends Values> = O extends { readonly kind: 'duration' | 'size' }
  ? number | (O extends { readonly off: true } ? 'off' : never)
  : O extends { readonly kind: 'integer' }
    ? number | (O extends { readonly auto: true } ? 'auto' : never)
    : O extends { readonly kind: 'boolean' }
      ? boolean
      : O extends { readonly kind: 'text' | 'path' | 'reference' }
        ? string
        : O extends { readonly kind: 'choice'; readonly values: readonly (infer Word)[] }
          ? Word
          : O extends { readonly kind: 'endpoint' }
            ? V['endpoint'] | (O extends { readonly names: true } ? V['named'] : never)
            : O extends { readonly kind: 'endpoints' }
              ? readonly V['endpoint'][]
              : O extends { readonly kind: 'cidrs' }
                ? V['cidrs']
                : O extends { readonly kind: 'list'; readonly of: infer Item }
                  ? readonly PresentValueOf<Item, V>[]
                  : O extends { readonly kind: 'section'; readonly table: infer Table }
                    ? OptionsOf<Table, V>
                    : O extends { readonly kind: 'map'; readonly of: infer Section }
                      ? Named<PresentValueOf<Section, V>>
                      : never;
