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
  const { ways, trust } = options;
  const named = ways.map((way, index) => ({ name: ways.length === 1 ? 'spoof' : `spoof${index + 1}`, way }));
  return {
    listeners: Object.fromEntries(
      named.map(({ name, way }) => [
        name,
        {
          bind: way.listen.map(formatEndpoint),
          protocol: 'tcp',
          pool: name,
          identity: {
            trust: trust.cidrs.map(({ text }) => text),
            untrusted: 'refuse',
            proxyProtocol: 'any',
            proxyHeaderTimeout: options.headerTimeout,
          },
          limits: { connections: options.connections },
          timeouts: { tunnelIdle: options.idle },
        },
      ]),
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
