/**
 * The spoofer as a configuration of the same data plane: a listener that only proxies in front may use and that wants
 * their PROXY header, and a pool with the server beside us, connected to from the client's address.
 */
import { formatEndpoint } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import type { CidrSet } from '../net/cidr.ts';

export interface SpoofWay {
  readonly listen: readonly Endpoint[];
  /** The server; with two of different families, a client goes to that of its own. */
  readonly targets: readonly Endpoint[];
}

export interface SpoofOptions {
  /** `both`: each way is one of TCP and one of UDP. */
  readonly protocol: 'tcp' | 'udp' | 'both';
  /** Which datagrams begin with a header. */
  readonly udpHeader: 'every' | 'first';
  /** Durations as the configuration has them. */
  readonly udpIdle: string;
  readonly udpFlowsPerSecond: number;
  readonly udpFlowsPerClient: number;
  readonly ways: readonly SpoofWay[];
  readonly trust: CidrSet;
  readonly mark: number;
  readonly port: 'keep' | 'free';
  readonly fallback: 'fail' | 'own';
  readonly workers: number | 'auto';
  readonly connections: number;
  /** Durations as the configuration has them. */
  readonly connect: string;
  readonly idle: string;
  readonly headerTimeout: string;
  readonly log: string;
  /** Path of the admin socket, or `off`. */
  readonly admin: string;
}

/** The configuration as a value that can be written as JSON, which is YAML. */
export function spoofConfig(options: SpoofOptions): object {
  const { ways } = options;
  const named = ways.map((way, index) => ({ name: ways.length === 1 ? 'spoof' : `spoof${index + 1}`, way }));
  return {
    listeners: Object.fromEntries(
      named.flatMap(({ name, way }): [string, object][] => {
        const bind = way.listen.map(formatEndpoint);
        // Each is called as its pool, and that of UDP beside one of TCP by another name.
        const udpName = options.protocol === 'both' ? `${name}-udp` : name;
        const tcp: [string, object] = [name, { bind, pool: name, ...ofTcp(options) }];
        const udp: [string, object] = [udpName, { bind, pool: name, ...ofUdp(options) }];
        if (options.protocol === 'both') return [tcp, udp];
        return [options.protocol === 'tcp' ? tcp : udp];
      }),
    ),
    pools: Object.fromEntries(
      named.map(({ name, way }) => [
        name,
        {
          servers: way.targets.map(formatEndpoint),
          source: { from: 'client', port: options.port, fallback: options.fallback, mark: options.mark },
          timeouts: { connect: options.connect },
        },
      ]),
    ),
    log: { access: options.log },
    admin: { socket: options.admin },
    runtime: { workers: options.workers },
  };
}

function ofTcp({ trust, headerTimeout, connections, idle }: SpoofOptions): object {
  return {
    protocol: 'tcp',
    identity: {
      trust: textsOf(trust),
      untrusted: 'refuse',
      proxyProtocol: 'any',
      proxyHeaderTimeout: headerTimeout,
    },
    limits: { connections },
    timeouts: { tunnelIdle: idle },
  };
}

function ofUdp(options: SpoofOptions): object {
  return {
    protocol: 'udp',
    identity: { trust: textsOf(options.trust), proxyProtocol: 'v2' },
    limits: { connections: options.connections },
    udp: {
      header: options.udpHeader,
      idle: options.udpIdle,
      flowsPerSecond: options.udpFlowsPerSecond,
      flowsPerClient: options.udpFlowsPerClient,
    },
  };
}

function textsOf(trust: CidrSet): string[] {
  return trust.cidrs.map(({ text }) => text);
}
