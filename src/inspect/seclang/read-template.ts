/**
 * Text with macros: `%{TX.score}`, `%{REQUEST_HEADERS:Host}`, `%{MATCHED_VAR}`. A `%{` that begins no name is text.
 */
import { foldAscii } from '../match/phrase-automaton.ts';
import type { Macro, Template } from '../rule/template.ts';
import { variableNamed, VARIABLE_NAMES } from '../variables/catalog.ts';
import { hintFor } from './names.ts';
import { quoted } from './pieces.ts';
import type { Reading } from './reading.ts';
import { ABSENT, REFUSED } from './refused.ts';
import type { RuleText } from './rule-text.ts';

/** The member goes on to the bracket; it stands behind a dot or a colon. */
const MACRO = /%\{([A-Za-z][A-Za-z_]*)(?:[.:]([^}]*))?\}/g;

export const EMPTY_TEMPLATE: Template = [];

export function hasMacro(value: string): boolean {
  return value.includes('%{') && value.search(MACRO) >= 0;
}

/** `offset` is where mistakes are told. A macro that cannot be read is left out of the answer. */
export function readTemplate(reading: Reading, text: RuleText, offset: number, value: string): Template {
  const known = reading.templates.get(value);
  if (known !== undefined) return known;
  const template = value.includes('%{') ? readParts(text, offset, value) : constant(value);
  if (template === undefined) return EMPTY_TEMPLATE;
  reading.templates.set(value, template);
  return template;
}

function constant(value: string): Template {
  return value === '' ? EMPTY_TEMPLATE : [value];
}

/** Undefined when there is a mistake in it. */
function readParts(text: RuleText, offset: number, value: string): Template | undefined {
  const parts: (string | Macro)[] = [];
  let isBad = false;
  let at = 0;
  for (const match of value.matchAll(MACRO)) {
    if (match.index > at) parts.push(value.slice(at, match.index));
    at = match.index + match[0].length;
    const macro = readMacro(text, offset, match);
    if (macro === undefined) isBad = true;
    else parts.push(macro);
  }
  if (at < value.length) parts.push(value.slice(at));
  return isBad ? undefined : parts;
}

function readMacro(text: RuleText, offset: number, match: RegExpExecArray): Macro | undefined {
  const [shown, name = '', member] = match;
  const variable = variableNamed(name);
  if (variable === undefined) {
    reportVariable(text, offset, shown, name);
    return undefined;
  }
  if (member !== undefined && !variable.isCollection) {
    text.report(
      offset,
      'macro-unknown',
      `Cannot read macro ${quoted(shown)}: ${variable.name} has no members`,
    );
    return undefined;
  }
  if (member === '') {
    text.report(
      offset,
      'macro-unknown',
      `Cannot read macro ${quoted(shown)}: the name of the member is missing`,
    );
    return undefined;
  }
  return { variable, member: member === undefined ? undefined : foldAscii(member) };
}

function reportVariable(text: RuleText, offset: number, shown: string, name: string): void {
  const absent = ABSENT.variable.get(name.toLowerCase());
  if (absent !== undefined) {
    text.leaveOut(offset, 'macro-unsupported', `Cannot run macro ${quoted(shown)}: ${absent}`);
    return;
  }
  const because = REFUSED.variable.get(name.toLowerCase());
  if (because !== undefined) {
    text.refuse(offset, 'macro-unsupported', `Cannot run macro ${quoted(shown)}: ${because}`);
    return;
  }
  const hint = hintFor(name, VARIABLE_NAMES);
  text.report(offset, 'macro-unknown', `Cannot read macro ${quoted(shown)}: "${name}" is no variable${hint}`);
}
