/**
 * Makes the host have what a plan says, or leaves it as it was: each step knows how it is undone, and the first one that
 * fails undoes all before it. Rules of the filter are one transaction of nft, or one of iptables-restore a family.
 *
 * What is there already is left alone, so that a second time changes nothing. The policy rules come last: without them
 * nothing else has an effect on any packet.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HostState } from './host-state.ts';
import { familiesIn, iptablesRemoval, iptablesScript } from './iptables-form.ts';
import { hasLocalDefault, hasRule, routeArguments, ruleArguments } from './ip-form.ts';
import { FAMILIES } from './needs.ts';
import type { Family } from './needs.ts';
import { filtersOf, nftRemoval, nftScript } from './nft-form.ts';
import type { Piece, PolicyRule, SysctlPiece } from './pieces.ts';
import type { Form, Plan } from './plan.ts';
import { isFilterPresent, isPresent, listFilter } from './presence.ts';
import { readHost, readSysctl } from './read-host.ts';
import { forgetApplied, writeApplied } from './state-file.ts';
import type { Applied } from './state-file.ts';
import { settingsWith } from './sysctls.ts';
import { findTool, runTool, ToolError } from './tool.ts';

/** One change of the host. */
export interface Step {
  /** For people: the command that does the same. */
  readonly text: string;
  readonly run: () => Promise<void>;
  /** Harmless where nothing or only half was done. */
  readonly undo: () => Promise<void>;
}

/** What has to be done for the host to have what the plan says. Empty when it has. */
export function stepsOf(plan: Plan, state: HostState, applied: Applied | undefined): Step[] {
  const old = applied?.plan.pieces ?? [];
  const oldRules = rulesIn(old).filter((rule) => !rulesIn(plan.pieces).some((kept) => isSame(kept, rule)));
  const newRules = rulesIn(plan.pieces).filter((rule) => !hasRule(state, rule));
  const oldTables = tablesIn(old).filter(
    (table) => !tablesIn(plan.pieces).some((kept) => isSame(kept, table)),
  );
  const newTables = tablesIn(plan.pieces).filter(
    ({ family, table }) => !hasLocalDefault(state, family, table),
  );
  return [
    ...settingsIn(plan.pieces).flatMap((piece) => settingStep(piece, state)),
    ...settingsIn(old).flatMap((piece) => restoringStep(piece, plan, state, applied)),
    ...FAMILIES.flatMap((family) =>
      batchSteps(
        family,
        'rule',
        oldRules.filter((rule) => rule.family === family && hasRule(state, rule)).map(ruleArguments),
        'del',
      ),
    ),
    ...FAMILIES.flatMap((family) =>
      batchSteps(
        family,
        'route',
        newTables.filter((one) => one.family === family).map(({ table }) => routeArguments(table)),
        'add',
      ),
    ),
    ...filterSteps(plan, state, applied),
    ...FAMILIES.flatMap((family) =>
      batchSteps(family, 'rule', newRules.filter((rule) => rule.family === family).map(ruleArguments), 'add'),
    ),
    ...FAMILIES.flatMap((family) =>
      batchSteps(
        family,
        'route',
        oldTables
          .filter((one) => one.family === family && hasLocalDefault(state, family, one.table))
          .map(({ table }) => routeArguments(table)),
        'del',
      ),
    ),
  ];
}

/** Does the steps and keeps in `path` what was done. Throws ToolError after everything of it is undone. */
export async function applyPlan(
  plan: Plan,
  state: HostState,
  applied: Applied | undefined,
  path: string,
): Promise<readonly Step[]> {
  const steps = stepsOf(plan, state, applied);
  if (steps.length === 0 && applied !== undefined) return steps;
  const next = {
    plan,
    filter: [],
    before: beforeOf(plan, state, applied),
    hadMangle: hadMangle(plan, state, applied),
  };
  await locked(path, async () => {
    // Before the first change, so that what a crash leaves behind can be removed.
    writeApplied(path, next);
    try {
      await runAll(steps);
      const after = await readHost();
      const filter = listFilter(after, plan.name, plan.form);
      const missing = plan.pieces.find((piece) => !isPresent(piece, plan, after, { ...next, filter }));
      if (missing !== undefined || (filter.length === 0 && filtersOf(plan.pieces).length > 0)) {
        await undoAll(steps);
        throw new ToolError(
          `Cannot apply: after it this host does not have what it shall (${missing?.why ?? 'no rule of the filter'})`,
        );
      }
      writeApplied(path, { ...next, filter });
    } catch (error) {
      if (applied === undefined) forgetApplied(path);
      else writeApplied(path, applied);
      throw error;
    }
  });
  return steps;
}

