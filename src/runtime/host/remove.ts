/** Takes back what was applied, and only that. What cannot be taken back does not keep the rest. */
import { batchSteps, locked, removingSteps, restoringStep } from './apply.ts';
import type { Step } from './apply.ts';
import type { HostState } from './host-state.ts';
import { hasLocalDefault, hasRule, routeArguments, ruleArguments } from './ip-form.ts';
import { FAMILIES } from './needs.ts';
import type { Family } from './needs.ts';
import { readHost } from './read-host.ts';
import { forgetApplied } from './state-file.ts';
import type { Applied } from './state-file.ts';
import { findTool, runTool, ToolError } from './tool.ts';

/** The policy rules first: from then on no packet goes another way than before. */
export function removalSteps({ plan, before, filter, hadMangle }: Applied, state: HostState): Step[] {
  const applied = { plan, before, filter, hadMangle };
  const rules = plan.pieces.flatMap((piece) => (piece.kind === 'rule' ? piece.rule : []));
  const routes = plan.pieces.flatMap((piece) => (piece.kind === 'route' ? piece : []));
  return [
    ...FAMILIES.flatMap((family) => {
      const present = rules.filter((rule) => rule.family === family && hasRule(state, rule));
      return batchSteps(family, 'rule', present.map(ruleArguments), 'del');
    }),
    ...removingSteps(plan.name, plan.form, state, undefined),
    ...FAMILIES.flatMap((family) => {
      const present = routes.filter(
        (route) => route.family === family && hasLocalDefault(state, family, route.table),
      );
      return batchSteps(
        family,
        'route',
        present.map(({ table }) => routeArguments(table)),
        'del',
      );
    }),
    ...plan.pieces.flatMap((piece) =>
      piece.kind === 'sysctl' ? restoringStep(piece, undefined, state, applied) : [],
    ),
    ...FAMILIES.flatMap((family) => mangleSteps(family, applied)),
  ];
}

/** Throws ToolError when something could not be taken back, after all else was; the state is kept then. */
export async function removeApplied(
  applied: Applied,
  state: HostState,
  path: string,
): Promise<readonly Step[]> {
  const steps = removalSteps(applied, state);
  await locked(path, async () => {
    const failures: string[] = [];
    for (const step of steps) {
      try {
        await step.run();
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        failures.push(error.message);
      }
    }
    if (failures.length > 0) throw new ToolError(`Cannot remove everything:\n${failures.join('\n')}`);
    forgetApplied(path);
  });
  return steps;
}

/** Settings that stay, because somebody has changed them since. */
export function keptSettings({ plan, before }: Applied, state: HostState): string[] {
  return plan.pieces.flatMap((piece) => {
    if (piece.kind !== 'sysctl' || before[piece.key] === undefined) return [];
    const now = state.sysctls[piece.key];
    return now === piece.value || now === undefined || now === before[piece.key] ? [] : piece.key;
  });
}

/**
 * iptables of nftables makes a table with its five chains for the first rule, and leaves it. Where it was not there before
 * us, and nothing is in it, it goes too.
 */
function mangleSteps(family: Family, { hadMangle }: Applied): Step[] {
  if (hadMangle === undefined || hadMangle[family] || findTool('nft') === undefined) return [];
  const table = `${family === 4 ? 'ip' : 'ip6'} mangle`;
  return [
    {
      text: `nft delete table ${table}    # if nothing is in it`,
      run: async () => {
        if (await isEmptyMangle(family)) await runTool('nft', ['-f', '-'], `delete table ${table}\n`);
      },
      undo: () => Promise.resolve(),
    },
  ];
}

async function isEmptyMangle(family: Family): Promise<boolean> {
  const { nft } = await readHost();
  const own = (nft ?? []).flatMap((object) =>
    Object.entries(object).filter(([, found]) => {
      const { family: of, table, name } = found as { family?: unknown; table?: unknown; name?: unknown };
      return of === (family === 4 ? 'ip' : 'ip6') && (table ?? name) === 'mangle';
    }),
  );
  return (
    own.length > 0 &&
    own.every(([kind, found]) => {
      return (
        kind === 'table' ||
        (kind === 'chain' &&
          'hook' in (found as object) &&
          (found as { policy?: unknown }).policy === 'accept')
      );
    })
  );
}
