/**
 * Every code that a diagnostic of the configuration can have: how serious it is, and its row of the reference.
 *
 * Codes are stable: scripts may look for them. A new kind of mistake gets a new code.
 */

export type DiagnosticCode = keyof typeof diagnosticCodes;

export interface CodeRow {
  readonly severity: 'error' | 'warning';
  readonly doc: string;
}

export const diagnosticCodes = {
  'file-missing': { severity: 'error', doc: 'There is no such file.' },
  'file-unreadable': { severity: 'error', doc: 'The file is there and cannot be read.' },
  'file-too-large': { severity: 'error', doc: 'The file has more than 1 MiB.' },
  'file-encoding': { severity: 'error', doc: 'The file is not UTF-8. A byte order mark is fine.' },
  'control-character': {
    severity: 'error',
    doc: 'The file holds a control character, which an editor may not show.',
  },
  'yaml-syntax': { severity: 'error', doc: 'The file is not YAML. Nothing else is looked at until it is.' },
  'yaml-documents': {
    severity: 'error',
    doc: 'The file holds more than one YAML document. Only the first would be read.',
  },
  'yaml-directive': { severity: 'error', doc: 'The file holds a YAML directive (`%YAML`, `%TAG`).' },
  'yaml-tag': {
    severity: 'error',
    doc: 'A value has a YAML tag (`!name`). What a key holds decides its type.',
  },
  'yaml-alias': {
    severity: 'error',
    doc: 'An alias (`*name`) has no anchor (`&name`) before it, lies within its own anchor, or is one of more than 100.',
  },
  'yaml-merge': { severity: 'error', doc: 'A merge key (`<<`). Write the keys out.' },
  'yaml-key': { severity: 'error', doc: 'A key is not plain text.' },
  'too-deep': { severity: 'error', doc: 'The file is nested more than 32 levels deep.' },
  environment: {
    severity: 'error',
    doc: '`${NAME}` names a variable of the environment that is not set, or is not well-formed. `${NAME:-value}` has a default; `$${` is a literal `${`.',
  },
  'unknown-key': { severity: 'error', doc: 'A key that does not exist here. Nothing unknown is ignored.' },
  'duplicate-key': { severity: 'error', doc: 'A key is written twice.' },
  'missing-key': { severity: 'error', doc: 'A key that must be written is missing.' },
  'missing-value': {
    severity: 'error',
    doc: 'A key is written without a value. Leave it out for its default.',
  },
  'wrong-type': {
    severity: 'error',
    doc: 'A list, a section or a plain value stands where another of them belongs.',
  },
  'bad-name': {
    severity: 'error',
    doc: 'A name has other characters than letters, digits, `_`, `.` and `-`, or more than 64.',
  },
  'bad-value': { severity: 'error', doc: 'A value is not of the kind that the key holds.' },
  'out-of-range': { severity: 'error', doc: 'A value is below or above its range.' },
  'duplicate-item': { severity: 'error', doc: 'A list holds a value twice.' },
  'too-many': { severity: 'error', doc: 'A list or a map has more entries than are allowed.' },
  'unknown-name': {
    severity: 'error',
    doc: 'A pool, route, decoy or rule set is named that is not defined.',
  },
  'no-listeners': { severity: 'error', doc: 'There is no listener, so nothing could be accepted.' },
  'no-pool': {
    severity: 'error',
    doc: 'A listener has neither a pool nor routes, or is a `tcp` or `udp` listener without a pool.',
  },
  'no-servers': { severity: 'error', doc: 'A pool has no servers. Only a decoy may have none.' },
  'server-twice': {
    severity: 'error',
    doc: 'A server that stands for several addresses of a name would have the name of another one: `api-1` beside `api` with `addresses`.',
  },
  'mixed-times': {
    severity: 'warning',
    doc: 'Listeners of different protocols use a pool with `balance: least-time`: the times of its servers are those of different things.',
  },
  'only-backups': { severity: 'warning', doc: 'All servers of a pool are backups.' },
  'no-weight': { severity: 'error', doc: 'All servers of a pool have the weight 0.' },
  'fallback-ring': { severity: 'error', doc: 'Pools fall back to each other in a ring.' },
  'fallback-kind': {
    severity: 'error',
    doc: 'A pool falls back to a decoy, or a decoy to a pool: clients must not be deceived by accident, nor get to real servers that way.',
  },
  'no-effect': {
    severity: 'error',
    doc: 'A key that cannot do anything where it stands, such as `routes` on a `tcp` listener or TLVs without PROXY protocol v2.',
  },
  'cookie-refused': { severity: 'error', doc: 'A cookie that browsers do not take.' },
  'needs-http': {
    severity: 'error',
    doc: 'A `tcp` listener sends to a pool with a key that needs requests: a `tcp` listener relays bytes, and reads none.',
  },
  'no-trust': {
    severity: 'error',
    doc: '`clientHeader` or `proxyProtocol` is set while `trust` is empty, so that it would be read from nobody.',
  },
  'address-in-use': {
    severity: 'error',
    doc: 'Two listeners, or one listener twice, bind the same address and port.',
  },
  'source-family': {
    severity: 'error',
    doc: 'The address in `source` of a pool is of another family than that of one of its servers, and `fallback` is `fail`.',
  },
  'needs-capability': {
    severity: 'error',
    doc: '`runtime.user` is set, and something needs a capability that is given up with root.',
  },
  'needs-header': {
    severity: 'error',
    doc: 'A `udp` listener does not take the PROXY protocol, version 2, which alone says who the client of a datagram is.',
  },
  'no-destination': {
    severity: 'error',
    doc: 'A listener sends to a pool with `originalDestination`, and is neither `transparent` nor takes the PROXY protocol: the only address that it knows of is its own.',
  },
  loop: { severity: 'error', doc: 'A listener sends to a pool with a server that is the listener itself.' },
  'held-total': { severity: 'error', doc: '`heldTotal` is less than what may be held for one request.' },
  'socket-path': { severity: 'error', doc: 'The path of a UNIX socket has more than 107 bytes.' },
  'admin-token': { severity: 'error', doc: 'The admin API over TCP has no token, or two.' },
  'syslog-address': {
    severity: 'error',
    doc: 'The access log goes to `syslog`, and nothing says where that is.',
  },
  'trust-everyone': {
    severity: 'warning',
    doc: '`trust` holds every address: any client can then say that it is another.',
  },
  'nothing-inspected': {
    severity: 'warning',
    doc: 'A listener or a route inspects, and its `sample` is 0: of a hundred requests, none.',
  },
  'not-used': { severity: 'warning', doc: 'A pool, route, decoy or rule set is defined and named nowhere.' },
  'idle-too-long': {
    severity: 'warning',
    doc: 'Connections to servers are kept longer than most servers keep them. Requests will meet closed connections.',
  },
  'too-many-problems': {
    severity: 'error',
    doc: 'There are more than 100 problems; the others are not shown.',
  },
} as const;
