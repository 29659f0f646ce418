/** A host as the planner sees it, with what a test says and nothing else. */
import type { HostRule, HostState } from '../../src/runtime/host/host-state.ts';
import type { Family } from '../../src/runtime/host/needs.ts';

/** A host with one address of each family on `eth0`, and rules of the system only. */
export function hostState(more: Partial<HostState> = {}): HostState {
  return {
    addresses: [
      { device: 'lo', address: '127.0.0.1', prefix: 8 },
      { device: 'lo', address: '::1', prefix: 128 },
      { device: 'eth0', address: '192.0.2.1', prefix: 24 },
      { device: 'eth0', address: '2001:db8::1', prefix: 64 },
    ],
    rules: systemRules(),
    routes: [{ family: 4, table: 254, type: 'unicast', to: 'default', device: 'eth0' }],
    namedTables: [255, 254, 253, 0],
    nft: [],
    iptables: { 4: '', 6: '' },
    sysctls: { 'net/ipv6/conf/all/disable_ipv6': '0', 'net/ipv4/conf/eth0/rp_filter': '0' },
    mayChange: true,
    ...more,
  };
}

export function systemRules(): HostRule[] {
  const families: readonly Family[] = [4, 6];
  return families.flatMap((family) =>
    [
      [0, 255],
      [32_766, 254],
      [32_767, 253],
    ].map(([priority = 0, table = 0]) => hostRule({ family, priority, table })),
  );
}

export function hostRule(rule: Pick<HostRule, 'family' | 'priority'> & Partial<HostRule>): HostRule {
  const nothing = {
    from: undefined,
    mark: undefined,
    mask: undefined,
    device: undefined,
    transport: undefined,
  };
  return { ...nothing, sourcePort: undefined, table: undefined, isNot: false, asksMore: false, ...rule };
}
