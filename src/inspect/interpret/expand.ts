/** Macros become text: with what the exchange and its rules say at this moment. */
import { constantOf } from '../rule/template.ts';
import type { Macro, Template } from '../rule/template.ts';
import { valuesOf } from '../variables/catalog.ts';
import type { Facts } from '../variables/facts.ts';

/** Bytes of an expanded text. Values of a client can be in it, and rules can append to themselves. */
const EXPANDED_BYTES_MAX = 8192;

export function expand(facts: Facts, template: Template): string {
  const constant = template.length === 1 ? template[0] : constantOf(template);
  if (typeof constant === 'string') return constant;
  let text = '';
  for (const part of template) {
    text += typeof part === 'string' ? part : valueOf(facts, part);
    if (text.length > EXPANDED_BYTES_MAX) return text.slice(0, EXPANDED_BYTES_MAX);
  }
  return text;
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
