/** What is inspected: the rules, where they do not hold, and how much of a message they see. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- `as typeof` names a table to isolatedDeclarations */
import type { OptionsOf } from '../base/option.ts';
import { EXCLUDED_PATH_PATTERN, EXCLUDED_RULE_PATTERN, EXCLUDED_TARGET_PATTERN } from './exclusions.ts';

/** `inspection` at the top of the configuration. Sizes are bytes. */
export type InspectionOptions = OptionsOf<typeof inspectionOptions>;

/** One rule set: the one at the top, or one of `inspection.sets`. */
export type RuleSetOptions = OptionsOf<typeof ruleSetOptions>;

/** `inspection` of a listener. What is undefined is as `inspection` at the top has it. */
export type ListenerInspectionOptions = OptionsOf<typeof listenerInspectionOptions>;

/** `inspection` of a route. What is undefined is as the listener has it. */
export type RouteInspectionOptions = OptionsOf<typeof routeInspectionOptions>;

const EXCLUSIONS_MAX = 10_000;

export const exclusionOptions = {
  rule: {
    kind: 'text',
    presence: 'required',
    pattern: EXCLUDED_RULE_PATTERN as typeof EXCLUDED_RULE_PATTERN,
    expects: 'the id of a rule, a range such as "942100-942199", or a tag',
    lengthMax: 128,
    doc: 'The rules: an id, a range of ids, or a whole tag. `snort-2001` is the Snort rule with this sid.',
  },
  target: {
    kind: 'text',
    presence: 'optional',
    pattern: EXCLUDED_TARGET_PATTERN as typeof EXCLUDED_TARGET_PATTERN,
    expects: 'a variable such as "ARGS:comment"',
    lengthMax: 170,
    doc: 'What the rules no longer look at: a variable as the rules name it, with or without a member. Without it, the rules are not run.',
  },
  path: {
    kind: 'text',
    presence: 'optional',
    pattern: EXCLUDED_PATH_PATTERN as typeof EXCLUDED_PATH_PATTERN,
    expects: 'a path such as "/admin/*", decoded, without "?", "#", ";", "%" and backslashes',
    lengthMax: 1024,
    doc: 'Where: a path, in which `*` stands for any characters, `/` too. A request whose path servers may read in two ways (dot or empty segments, `;`, a backslash, `%` after decoding once) is never excluded. Without it, everywhere.',
  },
} as const;

const exclusionOption = {
  kind: 'section',
  short: 'rule',
  table: exclusionOptions as typeof exclusionOptions,
  doc: 'An exclusion is a rule alone (`942100`), or narrower.',
} as const;

export const snortVariableOptions = {
  value: {
    kind: 'text',
    presence: 'required',
    pattern: '[!-~]+(?: [!-~]+)*',
    expects: 'a value such as "[10.0.0.0/8,!10.1.0.0/16]"',
    lengthMax: 4096,
    doc: 'What stands behind `ipvar` or `portvar`.',
  },
} as const;

export const snortOptions = {
  rules: {
    kind: 'list',
    of: {
      kind: 'path',
      doc: 'A file of Snort or Suricata rules, in which `*` stands for any part of a name.',
    },
    countMax: 256,
    default: [],
    doc: 'Files of Snort 2, Snort 3 and Suricata rules. They see requests and responses beside the other rules.',
  },
  variables: {
    kind: 'map',
    noun: 'variable',
    countMax: 256,
    of: {
      kind: 'section',
      short: 'value',
      table: snortVariableOptions as typeof snortVariableOptions,
      doc: 'A variable of the rules.',
    },
    doc: 'Variables such as `HOME_NET`, over what the files say.',
  },
  onAlert: {
    kind: 'choice',
    values: ['deceive', 'reply', 'continue'],
    default: 'deceive',
    doc: 'What becomes of a request that an `alert` rule hits: the decoy and a mark, a page with 403, or only a record.',
  },
  onBlock: {
    kind: 'choice',
    values: ['deceive', 'reply', 'drop'],
    default: 'deceive',
    doc: 'The same for `drop`, `block`, `reject` and `react`. `drop` closes the connection.',
  },
} as const;

/** Beside the configuration: where the CRS is installed when nobody says otherwise. */
export const CRS_PLACE = '.sallyport/rules/crs/crs.conf';

const rulesOption = {
  kind: 'list',
  of: {
    kind: 'path',
    words: ['default'],
    places: { crs: CRS_PLACE as typeof CRS_PLACE },
    doc: '`default` for the rules that come with Sallyport, `crs` for the OWASP CRS as `sallyport rules install crs` puts it (`.sallyport/rules/crs/crs.conf`), or a file, in which `*` stands for any part of a name.',
  },
  countMax: 256,
  default: ['default'],
  doc: 'The rule files, in the order of evaluation.',
} as const;

