/**
 * The configuration as a JSON Schema (draft 2020-12), for editors that complete and check YAML while it is written.
 *
 * It judges shape: keys, kinds, ranges of numbers. Ranges of units and whether a name is defined are beyond it. Editors
 * read YAML with its core types: a text made of digits reaches them as a number and is accepted as a name, while a
 * number in quotes, which the reader takes, is marked.
 */
import type {
  DurationOption,
  MapOption,
  Option,
  OptionTable,
  SectionOption,
  SizeOption,
  TextOption,
} from '../base/option.ts';
import { DURATION_PATTERN, SIZE_PATTERN } from '../base/units.ts';
import { configOptions } from './schema.ts';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

export function jsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of Sallyport',
    ...objectOf(configOptions),
    $defs: {
      environment: {
        type: 'string',
        pattern: '\\$\\{',
        description: 'A value with `${NAME}` or `${NAME:-default}` in it.',
      },
    },
  };
}

const ENVIRONMENT: JsonSchema = { $ref: '#/$defs/environment' };

function objectOf(table: OptionTable): JsonSchema {
  const options = Object.entries(table);
  const required = options.filter(([, option]) => option.presence === 'required').map(([key]) => key);
  return {
    type: 'object',
    properties: Object.fromEntries(options.map(([key, option]) => [key, schemaOf(option)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

/** The schema of an option with what an editor shows about it. */
function schemaOf(option: Option): JsonSchema {
  const hasDefault = 'default' in option;
  return { description: option.doc, ...(hasDefault ? { default: option.default } : {}), ...valueOf(option) };
}

function valueOf(option: Option): JsonSchema {
  switch (option.kind) {
    case 'duration':
      return orEnvironment(...quantityOf(option, DURATION_PATTERN));
    case 'size':
      return orEnvironment(...quantityOf(option, SIZE_PATTERN), { type: 'integer', minimum: 0 });
    case 'integer':
      return orEnvironment(
        { type: 'integer', minimum: option.min, maximum: option.max },
        ...(option.auto ? [{ const: 'auto' }] : []),
      );
    case 'boolean':
      return orEnvironment({ type: 'boolean' });
    case 'text':
      return orEnvironment(textOf(option));
    case 'path':
      return { type: ['string', 'integer'], minLength: 1 };
    case 'choice':
      return orEnvironment({ enum: option.values });
    case 'endpoint':
      return option.names === true ? orEnvironment(ENDPOINT, NAMED_ENDPOINT) : orEnvironment(ENDPOINT);
    case 'endpoints':
      return orListOf(orEnvironment(ENDPOINT), { minItems: 1, maxItems: option.countMax });
    case 'cidrs':
      return orListOf(orEnvironment(CIDR), { maxItems: option.countMax });
    case 'reference':
      return orEnvironment(NAME);
    case 'list':
      return orListOf(valueOf(option.of), { maxItems: option.countMax, uniqueItems: true });
    case 'section':
      return sectionOf(option);
    case 'map':
      return mapOf(option);
  }
}

const ENDPOINT: JsonSchema = { type: 'string', pattern: '^(?:[0-9.]+|\\[[0-9A-Fa-f:.]+\\])?:[0-9]{1,5}$' };
const NAMED_ENDPOINT: JsonSchema = {
  type: 'string',
  pattern:
    '^(?:[A-Za-z0-9-][A-Za-z0-9_.-]*[A-Za-z][A-Za-z0-9_.-]*:[0-9]{1,5}|[A-Za-z]:[0-9]{1,5}|_[A-Za-z0-9_.-]+)$',
};
const CIDR: JsonSchema = { type: 'string', pattern: '^[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?$' };
const NAME_PATTERN = '^[A-Za-z0-9_.-]{1,64}$';
const NAME: JsonSchema = { type: ['string', 'integer'], pattern: NAME_PATTERN };

function orEnvironment(...schemas: readonly JsonSchema[]): JsonSchema {
  return { anyOf: [...schemas, ENVIRONMENT] };
}

/** A list of one may be written as the value alone. */
function orListOf(item: JsonSchema, bounds: JsonSchema): JsonSchema {
  return { anyOf: [item, { type: 'array', items: item, ...bounds }] };
}

function quantityOf(option: DurationOption | SizeOption, pattern: string): JsonSchema[] {
  const quantity = { type: 'string', pattern: `^${pattern}$` };
  return option.off ? [quantity, { const: 'off' }] : [quantity];
}

function textOf(option: TextOption): JsonSchema {
  // Patterns of folded texts are in lower case; a schema has no flag for "either".
  const pattern = option.fold === 'lower' ? option.pattern.replaceAll('a-z', 'a-zA-Z') : option.pattern;
  return { type: ['string', 'integer'], pattern: `^(?:${pattern})$`, maxLength: option.lengthMax };
}

/** Nothing behind a key of a section means: every default. */
function sectionOf(option: SectionOption): JsonSchema {
  const section = objectOf(option.table);
  const short = option.short === undefined ? undefined : option.table[option.short];
  if (short !== undefined) return { anyOf: [valueOf(short), section] };
  return section['required'] === undefined ? { ...section, type: ['object', 'null'] } : section;
}

function mapOf(option: MapOption): JsonSchema {
  const item = schemaOf(option.of);
  const bounds = {
    maxProperties: option.countMax,
    ...(option.presence === 'required' ? { minProperties: 1 } : {}),
  };
  const map = {
    type: 'object',
    propertyNames: { pattern: NAME_PATTERN },
    additionalProperties: item,
    ...bounds,
  };
  if (option.listPrefix !== undefined) {
    return { anyOf: [map, { type: 'array', items: item, maxItems: option.countMax }] };
  }
  return option.presence === 'required' ? map : { ...map, type: ['object', 'null'] };
}
