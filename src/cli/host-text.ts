/** A plan for the host's network as text: commands that can be run as they stand, with the reason of each before it. */
import { escapeForTerminal } from '../base/escape.ts';
import type { HostState } from '../runtime/host/host-state.ts';
import { iptablesCommand, iptablesPreparation } from '../runtime/host/iptables-form.ts';
import { routeCommand, ruleCommand } from '../runtime/host/ip-form.ts';
import { hex } from '../runtime/host/marks.ts';
import { nftCommand, nftPreparation } from '../runtime/host/nft-form.ts';
import type { Piece } from '../runtime/host/pieces.ts';
import type { Plan } from '../runtime/host/plan.ts';
import { isPresent } from '../runtime/host/presence.ts';
import type { Applied } from '../runtime/host/state-file.ts';
import type { Verification } from '../runtime/host/verify.ts';
import { counted } from './table.ts';
import { wrapped } from './wrapped.ts';

/** `host plan --json`: a promise to scripts. */
export interface PlanView {
  readonly name: string;
  readonly form: string;
  /** One bit; 0 where none is needed. */
  readonly mark: number;
  readonly table: number;
  readonly isComplete: boolean;
  readonly pieces: readonly PieceView[];
  readonly notes: readonly string[];
}

export interface PieceView {
  readonly kind: Piece['kind'];
  readonly command: string;
  readonly why: string;
  readonly by: readonly string[];
  readonly isPresent: boolean;
}

export function planView(plan: Plan, state: HostState, applied: Applied | undefined): PlanView {
  const pieces = plan.pieces.map((piece) => ({
    kind: piece.kind,
    command: commandOf(piece, plan),
    why: piece.why,
    by: piece.by,
    isPresent: isPresent(piece, plan, state, applied),
  }));
  const { name, form, mark, table, notes } = plan;
  return { name, form, mark, table, isComplete: pieces.every((piece) => piece.isPresent), pieces, notes };
}

export function planText(plan: Plan, state: HostState, applied: Applied | undefined): string {
  const view = planView(plan, state, applied);
  const there = view.pieces.filter((piece) => piece.isPresent).length;
  const preparation = plan.form === 'nft' ? nftPreparation(plan) : iptablesPreparation(plan);
  const isFilterThere = view.pieces.some((piece) => piece.kind === 'filter' && piece.isPresent);
  return [
    `# ${counted(view.pieces.length, 'piece')}, ${there} of them there.`,
    ...chosenLines(plan, state),
    ...section('Settings of the kernel', view, 'sysctl'),
    ...section('Routes', view, 'route'),
    ...(preparation.length === 0
      ? []
      : ['', '# Packet filter', ...(isFilterThere ? ['# there:'] : []), ...preparation]),
    ...section('', view, 'filter'),
    ...section('Policy rules', view, 'rule'),
    ...(plan.notes.length === 0 ? [] : ['', '# Besides, and not of this host alone:']),
    ...plan.notes.map((note) => `# - ${note}`),
    '',
  ].join('\n');
}

function chosenLines({ mark, table, form }: Plan, state: HostState): string[] {
  const lines = [`# Routing table ${table}: no other rule, route or name uses it.`];
  if (mark === 0) return lines;
  const seen =
    state.nft === undefined && state.iptables[4] === undefined
      ? 'of those that may be seen without CAP_NET_ADMIN, no rule uses this bit'
      : 'no other rule of this host uses this bit';
  return [...lines, `# Mark ${hex(mark)}: ${seen}.`, `# Form: ${form}.`];
}

function section(title: string, { pieces }: PlanView, kind: Piece['kind']): string[] {
  const own = pieces.filter((piece) => piece.kind === kind);
  if (own.length === 0) return [];
  return [
    ...(title === '' ? [] : ['', `# ${title}`]),
    ...own.flatMap((piece) => [
      '',
      `# ${piece.why}`,
      `# For ${piece.by.join(', ')}${piece.isPresent ? '; it is there' : ''}.`,
      piece.command,
    ]),
  ];
}

function commandOf(piece: Piece, plan: Plan): string {
  switch (piece.kind) {
    case 'filter':
      return plan.form === 'nft' ? nftCommand(piece, plan) : iptablesCommand(piece, plan);
    case 'rule':
      return ruleCommand(piece.rule);
    case 'route':
      return routeCommand(piece.family, piece.table);
    case 'sysctl':
      return `echo ${piece.value} > /proc/sys/${piece.key}`;
  }
}

export function stepsText(steps: readonly string[], nothing: string): string {
  return steps.length === 0 ? `${nothing}\n` : `${steps.join('\n')}\n`;
}

export function verificationText({ findings, proofs, isGood }: Verification, isApplied: boolean): string {
  const lines = [
    isApplied ? 'Rules that "sallyport host apply" made.' : 'Rules that somebody else made, if any.',
    '',
    ...proofs.flatMap(({ by, what, outcome, detail }) => [
      ...wrap(`${OUTCOMES[outcome]}  `, `${what}${by === '' || by.startsWith('--') ? '' : ` (${by})`}`),
      ...wrap('            ', detail),
    ]),
    ...findings.flatMap(({ code, level, what, why, mend }) => [
      '',
      ...wrap(`${level}: `, `${what} [${code}]`),
      ...wrap('  why   ', why),
      ...wrap('  mend  ', mend),
    ]),
    '',
    isGood
      ? 'All is well.'
      : `${counted(findings.filter(({ level }) => level === 'error').length, 'error')}.`,
  ];
  return `${lines.join('\n')}\n`;
}

const OUTCOMES = { proven: 'proven    ', failed: 'failed    ', 'not-tried': 'not tried ' } as const;

/** What is printed of a host may come from anybody who can name a chain. */
function wrap(label: string, text: string): string[] {
  return wrapped(escapeForTerminal(text), label, ' '.repeat(label.length));
}
