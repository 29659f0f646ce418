/**
 * `config classification: name,description,priority` and `config reference: system url`, the lines of
 * classification.config and reference.config.
 */
import { readInteger } from './arguments.ts';
import { OptionError, quotedText } from './mistake.ts';

export interface Classification {
  readonly name: string;
  readonly description: string;
  /** 1 is the most severe. */
  readonly priority: number;
}

/** Reads what stands behind `config classification:`. Throws OptionError. */
export function readClassification(value: string): Classification {
  const form = /^\s*([\w-]+)\s*,(.*),\s*(\d+)\s*$/.exec(value);
  if (form === null) {
    throw new OptionError(
      `Cannot read classification ${quotedText(value)}: "name,description,priority" is needed`,
      'config-form',
    );
  }
  return {
    name: form[1] ?? '',
    description: (form[2] ?? '').trim(),
    priority: readInteger(form[3] ?? '', 'priority', 0, 2 ** 31 - 1),
  };
}

/** Reads what stands behind `config reference:` as the name and the URL that an id is put behind. */
export function readReferenceSystem(value: string): readonly [name: string, url: string] {
  const form = /^\s*(\S+)\s+(\S+)\s*$/.exec(value);
  if (form === null) {
    throw new OptionError(`Cannot read reference ${quotedText(value)}: "name url" is needed`, 'config-form');
  }
  return [form[1] ?? '', form[2] ?? ''];
}
