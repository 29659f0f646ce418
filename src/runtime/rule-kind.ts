/** Files of rules that are listed where rules of the other kind belong. Read as those, each of their lines is a mistake. */
import type { RuleFile } from '../inspect/load-rules.ts';

export type RuleKind = 'seclang' | 'snort';

/** How a line of each begins. An Include belongs to SecLang, and a variable of Snort says nothing by itself. */
const BEGINNINGS: Readonly<Record<RuleKind, RegExp>> = {
  seclang: /^[ \t]*(?:Sec[A-Za-z]{3,40}|Include(?:Optional)?)[ \t]/m,
  snort:
    /^[ \t]*(?:alert|drop|sdrop|block|reject(?:src|dst|both)?|pass|log|react|rewrite)[ \t]+[A-Za-z][^\n(]*\(/m,
};

/** True for a file with a line of the other kind, and none of its own. */
export function isOfOtherKind({ text }: RuleFile, kind: RuleKind): boolean {
  return !BEGINNINGS[kind].test(text) && BEGINNINGS[kind === 'snort' ? 'seclang' : 'snort'].test(text);
}
