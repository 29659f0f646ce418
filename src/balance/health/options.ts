/** How servers are checked: options of a pool, and what one server may have otherwise. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- `as` tells isolatedDeclarations the type */
import type { OptionsOf } from '../../base/option.ts';

export type HealthOptions = OptionsOf<typeof healthOptions>;
export type ServerHealthOptions = OptionsOf<typeof serverHealthOptions>;
export type PassiveOptions = OptionsOf<typeof passiveOptions>;

/** `200`, `200-399`, and several of them with commas. */
const STATUS_PATTERN = '[1-5][0-9]{2}(?:-[1-5][0-9]{2})?(?: *, *[1-5][0-9]{2}(?:-[1-5][0-9]{2})?){0,31}';
const HOST_PATTERN = '[A-Za-z0-9_.-]+(?::[0-9]{1,5})?|\\[[0-9A-Fa-f:.]+\\](?::[0-9]{1,5})?';
const NAME_PATTERN = '[A-Za-z0-9_.-]+';
const TARGET_PATTERN = '(?:/[!-~]*|\\*)';
const METHOD_PATTERN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const FIELD_PATTERN = `${METHOD_PATTERN}: ?[ -~\\t]*`;
const HOST_EXPECTS = 'a host, with or without a port';
const ADDRESS_PATTERN = '[0-9.]+|[0-9A-Fa-f:.]+';

export const expectOptions = {
  status: {
    kind: 'text',
    pattern: STATUS_PATTERN as string,
    expects: 'a list of statuses such as "200-399, 403"',
    lengthMax: 256,
    default: '200-399',
    doc: 'The statuses of a server that is up: numbers and ranges, with commas between them. `403` makes a server that refuses the request one that is up, as a farm of inspectors does.',
  },
  text: {
    kind: 'text',
    pattern: '[ -~]+',
    expects: 'printable ASCII',
    lengthMax: 1024,
    presence: 'optional',
    doc: 'A text that the body must contain, within its first 64 KiB, exactly as it stands here.',
  },
  pattern: {
    kind: 'text',
    pattern: '[^\\0\\n]+',
    expects: 'a regular expression',
    lengthMax: 1024,
    presence: 'optional',
    doc: 'A regular expression that must match somewhere in the first 64 KiB of the body. It is of the same kind as those of rules, and runs in linear time.',
  },
} as const;

export const checkTlsOptions = {
  serverName: {
    kind: 'text',
    pattern: NAME_PATTERN as string,
    expects: 'a host name',
    lengthMax: 253,
    presence: 'optional',
    doc: 'The name that is asked for (SNI) and that the certificate must be for. Without it the `host` of the check, if that is a name.',
  },
  verify: {
    kind: 'boolean',
    default: true,
    doc: 'Whether a certificate that is not valid for the server makes the check fail.',
  },
  ca: {
    kind: 'path',
    words: ['system'],
    default: 'system',
    doc: 'Certificates that may sign the one of the server, as PEM. `system` takes those that come with Node.js.',
  },
} as const;

export const passiveOptions = {
  failures: {
    kind: 'integer',
    min: 0,
    max: 1_000_000,
    default: 0,
    doc: 'How many exchanges in a row, over all workers, may fail before something is done. 0 means that real traffic says nothing about health.',
  },
  on: {
    kind: 'list',
    of: {
      kind: 'choice',
      values: ['connect', 'cut', 'timeout', 'status-5xx'],
      doc: 'A kind of failure.',
    },
    countMax: 4,
    default: ['connect', 'cut', 'timeout'],
    doc: 'What counts: no connection, a response that was cut or could not be read, a server that was silent for too long, a response of status 5xx.',
  },
  then: {
    kind: 'choice',
    values: ['check', 'down'],
    default: 'check',
    doc: '`check` asks the server at once, and goes on with `fastInterval`; without an active check it is `down`. `down` takes the server out for `downFor`.',
  },
  downFor: {
    kind: 'duration',
    min: '100ms',
    max: '1h',
    default: '10s',
    doc: 'How long a server is out that real traffic has taken out. Then an active check decides; without one the server is tried: the next exchange that fails takes it out again, one that succeeds brings it back for good.',
  },
} as const;

