/** Traces: which exchanges are in them, what names them, and where they go. */
import type { OptionsOf } from '../../base/option.ts';
import type { CidrSet } from '../../net/cidr.ts';

/** `tracing` at the top of the configuration. Times are milliseconds, sizes bytes. */
export type TracingOptions = OptionsOf<typeof tracingOptions, { readonly cidrs: CidrSet }>;

export const tracingOptions = {
  endpoint: {
    kind: 'text',
    pattern: 'https?://(?:[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}\\])(?::[0-9]{1,5})?(?:/[!-~]*)?',
    expects: 'a URL such as "http://127.0.0.1:4318/v1/traces", without a user in it',
    lengthMax: 512,
    isSecret: true,
    presence: 'optional',
    doc: 'Where spans are sent, by OTLP over HTTP in JSON: an OpenTelemetry Collector or whatever takes the same, such as `http://127.0.0.1:4318/v1/traces`. `/v1/traces` may be left out. Missing means that nothing is traced: `traceparent` and `tracestate` of clients then pass as any other field.',
  },
  service: {
    kind: 'text',
    pattern: '[ -~]{1,128}',
    expects: '1 to 128 printable characters',
    lengthMax: 128,
    default: 'sallyport',
    doc: 'The name of the service that the spans are of, for whoever looks at them.',
  },
  resource: {
    kind: 'map',
    noun: 'attribute',
    countMax: 32,
    of: {
      kind: 'section',
      short: 'value',
      table: {
        value: {
          kind: 'text',
          pattern: '[ -~]{1,256}',
          expects: '1 to 256 printable characters',
          lengthMax: 256,
          presence: 'required',
          doc: 'Its value.',
        },
      },
      doc: 'One attribute of the resource.',
    },
    doc: 'What else is said of this instance, by the names of OpenTelemetry: `deployment.environment.name: production`. Version, host name and process id are there without being written.',
  },
  headers: {
    kind: 'map',
    noun: 'header',
    countMax: 16,
    of: {
      kind: 'section',
      short: 'value',
      table: {
        value: {
          kind: 'text',
          pattern: '[ -~]{1,4096}',
          expects: '1 to 4096 printable characters',
          lengthMax: 4096,
          isSecret: true,
          presence: 'required',
          doc: 'Its value.',
        },
      },
      doc: 'One field of the requests to the collector.',
    },
    doc: 'Fields that requests to the collector have besides, such as `Authorization: Bearer ${TOKEN}`. Take secrets from the environment.',
  },
  sample: {
    kind: 'text',
    pattern: '(?:100|[0-9]{1,2}(?:\\.[0-9]{1,4})?)%',
    expects: 'a part such as "100%", "5%" or "0.01%"',
    lengthMax: 8,
    default: '100%',
    doc: 'How many of the traces that begin here are recorded. Where the context of somebody who is believed is followed, that one has decided. What is not recorded still has a trace id, which servers and the access log are told.',
  },
  rate: {
    kind: 'integer',
    min: 1,
    max: 100_000,
    default: 1000,
    doc: 'How many traces each worker records in a second, at most, whoever has decided that they are. Those above it pass as ones that are not recorded: exchanges go on, with a trace id.',
  },
  trust: {
    kind: 'cidrs',
    countMax: 4096,
    default: [],
    doc: 'Whose `traceparent` is followed, in addition to the addresses in `identity.trust` of the listener: their trace goes on, and is recorded if they record it. The address is that of the connection, or the one that a PROXY header says.',
  },
  untrusted: {
    kind: 'choice',
    values: ['new', 'link', 'keep'],
    default: 'link',
    doc: 'What becomes of the context that others send. All of these decide by `sample`, whatever the sender wants, and drop its `tracestate`. `new` begins a trace and forgets theirs. `link` begins one, with a link to theirs. `keep` goes on with their trace id: for traces that begin in browsers, and it lets anybody write into any trace.',
  },
  batch: {
    kind: 'integer',
    min: 1,
    max: 8192,
    default: 512,
    doc: 'How many spans are sent at once, at most. A worker hands its spans over when it has as many.',
  },
  interval: {
    kind: 'duration',
    min: '50ms',
    max: '1m',
    default: '2s',
    doc: 'How long spans wait at most for others to be sent with.',
  },
  queue: {
    kind: 'size',
    min: '64KiB',
    max: '1GiB',
    default: '16MiB',
    doc: 'How much may wait for the collector, as JSON; a span has about 1 KiB. Beyond it the oldest are dropped and counted. Exchanges never wait for it.',
  },
  timeout: {
    kind: 'duration',
    min: '100ms',
    max: '1m',
    default: '10s',
    doc: 'How long the collector may take for one request. After that, or after a status that says so (429, 502, 503, 504), it is tried again, later each time, for 5 minutes.',
  },
  compression: {
    kind: 'choice',
    values: ['none', 'gzip'],
    default: 'none',
    doc: 'How what is sent is compressed. `gzip` makes it a tenth, for collectors that are not on the same machine.',
  },
  ca: {
    kind: 'path',
    presence: 'optional',
    doc: 'A PEM file with the certificates by which that of an `https` collector is checked. Missing means those that Node.js brings along.',
  },
} as const;
