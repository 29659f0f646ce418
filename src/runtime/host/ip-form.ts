/** Policy rules and routes as `ip` takes them, and whether the host has them. */
import type { HostRoute, HostRule, HostState } from './host-state.ts';
import { MAIN_TABLE } from './host-state.ts';
import { hex } from './marks.ts';
import type { Family } from './needs.ts';
import type { PolicyRule } from './pieces.ts';

/**
 * Who made a rule or a route, as `ip` shows it: a number that no routing daemon has. It is only for people who look; what
 * is ours is in the state file.
 */
const PROTOCOL = 83;

/** What follows `rule add` or `rule del`. */
export function ruleArguments(rule: PolicyRule): string {
  return [
    `priority ${rule.priority}`,
    ...(rule.from === undefined ? [] : [`from ${rule.from.text}`]),
    ...(rule.device === undefined ? [] : [`iif ${rule.device}`]),
    ...(rule.mark === undefined ? [] : [`fwmark ${hex(rule.mark)}/${hex(rule.mark)}`]),
    ...(rule.transport === undefined ? [] : [`ipproto ${rule.transport}`]),
    ...(rule.sourcePort === undefined ? [] : [`sport ${rule.sourcePort}`]),
    `table ${rule.table === MAIN_TABLE ? 'main' : rule.table}`,
    `protocol ${PROTOCOL}`,
  ].join(' ');
}

/** What follows `route add` or `route del`. */
export function routeArguments(table: number): string {
  return `local default dev lo table ${table} protocol ${PROTOCOL}`;
}

export function ruleCommand(rule: PolicyRule): string {
  return `ip -${rule.family} rule add ${ruleArguments(rule)}`;
}

export function routeCommand(family: Family, table: number): string {
  return `ip -${family} route add ${routeArguments(table)}`;
}

export function hasRule({ rules }: HostState, wanted: PolicyRule): boolean {
  return rules.some((rule) => isSameRule(rule, wanted));
}

function isSameRule(rule: HostRule, wanted: PolicyRule): boolean {
  return (
    rule.family === wanted.family &&
    rule.priority === wanted.priority &&
    rule.from === wanted.from?.text &&
    rule.mark === wanted.mark &&
    (wanted.mark === undefined || rule.mask === wanted.mark) &&
    rule.device === wanted.device &&
    rule.transport === wanted.transport &&
    rule.sourcePort === wanted.sourcePort &&
    rule.table === wanted.table &&
    !rule.isNot &&
    !rule.asksMore
  );
}

export function hasLocalDefault({ routes }: HostState, family: Family, table: number): boolean {
  return routes.some((route) => isLocalDefault(route, family, table));
}

function isLocalDefault(route: HostRoute, family: Family, table: number): boolean {
  return (
    route.family === family &&
    route.table === table &&
    route.type === 'local' &&
    route.to === 'default' &&
    route.device === 'lo'
  );
}