export const agentOptions = {
  port: {
    kind: 'integer',
    min: 1,
    max: 65_535,
    presence: 'optional',
    doc: 'The port of the agent. Without it no agent is asked.',
  },
  address: {
    kind: 'text',
    pattern: ADDRESS_PATTERN as string,
    expects: 'an address',
    lengthMax: 45,
    presence: 'optional',
    doc: 'The address of the agent. Without it that of the server.',
  },
  format: {
    kind: 'choice',
    values: ['line', 'json'],
    default: 'line',
    doc: 'What the agent speaks. `line` is the agent-check protocol of HAProxy, one line for each connection. `json` is an HTTP request to `sallyport agent`, whose answer also tells the load for `balance: least-load`.',
  },
  send: {
    kind: 'text',
    pattern: '[ -~]+',
    expects: 'printable ASCII',
    lengthMax: 256,
    presence: 'optional',
    doc: 'What is sent to an agent of format `line` before it answers, with a line end behind it. Some agents serve many servers and want to know which one is meant.',
  },
  interval: {
    kind: 'duration',
    min: '100ms',
    max: '1h',
    default: '2s',
    doc: 'How long after an answer the agent is asked again.',
  },
  timeout: {
    kind: 'duration',
    min: '10ms',
    max: '1m',
    default: '2s',
    doc: 'How long an agent may take to answer. One that does not answer changes nothing.',
  },
} as const;

export const healthOptions = {
  check: {
    kind: 'choice',
    values: ['off', 'tcp', 'tls', 'http', 'https'],
    default: 'off',
    doc: 'How servers are asked whether they are up. `tcp`: a connection is accepted. `tls`: and a handshake ends well. `http`, `https`: a request is answered as `expect` says. `off`: they are taken to be up.',
  },
  method: {
    kind: 'text',
    pattern: METHOD_PATTERN as string,
    expects: 'a method',
    lengthMax: 32,
    default: 'GET',
    doc: 'The method of the request.',
  },
  path: {
    kind: 'text',
    pattern: TARGET_PATTERN as string,
    expects: 'a path that begins with "/"',
    lengthMax: 4096,
    default: '/',
    doc: 'The path of the request, with a query if one is needed.',
  },
  host: {
    kind: 'text',
    pattern: HOST_PATTERN as string,
    expects: HOST_EXPECTS as string,
    lengthMax: 259,
    presence: 'optional',
    doc: 'The host that is asked for. Without it the address of the server.',
  },
  headers: {
    kind: 'list',
    of: {
      kind: 'text',
      pattern: FIELD_PATTERN as string,
      expects: 'a header field such as "X-Check: yes"',
      lengthMax: 1024,
      isSecret: true,
      doc: 'A header field.',
    },
    countMax: 32,
    default: [],
    doc: 'More header fields of the request, each as one text: `"X-Check: yes"`.',
  },
  body: {
    kind: 'text',
    pattern: '[\\x00-\\x7f]+',
    expects: 'ASCII',
    lengthMax: 16_384,
    isSecret: true,
    presence: 'optional',
    doc: 'The body of the request. Its length is sent with it.',
  },
  expect: {
    kind: 'section',
    table: expectOptions as typeof expectOptions,
    doc: 'What a response must be for the server to be up.',
  },
  interval: {
    kind: 'duration',
    min: '100ms',
    max: '1h',
    default: '2s',
    doc: 'How long after a check the next one begins, while nothing changes.',
  },
  fastInterval: {
    kind: 'duration',
    min: '100ms',
    max: '1h',
    presence: 'optional',
    doc: 'The same while a server is between up and down. Without it `interval`.',
  },
  downInterval: {
    kind: 'duration',
    min: '100ms',
    max: '1h',
    presence: 'optional',
    doc: 'The same while a server is down. Without it `interval`.',
  },
  jitter: {
    kind: 'integer',
    min: 0,
    max: 50,
    default: 5,
    doc: 'By how many percent each interval is longer or shorter at random, so that checks of many servers and many proxies do not meet.',
  },
  timeout: {
    kind: 'duration',
    min: '10ms',
    max: '1m',
    default: '2s',
    doc: 'How long one check may take as a whole, from connecting to the end of what is looked at.',
  },
  rise: {
    kind: 'integer',
    min: 1,
    max: 100,
    default: 2,
    doc: 'How many checks in a row must go well before a server that is down is up.',
  },
  fall: {
    kind: 'integer',
    min: 1,
    max: 100,
    default: 3,
    doc: 'How many checks in a row must fail before a server that is up is down. The very first check after the start decides alone.',
  },
  port: {
    kind: 'integer',
    min: 1,
    max: 65_535,
    presence: 'optional',
    doc: 'The port that is checked. Without it that of the server.',
  },
  proxyProtocol: {
    kind: 'choice',
    values: ['as-pool', 'off', 'v1', 'v2'],
    default: 'as-pool',
    doc: 'Whether a check begins with a PROXY protocol header, which then speaks for nobody (`UNKNOWN`, `LOCAL`). `as-pool`: as connections of the pool do.',
  },
  tls: {
    kind: 'section',
    table: checkTlsOptions as typeof checkTlsOptions,
    doc: 'TLS of `tls` and `https` checks.',
  },
  passive: {
    kind: 'section',
    table: passiveOptions as typeof passiveOptions,
    doc: 'What real traffic says about the health of servers.',
  },
  agent: {
    kind: 'section',
    table: agentOptions as typeof agentOptions,
    short: 'port',
    doc: 'An agent beside each server that says how much it can take: `sallyport agent`, or any that speaks the agent-check protocol of HAProxy. A port alone stands for a section with this port.',
  },
} as const;

