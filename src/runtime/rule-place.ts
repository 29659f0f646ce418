/** Where rules are named, for mistakes that lie in no line of a rule file: the key of the configuration. */
import type { Exclusion } from '../inspect/exclusions.ts';
import type { RuleSetOptions } from '../inspect/options.ts';
import type { RuleKind } from './rule-kind.ts';

export interface RulePlace {
  /** `inspection`, `inspection.sets.NAME`; undefined for rules that the command line names. */
  readonly key: string | undefined;
  /** Exclusions of the set, by name: others are those of a listener or a route. */
  readonly exclude: RuleSetOptions['exclude'];
}

/** What can be wrong with rules, of each kind. */
interface Told {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly text: string;
}

export function placeOf(set: RuleSetOptions, name: string): RulePlace {
  return { key: name === '' ? 'inspection' : `inspection.sets.${name}`, exclude: set.exclude };
}

/** The list that names rules of this kind. */
export function keyOfRules({ key }: RulePlace, kind: RuleKind): string {
  if (key === undefined) return '--rules';
  return kind === 'seclang' ? `${key}.rules` : `${key}.snort.rules`;
}

/** The key that an exclusion or a variable stands at instead of the name that the reader of rules gave it. */
export function withKey<One extends Told>(mistake: One, place: RulePlace): One {
  const file = keyOf(mistake, place);
  return file === undefined ? mistake : { ...mistake, file, line: 0, column: 0 };
}

function keyOf({ file, text }: Told, place: RulePlace): string | undefined {
  if (place.key === undefined) return undefined;
  if (file === 'variables') return keyOfVariable(text, place.key);
  if (file === 'exclude') return keyOfExclusion(undefined, text, place);
  const [, name] = /^exclusion (.*)$/s.exec(file) ?? [];
  return name === undefined ? undefined : keyOfExclusion(name, text, place);
}

function keyOfVariable(text: string, key: string): string {
  const [, name] = /\bvariable \$?([A-Za-z_][A-Za-z0-9_]*)/.exec(text) ?? [];
  return `${key}.snort.variables${name === undefined ? '' : `.${name}`}`;
}

/** A set and a listener may both have an exclusion of a name: what the message quotes decides. */
function keyOfExclusion(name: string | undefined, text: string, { key = '', exclude }: RulePlace): string {
  const [own] =
    Object.entries(exclude).find(
      ([known, exclusion]) => (name === undefined || name === known) && isAbout(text, exclusion),
    ) ?? [];
  if (own !== undefined) return `${key}.exclude${partOf(own)}`;
  return `inspection.exclude${name === undefined ? '' : partOf(name)} of a listener or a route`;
}

function isAbout(text: string, { rule, target = rule, path = rule }: Omit<Exclusion, 'name'>): boolean {
  const [variable = ''] = target.split(':');
  return [rule, target, variable, path].some((value) => text.includes(JSON.stringify(value)));
}

/** Exclusions of a list are called exclusion-1 and so on (listPrefix of its option). */
function partOf(name: string): string {
  const [, number] = /^exclusion-([1-9][0-9]{0,6})$/.exec(name) ?? [];
  return number === undefined ? `.${name}` : `[${Number(number) - 1}]`;
}
