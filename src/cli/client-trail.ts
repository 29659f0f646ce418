/**
 * How the address of a client came to be known, hop by hop, and what was sent on: who claimed what, who was believed by
 * which entry of the configuration, and which setting decided. Made of the record of an exchange and of the configuration.
 */
import type { ExchangeView } from '../admin/views.ts';
import type { Config } from '../config/config.ts';
import { parseAddress } from '../net/address.ts';
import { CidrSet } from '../net/cidr.ts';

/** `explain --client --json`: a promise to scripts. */
export interface ClientTrail {
  readonly id: string;
  readonly hops: readonly TrailHop[];
  readonly client: {
    readonly address: string;
    readonly port: number;
    readonly by: string;
    readonly because: string;
  };
  readonly sent: readonly TrailSent[];
}

export interface TrailHop {
  /** Who said it: `socket`, `proxy-v1`, `proxy-v2`, `forwarded`, `x-forwarded-for`. */
  readonly by: string;
  /** The address that was claimed, or what stood in its place. Text of the network. */
  readonly claim: string;
  /** The entry of `identity.trust` that has the address; null where none has. */
  readonly trustedBy: string | null;
  /** What came of it, one sentence. */
  readonly outcome: string;
  /** The setting that decided, as a path in the configuration with its value. */
  readonly setting: string;
}

export interface TrailSent {
  readonly what: string;
  readonly setting: string;
}

export function clientTrail(view: ExchangeView, config: Config): ClientTrail {
  const { address, port, by, because } = view.client;
  return {
    id: view.id,
    hops: [...socketHops(view, config), ...proxyHops(view, config), ...headerHops(view, config)],
    client: { address, port, by, because },
    sent: sentOn(view, config),
  };
}

/** `10.0.0.0/8`, or null. `undefined` where the listener is not in the configuration any more. */
function entryOf(view: ExchangeView, config: Config, text: string): string | null {
  const trust = config.listeners[view.listener]?.identity.trust;
  const address = parseAddress(text);
  if (trust === undefined || address === undefined) return null;
  // Narrower entries say more than those around them.
  const entries = trust.cidrs.filter((cidr) => CidrSet.of([cidr]).has(address));
  return entries.toSorted((left, right) => right.prefix - left.prefix)[0]?.text ?? null;
}

function settingOf(view: ExchangeView, key: string, value: string): string {
  return `listeners.${view.listener}.identity.${key}: ${value}`;
}

function trustSetting(view: ExchangeView, entry: string | null): string {
  return settingOf(view, 'trust', entry ?? 'has no such entry');
}

function socketHops(view: ExchangeView, config: Config): TrailHop[] {
  const { peerAddress, peerPort } = view.client;
  const trustedBy = entryOf(view, config, peerAddress);
  const outcome =
    trustedBy === null
      ? 'not trusted: what it says of others is not read'
      : 'trusted: what it says of others is read';
  return [
    {
      by: 'socket',
      claim: endpointText(peerAddress, peerPort),
      trustedBy,
      outcome,
      setting: trustSetting(view, trustedBy),
    },
  ];
}

function endpointText(address: string, port: number): string {
  if (address === '') return 'a UNIX socket';
  return port === 0 ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function proxyHops(view: ExchangeView, config: Config): TrailHop[] {
  const mode = config.listeners[view.listener]?.identity.proxyProtocol ?? 'off';
  const header = view.client.proxyHeader;
  if (header === null) return [];
  const source = header.source ?? '';
  const address = source.startsWith('[') ? source.slice(1, source.indexOf(']')) : source.replace(/:\d+$/, '');
  const trustedBy = source === '' ? null : entryOf(view, config, address);
  const tlvs = header.tlvs.map(({ type, hex }) => `0x${type.toString(16).padStart(2, '0')}=${hex}`);
  const carried = tlvs.length === 0 ? '' : `; it carried TLVs ${tlvs.join(', ')}`;
  const outcome =
    source === ''
      ? `names nobody (${header.command}): the peer speaks for itself`
      : trustedBy === null
        ? 'believed, and not trusted itself: it is the client'
        : 'believed, and trusted itself: a header field may name another';
  return [
    {
      by: `proxy-v${header.version}`,
      claim: source === '' ? 'nobody' : `${source} to ${header.destination ?? 'nowhere'}`,
      trustedBy,
      outcome: `${outcome}${carried}`,
      setting: settingOf(view, 'proxyProtocol', mode),
    },
  ];
}

const ELEMENTS: Readonly<Record<string, string>> = {
  malformed: 'malformed: the walk stops here, and the address before it counts',
  unknown: 'names no address: the walk stops here, and the address before it counts',
  obfuscated: 'hides its address: the walk stops here, and the address before it counts',
};

function headerHops(view: ExchangeView, config: Config): TrailHop[] {
  const header = config.listeners[view.listener]?.identity.clientHeader ?? 'off';
  return (view.client.hops ?? []).map(({ element, address }) => {
    const trustedBy = entryOf(view, config, address);
    const named =
      trustedBy === null
        ? 'not trusted: the walk stops here, it is the client'
        : 'trusted: the walk goes on to its left';
    return {
      by: header,
      claim: element,
      trustedBy,
      outcome: ELEMENTS[address] ?? named,
      setting: trustedBy === null ? settingOf(view, 'clientHeader', header) : trustSetting(view, trustedBy),
    };
  });
}

/** What the pool tells its servers. Nothing where nothing was sent to one. */
function sentOn(view: ExchangeView, config: Config): TrailSent[] {
  const isDecoy = config.pools[view.pool] === undefined;
  const pool = config.pools[view.pool] ?? config.decoys[view.pool];
  if (pool === undefined || view.server === '' || view.attempts === 0) return [];
  const path = `${isDecoy ? 'decoys' : 'pools'}.${view.pool}`;
  const { headers, proxyProtocol, source } = pool;
  const { address, peerAddress } = view.client;
  const sent: TrailSent[] = [];
  if (view.protocol === 'http') {
    for (const [key, name] of [
      ['xForwardedFor', 'X-Forwarded-For'],
      ['forwarded', 'Forwarded'],
    ] as const) {
      const how = headers[key];
      const texts = {
        append: `${name}: what a trusted peer sent of it, and then ${peerAddress}`,
        replace: `${name}: ${address}`,
        off: `no ${name}; whatever came is removed`,
      };
      sent.push({ what: texts[how], setting: `${path}.headers.${key}: ${how}` });
    }
  }
  if (proxyProtocol !== 'off')
    sent.push({
      what: `a PROXY ${proxyProtocol} header that names ${address}`,
      setting: `${path}.proxyProtocol: ${proxyProtocol}`,
    });
  const because = view.sourceBecause.text === '' ? '' : `; ${view.sourceBecause.text}`;
  sent.push({
    what: `a connection from ${view.source === '' ? 'an address of this host' : view.source}${because}`,
    setting: `${path}.source.from: ${source.from}${source.header === undefined ? '' : `, header ${source.header}`}`,
  });
  return sent;
}
