/** Macros become text: with what the exchange and its rules say at this moment. */
import type { Macro, Template } from '../rule/template.ts';
import { valuesOf } from '../variables/catalog.ts';
import type { Facts } from '../variables/facts.ts';

/** Bytes of an expanded text. Values of a client can be in it, and rules can append to themselves. */
export const EXPANDED_BYTES_MAX = 8192;

/** Cut at the bound. */
export function expand(facts: Facts, template: Template): string {
  const text = expandFurther(facts, template);
  return isTooLong(template, text) ? text.slice(0, EXPANDED_BYTES_MAX) : text;
}

/** The same for what a rule sets: that it was cut can be asked by rules behind. */
export function expandSetting(facts: Facts, template: Template): string {
  const text = expandFurther(facts, template);
  if (!isTooLong(template, text)) return text;
  facts.state.isExhausted = true;
  return text.slice(0, EXPANDED_BYTES_MAX);
}

/**
 * The same for the argument of a test; undefined when it would be cut, for what is compared with a part is another question.
 * A macro alone is as long as its value, of which a request bounds the length.
 */
export function expandArgument(facts: Facts, template: Template): string | undefined {
  const text = expandFurther(facts, template);
  return template.length > 1 && isTooLong(template, text) ? undefined : text;
}

/** Goes on until the text is longer than the bound. */
function expandFurther(facts: Facts, template: Template): string {
  const [first] = template;
  if (template.length === 1 && typeof first === 'string') return first;
  let text = '';
  for (const part of template) {
    text += typeof part === 'string' ? part : valueOf(facts, part);
    if (text.length > EXPANDED_BYTES_MAX) break;
  }
  return text;
}

/** What rule files have written is theirs to bound. */
function isTooLong(template: Template, text: string): boolean {
  return text.length > EXPANDED_BYTES_MAX && template.some((part) => typeof part !== 'string');
}

const NUMBER = /^\d{1,9}$/;

/**
 * The same for a record in which nothing may stand that came from the client: macros that are numbers, as scores are, are
 * replaced, and others stay as they are written.
 */
export function expandNumbers(facts: Facts, template: Template): string {
  let text = '';
  for (const part of template) {
    const value = typeof part === 'string' ? part : valueOf(facts, part);
    text += typeof part === 'string' || NUMBER.test(value) ? value : written(part);
  }
  return text;
}

function written({ variable, member }: Macro): string {
  return member === undefined ? `%{${variable.name}}` : `%{${variable.name}.${member}}`;
}

/** The first value; nothing when there is none. */
function valueOf(facts: Facts, { variable, member }: Macro): string {
  if (variable.name === 'TX' && member !== undefined) return facts.state.read('TX', member) ?? '';
  for (const value of valuesOf(facts, variable)) {
    if (member === undefined || value.member === member) return value.text;
  }
  return '';
}
