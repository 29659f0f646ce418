/** Settings of the kernel that decide whether packets with foreign addresses live, and which of them a plan changes. */
import { devicesOf, MAIN_TABLE } from './host-state.ts';
import type { HostState } from './host-state.ts';
import type { Family, Needs } from './needs.ts';
import type { SysctlPiece } from './pieces.ts';

/**
 * What the kernel changes by itself, for every device, when a setting is written: it is put back together with it
 * (inet_forward_change and addrconf_fixup_forwarding of Linux).
 */
const CHANGED_TOO: Readonly<Record<string, RegExp>> = {
  'net/ipv4/ip_forward': /^net\/ipv4\/conf\/(?:.+\/forwarding|all\/accept_redirects)$/,
  'net/ipv6/conf/all/forwarding': /^net\/ipv6\/conf\/.+\/forwarding$/,
};

/** The setting itself first. */
export function settingsWith(key: string, sysctls: Readonly<Record<string, string>>): string[] {
  const pattern = CHANGED_TOO[key];
  const others = pattern === undefined ? [] : Object.keys(sysctls).filter((other) => pattern.test(other));
  return [key, ...others.filter((other) => other !== key)];
}

/** Values of rp_filter. */
export const STRICT = '1';
const LOOSE = '2';

/** True when the host has no such addresses at all. */
export function isFamilyOff({ sysctls }: HostState, family: Family): boolean {
  if (family === 4) return false;
  const off = sysctls['net/ipv6/conf/all/disable_ipv6'];
  return off === undefined || off === '1';
}

/** The kernel takes the larger one of `all` and the device. */
export function effective({ sysctls }: HostState, device: string, name: string): number {
  const of = (owner: string): number => Number(sysctls[`net/ipv4/conf/${owner}/${name}`] ?? 0);
  return Math.max(of('all'), of(device));
}

/** Devices to which IPv4 traffic to anywhere goes. */
export function defaultDevices({ routes }: HostState, family: Family): string[] {
  return routes.flatMap((route) =>
    route.family === family && route.table === MAIN_TABLE && route.to === 'default'
      ? (route.device ?? [])
      : [],
  );
}

/**
 * Strict filtering drops a packet that does not come by the way that leads back to its sender. Clients that come by another
 * device than the default route are all dropped by it.
 */
export function loosePieces(
  state: HostState,
  { listeners }: Needs,
  devices: readonly string[],
): SysctlPiece[] {
  const asked = listeners.filter(({ bind }) => bind.address.family === 4);
  if (asked.length === 0) return [];
  const ways = defaultDevices(state, 4);
  return devices
    .filter((device) => !ways.includes(device) && effective(state, device, 'rp_filter') === Number(STRICT))
    .map((device) => ({
      kind: 'sysctl',
      key: `net/ipv4/conf/${device}/rp_filter`,
      value: LOOSE,
      why: `The way back to clients is not by ${device}: strict filtering would drop all that comes there.`,
      by: asked.map(({ by }) => by),
    }));
}

/** Forwarding, for those whose default gateway this host is. */
export function gatewayPieces(state: HostState): SysctlPiece[] {
  const by = ['--gateway'];
  const pieces: SysctlPiece[] = [
    {
      kind: 'sysctl',
      key: 'net/ipv4/ip_forward',
      value: '1',
      why: 'What servers send besides their replies goes on to where it shall.',
      by,
    },
  ];
  if (isFamilyOff(state, 6)) return pieces;
  // Once it forwards, a host takes no router advertisements, and loses the default route that it has from them.
  for (const device of devicesOf(state)) {
    const key = `net/ipv6/conf/${device}/accept_ra`;
    if (state.sysctls[key] !== '1' || device === 'lo' || !defaultDevices(state, 6).includes(device)) continue;
    const why = `${device} keeps the default route that it has from a router, though this host forwards.`;
    pieces.push({ kind: 'sysctl', key, value: '2', why, by });
  }
  pieces.push({
    kind: 'sysctl',
    key: 'net/ipv6/conf/all/forwarding',
    value: '1',
    why: 'The same for IPv6.',
    by,
  });
  return pieces;
}