const excludeOption = {
  kind: 'map',
  noun: 'exclusion',
  listPrefix: 'exclusion-',
  countMax: EXCLUSIONS_MAX as typeof EXCLUSIONS_MAX,
  of: exclusionOption as typeof exclusionOption,
  doc: 'Rules that are switched off, or do not hold for some targets or paths. A list, or named.',
} as const;

const lenientOption = {
  kind: 'boolean',
  default: false,
  doc: 'Whether a rule with something that is not run here is left out, with a warning. Otherwise it is a mistake.',
} as const;

const snortOption = {
  kind: 'section',
  table: snortOptions as typeof snortOptions,
  doc: 'Rules of Snort and Suricata.',
} as const;

export const ruleSetOptions = {
  rules: rulesOption as typeof rulesOption,
  exclude: excludeOption as typeof excludeOption,
  lenient: lenientOption as typeof lenientOption,
  snort: snortOption as typeof snortOption,
} as const;

/** What holds beyond: the rest is one value or the raw bytes, a variable of the rules says so, and nothing is skipped. */
export const inspectionLimitOptions = {
  arguments: {
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    presence: 'optional',
    doc: 'How many arguments of query and body are told apart. The rest is one more, and `ARGUMENTS_EXCEEDED` is 1. Without it, what the rules say (`SecArgumentsLimit`), or 1,000.',
  },
  cookies: {
    kind: 'integer',
    min: 1,
    max: 100_000,
    presence: 'optional',
    doc: 'How many cookies are told apart. The rest is one more, and `COOKIES_EXCEEDED` is 1. Without it, 200.',
  },
  jsonDepth: {
    kind: 'integer',
    min: 1,
    max: 10_000,
    presence: 'optional',
    doc: 'How deep JSON may be nested. Deeper, `REQBODY_ERROR` is 1 and the raw bytes are inspected. Without it, what the rules say (`SecRequestBodyJsonDepthLimit`), or 512.',
  },
  xmlDepth: {
    kind: 'integer',
    min: 1,
    max: 10_000,
    presence: 'optional',
    doc: 'How deep elements of XML may be nested. Deeper, `REQBODY_ERROR` is 1 and the raw bytes are inspected. Without it, 256.',
  },
  files: {
    kind: 'integer',
    min: 0,
    max: 10_000,
    presence: 'optional',
    doc: 'How many files a multipart body may have. With more, `MULTIPART_FILE_LIMIT_EXCEEDED` is 1. Without it, 100.',
  },
  decoded: {
    kind: 'size',
    min: '1KiB',
    max: '64MiB',
    presence: 'optional',
    doc: 'How much a compressed body may become. Beyond, `REQBODY_ERROR` is 1, and what was unpacked is inspected with the raw bytes. Without it, 1 MiB.',
  },
} as const;

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
    doc: 'How much is held at once for all requests and responses together, over all workers. A request that would go beyond is answered with 503; of a response that would, what is held is inspected, or it is answered with 503 where `response.beyond` is `reject`.',
  },
} as const;

export const HELD_TYPE_PATTERN = '[a-z0-9!#$&^_.+-]{1,127}/(?:[a-z0-9!#$&^_.+-]{1,127}|\\*)';

export const inspectionResponseOptions = {
  mode: {
    kind: 'choice',
    values: ['on', 'off'],
    default: 'on',
    doc: 'Whether rules see responses. Where no rule looks at them, nothing is held and nothing is lost with `on`.',
  },
  types: {
    kind: 'list',
    of: {
      kind: 'text',
      pattern: HELD_TYPE_PATTERN as typeof HELD_TYPE_PATTERN,
      expects: 'a media type such as "text/html" or "text/*"',
      lengthMax: 255,
      fold: 'lower',
      doc: 'A media type, or all of a kind.',
    },
    countMax: 256,
    default: ['text/plain', 'text/html', 'text/xml', 'application/json'],
    doc: 'The bodies of which media types are held and inspected where a rule looks at them; those that say no type are, too. Server-sent events, gRPC, tunnels and parts of a resource (206) never are, whatever stands here.',
  },
  held: {
    kind: 'size',
    min: '1KiB',
    max: '64MiB',
    default: '512KiB',
    doc: 'How much of the body of a response is held back and inspected before its first byte goes to the client. Compressed ones are held as they come and inspected as what they unpack to.',
  },
  beyond: {
    kind: 'choice',
    values: ['prefix', 'pass', 'reject'],
    default: 'prefix',
    doc: 'What happens to a longer body: `prefix` inspects what is held and passes on the rest unseen; `pass` passes on all of it without inspecting it; `reject` answers 502.',
  },
} as const;