const INSTEAD = 'Instead of what the pool says.';

export const serverAgentOptions = {
  port: { kind: 'integer', min: 1, max: 65_535, presence: 'optional', doc: INSTEAD as string },
  address: {
    kind: 'text',
    pattern: ADDRESS_PATTERN as string,
    expects: 'an address',
    lengthMax: 45,
    presence: 'optional',
    doc: INSTEAD as string,
  },
  send: {
    kind: 'text',
    pattern: '[ -~]+',
    expects: 'printable ASCII',
    lengthMax: 256,
    presence: 'optional',
    doc: INSTEAD as string,
  },
} as const;

export const serverHealthOptions = {
  check: {
    kind: 'choice',
    values: ['off', 'tcp', 'tls', 'http', 'https'],
    presence: 'optional',
    doc: INSTEAD as string,
  },
  address: {
    kind: 'text',
    pattern: ADDRESS_PATTERN as string,
    expects: 'an address',
    lengthMax: 45,
    presence: 'optional',
    doc: 'The address that is checked. Without it that of the server.',
  },
  port: { kind: 'integer', min: 1, max: 65_535, presence: 'optional', doc: INSTEAD as string },
  path: {
    kind: 'text',
    pattern: TARGET_PATTERN as string,
    expects: 'a path that begins with "/"',
    lengthMax: 4096,
    presence: 'optional',
    doc: INSTEAD as string,
  },
  host: {
    kind: 'text',
    pattern: HOST_PATTERN as string,
    expects: HOST_EXPECTS as string,
    lengthMax: 259,
    presence: 'optional',
    doc: INSTEAD as string,
  },
  interval: { kind: 'duration', min: '100ms', max: '1h', presence: 'optional', doc: INSTEAD as string },
  fastInterval: { kind: 'duration', min: '100ms', max: '1h', presence: 'optional', doc: INSTEAD as string },
  downInterval: { kind: 'duration', min: '100ms', max: '1h', presence: 'optional', doc: INSTEAD as string },
  timeout: { kind: 'duration', min: '10ms', max: '1m', presence: 'optional', doc: INSTEAD as string },
  rise: { kind: 'integer', min: 1, max: 100, presence: 'optional', doc: INSTEAD as string },
  fall: { kind: 'integer', min: 1, max: 100, presence: 'optional', doc: INSTEAD as string },
  agent: {
    kind: 'section',
    table: serverAgentOptions as typeof serverAgentOptions,
    short: 'port',
    doc: 'The agent of this server.',
  },
} as const;
