/** What a `udp` listener has besides: the key `udp` of a listener. */
import type { OptionsOf } from '../base/option.ts';

export type UdpOptions = OptionsOf<typeof udpOptions>;

export const udpOptions = {
  header: {
    kind: 'choice',
    values: ['every', 'first'],
    default: 'every',
    doc: 'Which datagrams of a proxy begin with a PROXY protocol header. `every`: each, as the specification says; one without is dropped. `first`: that which begins a flow from an address and port of the proxy; what follows from there is passed on as it is, until the flow ends.',
  },
  idle: {
    kind: 'duration',
    min: '100ms',
    max: '1d',
    default: '30s',
    doc: 'How long a flow may stay silent in both directions. Then its socket is closed.',
  },
  flowsPerClient: {
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    default: 1024,
    doc: 'How many flows one address may have at once, in each worker. With another one, that of them which was used least recently ends.',
  },
  flowsPerSecond: {
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    default: 2000,
    doc: 'How many flows may begin in each second, in each worker, for each address that is bound. Datagrams that would begin more are dropped.',
  },
  datagramBytes: {
    kind: 'size',
    min: '1',
    max: '65507',
    default: '65507',
    doc: 'The longest datagram without its PROXY header, in both directions. Longer ones are dropped.',
  },
} as const;
