/**
 * Exclusions of the configuration: which rules do not look, at what, and where. Each becomes a small rule file in
 * SecLang, so that the engine needs to know nothing of them.
 *
 *     rule alone                     SecRuleRemoveById, SecRuleRemoveByTag
 *     rule and target                SecRuleUpdateTargetById, SecRuleUpdateTargetByTag
 *     with a path                    a rule of phase 1 with ctl:ruleRemoveById, ctl:ruleRemoveTargetById and so on
 *
 * They are read before all other files: what a rule takes away with `ctl` is away for the rules behind it.
 *
 * An exclusion by path must not be a way around the rules: it holds only for paths that every server reads alike. A
 * path with dot segments, empty segments, a backslash, a semicolon, a control character or a percent sign that is left
 * after decoding once is never excluded: `/admin/..;/login` is `/login` for some servers.
 */
import type { RuleFile } from './load-rules.ts';
import type { RuleMistake } from './mistake.ts';
import type { RuleSet } from './rule/sec-rule.ts';
import { constantOf } from './rule/template.ts';

/** One exclusion. What is left out narrows nothing. */
export interface Exclusion {
  /** An id (`942100`), a range of ids (`942100-942199`), or a whole tag (`attack-sqli`). */
  readonly rule: string;
  /** What the rule no longer looks at: `ARGS:comment`, or a whole variable. Left out: the rule is not run at all. */
  readonly target?: string | undefined;
  /** Where: a path, in which `*` stands for any characters, `/` too. Left out: everywhere. */
  readonly path?: string | undefined;
  /** What messages call it; its rule when left out. */
  readonly name?: string | undefined;
}

export const EXCLUDED_RULE_PATTERN =
  '[0-9]{1,10}(?:-[0-9]{1,10})?|[A-Za-z_](?:[A-Za-z0-9_.:/-]{0,126}[A-Za-z0-9_])?';
/** A variable, and a member or an expression for members behind a colon. Nothing that could end a word of SecLang. */
export const EXCLUDED_TARGET_PATTERN =
  '[A-Za-z_]{1,40}(?::[!#$&(-+.-:<-{}~-]{0,127}[!#$&(-+.-:<-\\[\\]-{}~-])?';
/** What stands in a path as it is sent, without what begins a query, and without what is never excluded. */
export const EXCLUDED_PATH_PATTERN = '/[!$&-:<->@-\\[\\]-~]*';

/** Ids of the rules that exclusions become, one more for each. Nobody else has ids of ten digits that begin so. */
const FIRST_ID = 9_900_000_001;

const PATTERNS: readonly (readonly [key: 'rule' | 'target' | 'path', pattern: RegExp, what: string])[] = [
  ['rule', new RegExp(`^(?:${EXCLUDED_RULE_PATTERN})$`), 'an id, a range of ids or a tag'],
  ['target', new RegExp(`^(?:${EXCLUDED_TARGET_PATTERN})$`), 'a variable such as ARGS:comment'],
  ['path', new RegExp(`^(?:${EXCLUDED_PATH_PATTERN})$`), 'a path such as /admin/*'],
];

export type MadeExclusions =
  | { readonly kind: 'ok'; readonly files: readonly RuleFile[] }
  | { readonly kind: 'bad'; readonly mistakes: readonly RuleMistake[] };

/** To be read before every other file. */
export function makeExclusions(exclusions: readonly Exclusion[]): MadeExclusions {
  const mistakes = exclusions.flatMap((exclusion) => findMalformed(exclusion));
  if (mistakes.length > 0) return { kind: 'bad', mistakes };
  const files = exclusions.map((exclusion, index) => ({
    name: fileNameOf(exclusion),
    text: textOf(exclusion, FIRST_ID + index),
  }));
  return { kind: 'ok', files };
}

/**
 * Those that no rule answers to: they protect nobody from a false positive, and most likely the name is misspelt. `ids`
 * are all that were read, also of rules that the files remove themselves; `warnings` are those of the reader.
 */
