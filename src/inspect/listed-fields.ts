/** Header fields of a list, for whoever has them otherwise than as a section of a message. */
import type { HeaderFields } from './inspector.ts';

/** `section` is the text of all of them, where it is at hand: see HeaderFields. */
export function listedFields(
  fields: readonly (readonly [name: string, value: string])[],
  section?: string,
): HeaderFields {
  return {
    count: fields.length,
    name: (index) => fields[index]?.[0] ?? '',
    value: (index) => fields[index]?.[1] ?? '',
    ...(section === undefined ? {} : { section }),
  };
}
