/** What is written down, in which form, and where. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- `as typeof` names a table to isolatedDeclarations */
import type { OptionsOf } from '../base/option.ts';
import type { Endpoint } from '../net/address.ts';

/** `log` at the top of the configuration. */
export type LogOptions = OptionsOf<typeof logOptions, { readonly endpoint: Endpoint }>;

export const syslogOptions = {
  address: {
    kind: 'endpoint',
    presence: 'optional',
    doc: 'Where the syslog server listens, usually on port 514. Needed where `log.to` names `syslog` and `transport` is not `unix`.',
  },
  transport: {
    kind: 'choice',
    values: ['udp', 'tcp', 'unix'],
    default: 'udp',
    doc: 'How lines are sent: each in a datagram of its own, of which some may be lost without anybody hearing of it (`udp`); over a connection, each after its length (`tcp`, RFC 6587); or to a daemon on this machine, in datagrams that are not lost (`unix`).',
  },
  path: {
    kind: 'path',
    default: '/dev/log',
    doc: 'The socket of the daemon on this machine, for `transport: unix`. Linux only.',
  },
  form: {
    kind: 'choice',
    values: ['auto', 'rfc5424', 'rfc3164', 'local'],
    default: 'auto',
    doc: 'The form of messages. `rfc3164` is the traditional one, in local time; `local` is that without the name of the host, as programs write it to `/dev/log`. `auto` is `local` for `transport: unix`, and `rfc5424` otherwise.',
  },
  facility: {
    kind: 'choice',
    values: [
      'user',
      'daemon',
      'auth',
      'authpriv',
      'local0',
      'local1',
      'local2',
      'local3',
      'local4',
      'local5',
      'local6',
      'local7',
    ],
    default: 'local0',
    doc: 'The facility of the messages, by which syslog servers sort. Their severity is `info`.',
  },
  name: {
    kind: 'text',
    pattern: '[A-Za-z0-9_./-]{1,48}',
    expects: '1 to 48 letters, digits, `_`, `.`, `/` and `-`',
    lengthMax: 48,
    default: 'sallyport',
    doc: 'What the messages call the program.',
  },
  lengthMax: {
    kind: 'size',
    min: '480B',
    max: '48KiB',
    default: '8KiB',
    doc: 'The longest line that is sent; of a longer one the end is cut off. Receivers need only take 2 KiB (RFC 5424 §6.1), and most take 8 KiB.',
  },
} as const;

export const logOptions = {
  access: {
    kind: 'choice',
    values: ['auto', 'json', 'text', 'combined', 'haproxy', 'off'],
    default: 'auto',
    doc: 'The form of the access log, one line for each exchange. `auto` is `text` on a terminal and `json` elsewhere. `combined` is that of Apache and nginx, `haproxy` is that of HAProxy for HTTP and TCP: both say less, and are for programs that read them.',
  },
  to: {
    kind: 'list',
    of: {
      kind: 'path',
      words: ['stdout', 'syslog'],
      doc: '`stdout`, `syslog`, or a file that is appended to.',
    },
    countMax: 8,
    default: ['stdout'],
    doc: 'Where the access log goes, one place or several: `stdout`, files, `syslog`. Each has its own queue: one that takes nothing holds up no other.',
  },
  syslog: {
    kind: 'section',
    table: syslogOptions as typeof syslogOptions,
    doc: 'The syslog server that `log.to` means.',
  },
  level: {
    kind: 'choice',
    values: ['debug', 'info', 'warn', 'error'],
    default: 'info',
    doc: 'The least serious events of the program itself that are still written, to standard error.',
  },
} as const;