export const inspectionOptions = {
  rules: rulesOption as typeof rulesOption,
  exclude: excludeOption as typeof excludeOption,
  lenient: lenientOption as typeof lenientOption,
  snort: snortOption as typeof snortOption,
  sets: {
    kind: 'map',
    noun: 'set',
    countMax: 64,
    of: {
      kind: 'section',
      table: ruleSetOptions as typeof ruleSetOptions,
      doc: 'A rule set takes the place of `rules`, `exclude`, `lenient` and `snort` of the top, as a whole.',
    },
    doc: 'Other rule sets, by name, for listeners and routes that name them.',
  },
  body: {
    kind: 'section',
    table: inspectionBodyOptions as typeof inspectionBodyOptions,
    doc: 'Bodies of requests.',
  },
  response: {
    kind: 'section',
    table: inspectionResponseOptions as typeof inspectionResponseOptions,
    doc: 'Responses.',
  },
  limits: {
    kind: 'section',
    table: inspectionLimitOptions as typeof inspectionLimitOptions,
    doc: 'How far requests are taken apart. Beyond, the rest is inspected as it stands.',
  },
} as const;

const useBodyOptions = {
  held: {
    kind: 'size',
    min: '1KiB',
    max: '64MiB',
    presence: 'optional',
    doc: 'As `inspection.body.held`, here only.',
  },
  beyond: {
    kind: 'choice',
    values: ['reject', 'prefix', 'pass'],
    presence: 'optional',
    doc: 'As `inspection.body.beyond`, here only.',
  },
} as const;

const useResponseOptions = {
  mode: {
    kind: 'choice',
    values: ['on', 'off'],
    presence: 'optional',
    doc: 'As `inspection.response.mode`, here only.',
  },
  types: {
    kind: 'list',
    of: inspectionResponseOptions.types.of as typeof inspectionResponseOptions.types.of,
    countMax: 256,
    presence: 'optional',
    doc: 'As `inspection.response.types`, here only.',
  },
  held: {
    kind: 'size',
    min: '1KiB',
    max: '64MiB',
    presence: 'optional',
    doc: 'As `inspection.response.held`, here only.',
  },
  beyond: {
    kind: 'choice',
    values: ['prefix', 'pass', 'reject'],
    presence: 'optional',
    doc: 'As `inspection.response.beyond`, here only.',
  },
} as const;

/** What listeners and routes say alike. */
const setOption = {
  kind: 'reference',
  to: 'inspection.sets',
  presence: 'optional',
  doc: 'The rule set. Without it, the rules at the top of `inspection`.',
} as const;

const moreExcludeOption = {
  kind: 'map',
  presence: 'optional',
  noun: 'exclusion',
  listPrefix: 'exclusion-',
  countMax: EXCLUSIONS_MAX as typeof EXCLUSIONS_MAX,
  of: exclusionOption as typeof exclusionOption,
  doc: 'Exclusions besides those of the rule set, here only. The rules are compiled once more for them, which takes memory; `path` in an exclusion of the rule set does not.',
} as const;

const bodyOption = {
  kind: 'section',
  table: useBodyOptions as typeof useBodyOptions,
  doc: 'Bodies of requests.',
} as const;

const responseOption = {
  kind: 'section',
  table: useResponseOptions as typeof useResponseOptions,
  doc: 'Responses.',
} as const;

const limitsOption = {
  kind: 'section',
  table: inspectionLimitOptions as typeof inspectionLimitOptions,
  doc: 'As `inspection.limits`, here only.',
} as const;

export const listenerInspectionOptions = {
  mode: {
    kind: 'choice',
    values: ['on', 'detect', 'off'],
    default: 'on',
    doc: 'Whether requests are inspected. `on` acts on the verdict of the rules; `detect` only records it; `off` asks for none.',
  },
  sample: {
    kind: 'integer',
    min: 0,
    max: 100,
    default: 100,
    doc: 'How many of a hundred requests are inspected, chosen by chance. The others pass unseen: for trying out rules, not for protection.',
  },
  set: setOption as typeof setOption,
  exclude: moreExcludeOption as typeof moreExcludeOption,
  body: bodyOption as typeof bodyOption,
  response: responseOption as typeof responseOption,
  limits: limitsOption as typeof limitsOption,
} as const;

export const routeInspectionOptions = {
  mode: {
    kind: 'choice',
    values: ['on', 'detect', 'off'],
    presence: 'optional',
    doc: 'Whether requests are inspected. Without it, as the listener says.',
  },
  sample: {
    kind: 'integer',
    min: 0,
    max: 100,
    presence: 'optional',
    doc: 'How many of a hundred requests are inspected. Without it, as the listener says.',
  },
  set: setOption as typeof setOption,
  exclude: moreExcludeOption as typeof moreExcludeOption,
  body: bodyOption as typeof bodyOption,
  response: responseOption as typeof responseOption,
  limits: limitsOption as typeof limitsOption,
} as const;
