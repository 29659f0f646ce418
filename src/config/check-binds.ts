/** No two listeners on one address, and none that sends to itself. */
import { isAnyAddress, isLoopback } from '../net/address-kind.ts';
import type { Endpoint } from '../net/address.ts';
import { isNamed } from '../net/named-endpoint.ts';
import type { Checking } from './checking.ts';
import { quote } from './diagnostic.ts';
import { poolsReached } from './reached-pools.ts';

interface Bind {
  readonly listener: string;
  readonly endpoint: Endpoint;
}

/** What would fail when it runs with "address in use", found before it runs. */
export function checkBinds(checking: Checking): void {
  const byPort = new Map<string, Bind[]>();
  for (const [listener, { bind, protocol }] of Object.entries(checking.config.listeners)) {
    for (const endpoint of bind) {
      // A port of UDP is another one than that of TCP.
      const port = `${protocol === 'udp' ? 'udp' : 'tcp'} ${endpoint.port}`;
      const bound = byPort.get(port) ?? [];
      const other = bound.find((candidate) => overlaps(candidate.endpoint, endpoint));
      if (other !== undefined) reportInUse(checking, { listener, endpoint }, other);
      byPort.set(port, [...bound, { listener, endpoint }]);
    }
  }
}

/** A server that is its own listener answers every request with itself, until all connections are in use. */
export function checkLoops(checking: Checking): void {
  const { config } = checking;
  for (const [name, listener] of Object.entries(config.listeners)) {
    for (const pool of poolsReached(config, listener)) {
      for (const [server, { address }] of Object.entries(config.pools[pool]?.servers ?? {})) {
        if (isNamed(address) || !listener.bind.some((bind) => reaches(address, bind))) continue;
        const message = `Cannot use server ${quote(server)} of pool ${quote(pool)}: it is listener ${quote(name)}, which sends to it`;
        checking.report(['pools', pool, 'servers', server, 'address'], 'loop', message);
      }
    }
  }
}

function reportInUse(checking: Checking, bind: Bind, other: Bind): void {
  const path = ['listeners', bind.listener, 'bind'];
  if (checking.isBroken(path)) return;
  const by = other.listener === bind.listener ? 'already' : `by listener ${quote(other.listener)}`;
  const message = `Cannot bind listener ${quote(bind.listener)} to ${textOf(bind.endpoint)}: ${textOf(other.endpoint)} is bound ${by}`;
  checking.report(path, 'address-in-use', message);
}

/** The same address, or every address of the same family. IPv6 listeners take no IPv4. Port 0 is another each time. */
function overlaps(left: Endpoint, right: Endpoint): boolean {
  if (left.port === 0 || left.address.family !== right.address.family) return false;
  return (
    left.address.text === right.address.text || isAnyAddress(left.address) || isAnyAddress(right.address)
  );
}

function reaches(server: Endpoint, bind: Endpoint): boolean {
  if (server.port !== bind.port || server.address.family !== bind.address.family || bind.port === 0)
    return false;
  return (
    server.address.text === bind.address.text || (isAnyAddress(bind.address) && isLoopback(server.address))
  );
}

function textOf({ address, port }: Endpoint): string {
  return address.family === 6 ? `[${address.text}]:${port}` : `${address.text}:${port}`;
}
