/** Looks whether this host has what is needed: piece by piece, for known mistakes, and by real connections. */
import type { HostState, NftObject } from './host-state.ts';
import { routeCommand, ruleCommand } from './ip-form.ts';
import { findMistakes } from './mistakes.ts';
import type { Finding } from './mistakes.ts';
import type { Needs } from './needs.ts';
import { filtersOf, nftCommand } from './nft-form.ts';
import { chainOf } from './pieces.ts';
import type { FilterPiece, Piece } from './pieces.ts';
import type { Plan } from './plan.ts';
import { filterText, isPresent, listFilter } from './presence.ts';
import type { Proof } from './self-test.ts';
import type { Applied } from './state-file.ts';

export interface Verification {
  readonly findings: readonly Finding[];
  readonly proofs: readonly Proof[];
  readonly isGood: boolean;
}

export function makeVerification(
  needs: Needs,
  plan: Plan,
  state: HostState,
  applied: Applied | undefined,
  proofs: readonly Proof[],
): Verification {
  const mistakes = findMistakes(state, needs);
  const pieces = applied === undefined ? [] : pieceFindings(plan, state, applied);
  const failed = proofs.filter(({ outcome }) => outcome === 'failed');
  const isUnknown = applied === undefined && plan.pieces.length > 0;
  const findings = [
    ...pieces,
    ...mistakes,
    ...(isUnknown && failed.length > 0 ? [notApplied()] : []),
    ...failed.map((proof) => proofFinding(proof, needs)),
  ];
  return { findings, proofs, isGood: findings.every(({ level }) => level !== 'error') };
}

function notApplied(): Finding {
  return {
    code: 'not-applied',
    level: 'error',
    what: 'Nothing was applied here by "sallyport host apply", and what is there does not do',
    why: 'The kernel does not bring packets for foreign addresses to a socket by itself.',
    mend: 'sallyport host apply',
  };
}

function proofFinding({ by, what, detail, mend }: Proof, { sources }: Needs): Finding {
  const server = sources.find((source) => source.by === by)?.server.address.text;
  return {
    code: 'self-test',
    level: 'error',
    what: `${what} failed: ${detail}`,
    why: `It is what ${by === '' ? 'is needed' : by} needs. If nothing else is found, the packets are lost outside of these rules.`,
    mend:
      mend ??
      (server === undefined
        ? 'mend what is found above; a firewall of this host may also drop the packets (nft list ruleset)'
        : `mend what is found above; then look whether ${server} sends what it sends to clients to this host (ip route get CLIENT, there)`),
  };
}

/** What was applied and is not there, or not as it was; and what the configuration wants besides by now. */
export function pieceFindings(plan: Plan, state: HostState, applied: Applied): Finding[] {
  const known = new Set(applied.plan.pieces.map((piece) => JSON.stringify(piece)));
  const missing = applied.plan.pieces.flatMap((piece) =>
    piece.kind === 'filter' || isPresent(piece, applied.plan, state, applied) ? [] : missingPiece(piece),
  );
  const isOther =
    plan.pieces.some((piece) => !known.has(JSON.stringify(piece))) ||
    filterText(plan) !== filterText(applied.plan);
  return [...missing, ...filterFindings(state, applied), ...(isOther ? [planChanged()] : [])];
}

function missingPiece(piece: Exclude<Piece, FilterPiece>): Finding {
  const common = { level: 'error' as const, why: `It is missing: ${piece.why}` };
  switch (piece.kind) {
    case 'rule':
      return {
        code: 'rule-missing',
        what: `A policy rule of ours is gone: ${ruleCommand(piece.rule)}`,
        ...common,
        mend: 'sallyport host apply',
      };
    case 'route':
      return {
        code: 'route-missing',
        what: `A route of ours is gone: ${routeCommand(piece.family, piece.table)}`,
        ...common,
        mend: 'sallyport host apply',
      };
    case 'sysctl':
      return {
        code: 'setting-changed',
        what: `${piece.key} is not ${piece.value} any more`,
        ...common,
        mend: 'sallyport host apply',
      };
  }
}

function planChanged(): Finding {
  return {
    code: 'plan-changed',
    level: 'error',
    what: 'What is needed is not what was applied',
    why: 'The configuration, the options or the addresses of this host have changed since.',
    mend: 'sallyport host plan shows it, sallyport host apply makes it so',
  };
}

/** Rule by rule, against what the packet filter showed when they were made. */
function filterFindings(state: HostState, applied: Applied): Finding[] {
  const { plan, filter } = applied;
  const now = listFilter(state, plan.name, plan.form);
  const mend = 'sallyport host apply';
  if (now.length === 0 && filter.length > 0)
    return [
      {
        code: 'filter-missing',
        level: 'error',
        what: `All of our rules of the packet filter are gone (${plan.form === 'nft' ? `table inet ${plan.name}` : 'our chains'})`,
        why: 'Something has loaded another ruleset, as a firewall does when it starts: nft flush ruleset, iptables-restore.',
        mend: `${mend}, and start it after the firewall`,
      },
    ];
  const gone = filter.filter((text) => !now.includes(text));
  const came = now.filter((text) => !filter.includes(text));
  return [
    ...gone.map((text): Finding => {
      const piece = pieceOf(text, applied);
      const shown = piece === undefined ? text : nftCommand(piece, plan);
      return {
        code: 'filter-missing',
        level: 'error',
        what: `A rule of ours is gone or changed: ${shown}`,
        why: piece?.why ?? 'It was made by apply.',
        mend,
      };
    }),
    ...came.map((text): Finding => ({
      code: 'filter-changed',
      level: 'warning',
      what: `There is a rule between ours that is not: ${text}`,
      why: 'It may take packets before our rules see them.',
      mend,
    })),
  ];
}

/** Rules of nft come in the order in which they were made, chain by chain. Lines of iptables speak for themselves. */
function pieceOf(text: string, { plan, filter }: Applied): FilterPiece | undefined {
  if (plan.form !== 'nft' || !text.startsWith('rule ')) return undefined;
  const chain = (JSON.parse(text.slice(5)) as NftObject)['chain'];
  const inChain = (line: string): boolean =>
    line.startsWith('rule ') && (JSON.parse(line.slice(5)) as NftObject)['chain'] === chain;
  const index = filter.filter(inChain).indexOf(text);
  return filtersOf(plan.pieces).filter((piece) => chainOf(piece.filter) === chain)[index];
}
