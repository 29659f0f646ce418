/** What those who load and run Snort rules may choose. */
import type { BodyLimits } from '../body/limits.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { SnortMemory } from './memory.ts';

/** How the rules are read and compiled. */
export interface SnortCompileOptions {
  /** Texts by name, as behind `ipvar` and `portvar`; they win over what the files say. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Also reads rules that stand in a comment. */
  readonly withDisabled?: boolean;
  /** True to leave out rules with a mistake, with a warning each, where they are mistakes otherwise. */
  readonly isLenient?: boolean;
  /** Ids of rules that are not run, as hits have them: `snort-2001`. One that no rule has is a mistake. */
  readonly exclude?: readonly string[];
  /** False leaves out rules about responses: nothing is asked of the origin's answers then. True when left out. */
  readonly withResponses?: boolean;
  /** False evaluates every rule on every message: for comparisons, as the slow reference. True when left out. */
  readonly isFast?: boolean;
  readonly checkpoint?: Checkpoint | undefined;
}

/** What becomes of an exchange in which a rule matched. */
export interface SnortRunOptions {
  /** For `alert` and whatever is not said below: `deceive` when left out. `log` always continues. */
  readonly onAlert?: 'continue' | 'deceive' | 'reply';
  /** For `drop`, `sdrop`, `block`, `reject` and `react`: `deceive` when left out. */
  readonly onBlock?: 'deceive' | 'reply' | 'drop';
  /** Bounds on taking bodies apart; those of body/limits.ts when left out. */
  readonly bodyLimits?: BodyLimits;
  /** The clock; the one of the machine when left out. */
  readonly nowMs?: () => number;
  /** Where counters, and bits of addresses, are kept; each inspector has its own when left out. */
  readonly memory?: SnortMemory | undefined;
}

/** All of it, as a configuration has it. */
export interface SnortOptions extends SnortCompileOptions, SnortRunOptions {}

/** With what a configuration says of the route. */
export interface SnortSettings extends SnortRunOptions {
  /** `on`: verdicts are carried out. `detect`: hits are recorded, every verdict is `continue`. */
  readonly mode: 'on' | 'detect';
}