async function runAll(steps: readonly Step[]): Promise<void> {
  for (const [index, step] of steps.entries()) {
    try {
      await step.run();
    } catch (error) {
      await undoAll(steps.slice(0, index + 1), error);
      throw error;
    }
  }
}

/** In the opposite order. What cannot be undone is said beside what failed first. */
async function undoAll(steps: readonly Step[], cause?: unknown): Promise<void> {
  const failures: string[] = [];
  for (const step of steps.toReversed()) {
    try {
      await step.undo();
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (failures.length === 0) return;
  const first = cause instanceof Error ? `${cause.message}\n` : '';
  throw new ToolError(`${first}Cannot undo everything:\n${failures.join('\n')}`);
}

/** Two that change a host at once would each see the other's half. The lock of a process that is gone counts for nothing. */
export async function locked<T>(path: string, run: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
  } catch {
    const owner = readOwner(lock);
    if (isAlive(owner)) throw new ToolError(`Cannot change this host: process ${owner} is doing it`);
    writeFileSync(lock, String(process.pid), { mode: 0o600 });
  }
  try {
    return await run();
  } finally {
    rmSync(lock, { force: true });
  }
}

function readOwner(lock: string): number {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return 0;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Of each setting what it was before we ever touched it, with what the kernel changes beside it. */
function beforeOf(plan: Plan, state: HostState, applied: Applied | undefined): Record<string, string> {
  const before: Record<string, string> = {};
  for (const piece of settingsIn(plan.pieces)) {
    // A setting that was there before is not ours, now or later.
    const isOurs = applied?.before[piece.key] !== undefined || state.sysctls[piece.key] !== piece.value;
    if (!isOurs) continue;
    for (const key of settingsWith(piece.key, state.sysctls)) {
      const value = applied?.before[key] ?? state.sysctls[key];
      if (value !== undefined) before[key] = value;
    }
  }
  return before;
}

function hadMangle(plan: Plan, state: HostState, applied: Applied | undefined): Applied['hadMangle'] {
  const had = (family: Family): boolean => /^\*mangle$/m.test(state.iptables[family] ?? '');
  const now = plan.form === 'nft' ? undefined : { 4: had(4), 6: had(6) };
  return applied?.hadMangle ?? now;
}

function rulesIn(pieces: readonly Piece[]): PolicyRule[] {
  return pieces.flatMap((piece) => (piece.kind === 'rule' ? piece.rule : []));
}

function tablesIn(pieces: readonly Piece[]): { readonly family: Family; readonly table: number }[] {
  return pieces.flatMap((piece) =>
    piece.kind === 'route' ? { family: piece.family, table: piece.table } : [],
  );
}

function settingsIn(pieces: readonly Piece[]): SysctlPiece[] {
  return pieces.filter((piece) => piece.kind === 'sysctl');
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function settingStep({ key, value }: SysctlPiece, state: HostState): Step[] {
  const before = state.sysctls[key];
  if (before === value || before === undefined) return [];
  const all = settingsWith(key, state.sysctls).map((name) => [name, state.sysctls[name] ?? ''] as const);
  return [
    {
      text: `echo ${value} > /proc/sys/${key}`,
      run: () => writeSysctls([[key, value]]),
      undo: () => writeSysctls(all),
    },
  ];
}

/** A setting that is not needed any more becomes what it was, unless somebody has changed it since. */
export function restoringStep(
  { key, value }: SysctlPiece,
  plan: Plan | undefined,
  state: HostState,
  applied: Applied | undefined,
): Step[] {
  const before = applied?.before ?? {};
  const isKept = settingsIn(plan?.pieces ?? []).some((piece) => piece.key === key);
  if (isKept || before[key] === undefined || state.sysctls[key] !== value) return [];
  const all = settingsWith(key, before).map((name) => [name, before[name] ?? ''] as const);
  return [
    {
      text: `echo ${before[key]} > /proc/sys/${key}`,
      run: () => writeSysctls(all),
      undo: () => writeSysctls([[key, value]]),
    },
  ];
}

/** One after the other: the first changes the others. A device that is gone has no settings. */
async function writeSysctls(all: readonly (readonly [key: string, value: string])[]): Promise<void> {
  for (const [key, value] of all) {
    const now = readSysctl(key);
    if (now !== undefined && now !== value) await writeSysctl(key, value);
  }
}

function writeSysctl(key: string, value: string): Promise<void> {
  try {
    writeFileSync(`/proc/sys/${key}`, value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return Promise.reject(new ToolError(`Cannot set "${key}" to ${value}: ${why}`));
  }
  if (readSysctl(key) === value) return Promise.resolve();
  return Promise.reject(
    new ToolError(`Cannot set "${key}" to ${value}: it stays ${readSysctl(key) ?? 'away'}`),
  );
}

/** One run of `ip` for all of them. */
export function batchSteps(
  family: Family,
  what: 'rule' | 'route',
  all: readonly string[],
  action: 'add' | 'del',
): Step[] {
  if (all.length === 0) return [];
  const lines = (verb: string): string => all.map((one) => `${what} ${verb} ${one}\n`).join('');
  const opposite = action === 'add' ? 'del' : 'add';
  return [
    {
      text: all.map((one) => `ip -${family} ${what} ${action} ${one}`).join('\n'),
      run: async () => {
        await runTool('ip', [`-${family}`, '-batch', '-'], lines(action));
      },
      // A batch that failed stopped at the first line that did: `-force` goes on past those that were never there.
      undo: () => undoBatch(family, lines(opposite)),
    },
  ];
}

/** Adding back what was never taken away would fail as well, and there is nothing to do then either. */
async function undoBatch(family: Family, lines: string): Promise<void> {
  try {
    await runTool('ip', [`-${family}`, '-force', '-batch', '-'], lines);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
  }
}

function filterSteps(plan: Plan, state: HostState, applied: Applied | undefined): Step[] {
  const isNeeded = filtersOf(plan.pieces).length > 0;
  const old = applied?.plan;
  const oldForm = old !== undefined && filtersOf(old.pieces).length > 0 ? old.form : undefined;
  if (isNeeded && isFilterPresent(plan, state, applied)) return [];
  const steps: Step[] = [];
  if (oldForm !== undefined && (!isNeeded || oldForm !== plan.form))
    steps.push(...removingSteps(plan.name, oldForm, state, old));
  if (!isNeeded) return steps;
  const isSameForm = oldForm === plan.form;
  return [
    ...steps,
    ...(plan.form === 'nft'
      ? [nftStep(plan, isSameForm ? old : undefined)]
      : iptablesSteps(plan, isSameForm ? old : undefined, state)),
  ];
}

function nftStep(plan: Plan, old: Plan | undefined): Step {
  const script = nftScript(plan);
  return {
    text: `nft -f - <<END\n${script}END`,
    run: () => nft(script),
    undo: () => nft(old === undefined ? nftRemoval(plan.name) : nftScript(old)),
  };
}

function iptablesSteps(plan: Plan, old: Plan | undefined, state: HostState): Step[] {
  const families = [...new Set([...familiesIn(plan), ...(old === undefined ? [] : familiesIn(old))])];
  return families.flatMap((family) => {
    const script = iptablesScript(plan, family, state.iptables[family] ?? '');
    if (script === undefined) return [];
    return [
      {
        text: `${restorer(family)} --noflush <<END\n${script}END`,
        run: () => iptables(family, script),
        undo: async () => {
          const present = await savedIptables(family);
          const back =
            old === undefined ? iptablesRemoval(plan.name, present) : iptablesScript(old, family, present);
          if (back !== undefined) await iptables(family, back);
        },
      },
    ];
  });
}

/** Steps that take our rules of the filter away, in the form in which they were made. */
export function removingSteps(name: string, form: Form, state: HostState, old: Plan | undefined): Step[] {
  if (form === 'nft') {
    const script = nftRemoval(name);
    const isThere = listFilter(state, name, form).length > 0;
    if (!isThere) return [];
    return [
      {
        text: `nft delete table inet ${name}`,
        run: () => nft(script),
        undo: () => (old === undefined ? Promise.resolve() : nft(nftScript(old))),
      },
    ];
  }
  return FAMILIES.flatMap((family) => {
    const script = iptablesRemoval(name, state.iptables[family] ?? '');
    if (script === undefined) return [];
    return [
      {
        text: `${restorer(family)} --noflush <<END\n${script}END`,
        run: () => iptables(family, script),
        undo: async () => {
          const back =
            old === undefined ? undefined : iptablesScript(old, family, await savedIptables(family));
          if (back !== undefined) await iptables(family, back);
        },
      },
    ];
  });
}

async function nft(script: string): Promise<void> {
  await runTool('nft', ['-f', '-'], script);
}

async function iptables(family: Family, script: string): Promise<void> {
  await runTool(restorer(family), ['--noflush'], script);
}

async function savedIptables(family: Family): Promise<string> {
  const program = family === 4 ? 'iptables-save' : 'ip6tables-save';
  return findTool(program) === undefined ? '' : await runTool(program, []);
}

function restorer(family: Family): string {
  return family === 4 ? 'iptables-restore' : 'ip6tables-restore';
}