export function findIdle(
  exclusions: readonly Exclusion[],
  read: {
    readonly ruleSet: RuleSet;
    readonly ids: ReadonlySet<string>;
    readonly warnings: readonly RuleMistake[];
  },
): readonly RuleMistake[] {
  const numbers = [...read.ids].map(Number).filter((id) => id < FIRST_ID);
  const told = new Set(read.warnings.filter(isIdleWarning).map(({ file }) => file));
  const hasTag = (tag: string): boolean =>
    read.ruleSet.items.some(
      (item) => item.kind === 'rule' && item.rule.tags.some((template) => constantOf(template) === tag),
    );
  return exclusions
    .filter((exclusion) => {
      const range = rangeOf(exclusion.rule);
      if (range !== undefined) return !numbers.some((id) => id >= range[0] && id <= range[1]);
      return exclusion.path === undefined ? told.has(fileNameOf(exclusion)) : !hasTag(exclusion.rule);
    })
    .map((exclusion) =>
      mistakeOf(
        exclusion,
        `Cannot exclude rule "${exclusion.rule}": no rule has this ${rangeOf(exclusion.rule) === undefined ? 'tag' : 'id'}`,
      ),
    );
}

/** The reader warns of changes that name no rule; findIdle tells of those of exclusions. */
export function isIdleWarning({ file, code }: RuleMistake): boolean {
  return code === 'rule-unknown' && file.startsWith(FILE_PREFIX);
}

/** The rules that exclusions became are no rules of the user. */
export function isExclusionRule(id: string): boolean {
  return id.length === 10 && Number(id) >= FIRST_ID;
}

const FILE_PREFIX = 'exclusion ';

function fileNameOf({ name, rule }: Exclusion): string {
  return `${FILE_PREFIX}${name ?? rule}`;
}

function findMalformed(exclusion: Exclusion): readonly RuleMistake[] {
  return PATTERNS.flatMap(([key, pattern, what]) => {
    const value = exclusion[key];
    if (value === undefined || (pattern.test(value) && !isBackwards(value))) return [];
    return mistakeOf(exclusion, `Cannot exclude with ${key} ${JSON.stringify(value)}: it is not ${what}`);
  });
}

function isBackwards(value: string): boolean {
  const range = rangeOf(value);
  return range !== undefined && range[0] > range[1];
}

function mistakeOf(exclusion: Exclusion, text: string): RuleMistake {
  return { file: fileNameOf(exclusion), line: 0, column: 0, code: 'exclude-unknown', text };
}

/** First and last id; undefined for a tag. */
function rangeOf(rule: string): readonly [first: number, last: number] | undefined {
  const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(rule);
  return match === null ? undefined : [Number(match[1]), Number(match[2] ?? match[1])];
}

function textOf(exclusion: Exclusion, id: number): string {
  const { rule, target, path } = exclusion;
  const [by, choice] = rangeOf(rule) === undefined ? ['Tag', `^${escapePattern(rule)}$`] : ['Id', rule];
  if (path === undefined) {
    return target === undefined
      ? `SecRuleRemoveBy${by} "${choice}"\n`
      : `SecRuleUpdateTargetBy${by} "${choice}" "!${target}"\n`;
  }
  const control =
    target === undefined ? `ruleRemoveBy${by}=${choice}` : `ruleRemoveTargetBy${by}=${choice};${target}`;
  return (
    `SecRule REQUEST_FILENAME "@rx ^${path.split('*').map(escapePattern).join(`${PLAIN}*`)}$" "id:${id},phase:1,pass,nolog,t:none,chain"\n` +
    `SecRule REQUEST_FILENAME "!@rx ${ODD_SEGMENT}" "t:none,ctl:${control}"\n`
  );
}

/** What `*` stands for: bytes that mean the same to every server. */
const PLAIN = '[^%;\\x5c\\x00-\\x1f\\x7f]';
/** An empty segment, `.` or `..`. The last segment may be empty. */
const ODD_SEGMENT = '/(?:[.][.]?(?:/|$)|/)';

function escapePattern(text: string): string {
  return text.replace(/[^A-Za-z0-9_/-]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`);
}
