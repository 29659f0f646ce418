/** Which pieces of a plan the host has. */
import type { HostState, NftObject } from './host-state.ts';
import { ownIptables } from './iptables-form.ts';
import { hasLocalDefault, hasRule } from './ip-form.ts';
import { FAMILIES } from './needs.ts';
import { filtersOf, nftTable } from './nft-form.ts';
import type { Piece } from './pieces.ts';
import type { Form, Plan } from './plan.ts';
import type { Applied } from './state-file.ts';

/** `applied` is what is known of the time when the pieces were made; without it no rule of the filter counts as there. */
export function isPresent(piece: Piece, plan: Plan, state: HostState, applied: Applied | undefined): boolean {
  switch (piece.kind) {
    case 'filter':
      return isFilterPresent(plan, state, applied);
    case 'rule':
      return hasRule(state, piece.rule);
    case 'route':
      return hasLocalDefault(state, piece.family, piece.table);
    case 'sysctl':
      return state.sysctls[piece.key] === piece.value;
  }
}

/** Whether anything of what was applied is still there. */
export function isAnyPresent(applied: Applied, state: HostState): boolean {
  return applied.plan.pieces.some((piece) => isPresent(piece, applied.plan, state, applied));
}

/** Whether all rules of the filter are there, no other ones between them, and nobody has changed one. */
export function isFilterPresent(plan: Plan, state: HostState, applied: Applied | undefined): boolean {
  if (applied === undefined || applied.filter.length === 0) return false;
  return (
    filterText(plan) === filterText(applied.plan) &&
    listFilter(state, plan.name, plan.form).join('\n') === applied.filter.join('\n')
  );
}

/** What makes two plans have the same rules of the filter. */
export function filterText({ form, mark, pieces }: Plan): string {
  return JSON.stringify([form, mark, filtersOf(pieces).map(({ filter }) => filter)]);
}

/** Our rules as the host shows them, one text a rule, without what changes by itself (handles, counters). */
export function listFilter(state: HostState, name: string, form: Form): string[] {
  if (form === 'nft') return (state.nft ?? []).flatMap((object) => ownNftText(object, nftTable(name)));
  return FAMILIES.flatMap((family) =>
    ownIptables(name, state.iptables[family] ?? '').map((line) => `${family} ${line}`),
  );
}

function ownNftText(object: NftObject, table: string): string[] {
  for (const kind of ['table', 'chain', 'rule'] as const) {
    const found = object[kind] as NftObject | undefined;
    if (found === undefined) continue;
    const isOwn = found['family'] === 'inet' && (kind === 'table' ? found['name'] : found['table']) === table;
    if (!isOwn) return [];
    return [`${kind} ${JSON.stringify({ ...found, handle: undefined })}`];
  }
  return [];
}
