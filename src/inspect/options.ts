/** What is inspected: the rules, and how much of a body they see. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- `as typeof` names a table to isolatedDeclarations */
import type { OptionsOf } from '../base/option.ts';

/** `inspection` at the top of the configuration. Sizes are bytes. */
export type InspectionOptions = OptionsOf<typeof inspectionOptions>;

export const inspectionBodyOptions = {
  held: {
    kind: 'size',
    min: '1KiB',
    max: '64MiB',
    default: '128KiB',
    doc: 'How much of the body of a request is held back and inspected before anything of the request is forwarded.',
  },
  beyond: {
    kind: 'choice',
    values: ['reject', 'prefix', 'pass'],
    default: 'reject',
    doc: 'What happens to a longer body: `reject` answers 413; `prefix` inspects what is held and forwards the rest unseen; `pass` forwards the whole body without inspecting it. The latter two are open doors: an attack can hide behind enough bytes.',
  },
  heldTotal: {
    kind: 'size',
    min: '1MiB',
    max: '64GiB',
    default: '256MiB',
    doc: 'How much is held at once for all requests together. A request that would go beyond is answered with 503.',
  },
} as const;

export const inspectionOptions = {
  rules: {
    kind: 'list',
    of: {
      kind: 'path',
      words: ['default'],
      doc: '`default` for the rules that come with Sallyport, or a file, in which `*` stands for any part of a name.',
    },
    countMax: 256,
    default: ['default'],
    doc: 'The rule files, in the order of evaluation.',
  },
  body: {
    kind: 'section',
    table: inspectionBodyOptions as typeof inspectionBodyOptions,
    doc: 'Bodies of requests.',
  },
  exclude: {
    kind: 'list',
    of: {
      kind: 'text',
      pattern: '[1-9][0-9]{0,9}',
      expects: 'the id of a rule, a whole number',
      lengthMax: 10,
      doc: 'The id of a rule.',
    },
    countMax: 10_000,
    default: [],
    doc: 'The ids of rules that are switched off.',
  },
} as const;
