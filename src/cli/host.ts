/** `sallyport host plan|apply|verify|remove`: the rules of the host's network that foreign addresses need. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatDiagnostic, printable, quote } from '../config/diagnostic.ts';
import { loadConfig } from '../config/load.ts';
import { isAnyAddress } from '../net/address-kind.ts';
import { formatEndpoint, parseEndpoint } from '../net/address.ts';
import type { Endpoint } from '../net/address.ts';
import { applyPlan, stepsOf } from '../runtime/host/apply.ts';
import { needsOfConfig } from '../runtime/host/config-needs.ts';
import type { HostState } from '../runtime/host/host-state.ts';
import { isEmpty } from '../runtime/host/needs.ts';
import type { Needs, Transport } from '../runtime/host/needs.ts';
import { makePlan, PlanError } from '../runtime/host/plan.ts';
import type { Form, Plan } from '../runtime/host/plan.ts';
import { isAnyPresent, listFilter } from '../runtime/host/presence.ts';
import { readHost } from '../runtime/host/read-host.ts';
import { selfTest } from '../runtime/host/self-test.ts';
import { makeVerification } from '../runtime/host/verify.ts';
import { keptSettings, removalSteps, removeApplied } from '../runtime/host/remove.ts';
import { readApplied, STATE_FOLDER, statePath } from '../runtime/host/state-file.ts';
import type { Applied } from '../runtime/host/state-file.ts';
import { findTool, ToolError } from '../runtime/host/tool.ts';
import { CommandError, print } from './admin-socket.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { DEFAULT_CONFIG } from './config-path.ts';
import { planText, planView, stepsText, verificationText } from './host-text.ts';

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  spoof: { type: 'boolean' },
  listen: { type: 'string', multiple: true },
  target: { type: 'string', multiple: true },
  trust: { type: 'string', multiple: true },
  mark: { type: 'string' },
  protocol: { type: 'string' },
  form: { type: 'string' },
  in: { type: 'string', multiple: true },
  gateway: { type: 'boolean' },
  name: { type: 'string' },
  state: { type: 'string' },
  namespace: { type: 'string' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export const host: Command = {
  name: 'host',
  summary: "Plan, apply, verify and remove what the host's network needs",
  usage:
    'sallyport host plan|apply|verify|remove [-c FILE | --spoof --target ADDRESS:PORT ... [--mark N] [--protocol tcp|udp|both]]\n' +
    '                  [--form nft|iptables] [--in DEVICE]... [--gateway] [--name NAME]\n' +
    '                  [--namespace NAME] [--state FOLDER] [--dry-run] [--json]\n\n' +
    '  plan says what is needed, and what of it is there; apply makes it so, or changes nothing; verify\n' +
    '  looks for what is missing or wrong, and proves it by real connections with foreign addresses; remove\n' +
    '  takes back what apply did. --spoof takes the options of "sallyport spoof" in place of a configuration.\n' +
    '  --in names the devices on which clients of transparent listeners come. --gateway lets the traffic of\n' +
    '  servers through. Changes need CAP_NET_ADMIN.',
  run: async (args) => {
    const found = readArguments(args, OPTIONS);
    const namespace = found.text('namespace');
    if (namespace !== undefined) return runInNamespace(namespace, args);
    const [action, ...more] = found.positionals;
    if (more.length > 0) throw new UsageError(`Cannot run: ${quote(more[0] ?? '')} is not expected`);
    return await explained(async () => {
      switch (action) {
        case 'plan':
          return await plan(found);
        case 'apply':
          return await apply(found);
        case 'verify':
          return await verify(found);
        case 'remove':
          return await remove(found);
        case undefined:
        default:
          throw new UsageError('Cannot run: "host" needs "plan", "apply", "verify" or "remove"');
      }
    });
  },
};

async function plan(found: Arguments): Promise<number> {
  const { state, applied, plan: wanted } = await readAll(found);
  print(found, planView(wanted, state, applied), () => planText(wanted, state, applied));
  return 0;
}

async function apply(found: Arguments): Promise<number> {
  const { state, applied, plan: wanted, path } = await readAll(found);
  if (applied === undefined && listFilter(state, wanted.name, wanted.form).length > 0) {
    const what = wanted.form === 'nft' ? `a table "inet ${wanted.name}"` : 'chains of this name';
    throw new CommandError(
      `Cannot apply: there is ${what}, and nobody knows what was before it; remove it, or choose another --name`,
    );
  }
  if (found.flag('dry-run')) {
    const steps = stepsOf(wanted, state, applied).map(({ text }) => text);
    print(found, { steps }, () => stepsText(steps, 'Nothing is to be done.'));
    return 0;
  }
  needRight(state);
  const steps = (await applyPlan(wanted, state, applied, path)).map(({ text }) => text);
  print(found, { steps }, () => stepsText(steps, 'Everything was there already.'));
  return 0;
}

/** Exit code 2 when something is wrong. */
async function verify(found: Arguments): Promise<number> {
  const { needs, state, applied, plan: wanted } = await readAll(found);
  const proofs = state.mayChange ? await selfTest(needs, state, found.texts('in')) : [];
  const verification = makeVerification(needs, wanted, state, applied, proofs);
  print(found, verification, () => verificationText(verification, applied !== undefined));
  return verification.isGood ? 0 : 2;
}

async function remove(found: Arguments): Promise<number> {
  const state = await readHost();
  const path = pathOf(found);
  const applied = readApplied(path);
  if (applied === undefined) {
    print(found, { steps: [], kept: [] }, () => `Nothing was applied here as ${quote(nameOf(found))}.\n`);
    return 0;
  }
  const kept = keptSettings(applied, state);
  const isDry = found.flag('dry-run');
  if (!isDry) needRight(state);
  const steps = isDry ? removalSteps(applied, state) : await removeApplied(applied, state, path);
  const texts = steps.map(({ text }) => text);
  print(found, { steps: texts, kept }, () => {
    const stay = kept.map((key) => `# ${key} stays as it is: somebody has changed it since\n`).join('');
    return `${stepsText(texts, 'Nothing of it was there any more.')}${stay}`;
  });
  return 0;
}

interface All {
  readonly needs: Needs;
  readonly state: HostState;
  readonly applied: Applied | undefined;
  readonly plan: Plan;
  readonly path: string;
}

async function readAll(found: Arguments): Promise<All> {
  const needs = await readNeeds(found);
  const state = await readHost();
  const path = pathOf(found);
  const known = readApplied(path);
  // What is left of a network namespace that is gone says nothing of another one with its number.
  const applied = known !== undefined && isAnyPresent(known, state) ? known : undefined;
  const wanted = makePlan(needs, state, {
    name: nameOf(found),
    form: formOf(found, applied),
    devices: found.texts('in').map(deviceOf),
    isGateway: found.flag('gateway'),
    chosen: applied?.plan,
  });
  return { needs, state, applied, plan: wanted, path };
}

async function readNeeds(found: Arguments): Promise<Needs> {
  if (found.flag('spoof')) return spooferNeeds(found);
  for (const name of ['listen', 'target', 'trust', 'mark', 'protocol'] as const) {
    if (found.text(name) !== undefined || found.texts(name).length > 0)
      throw new UsageError(`Cannot run: "--${name}" is of the spoofer; add --spoof`);
  }
  const path = found.text('config') ?? DEFAULT_CONFIG;
  const read = await loadConfig(path, process.env);
  if (read.kind === 'bad') throw new CommandError(read.diagnostics.map(formatDiagnostic).join('\n'));
  const needs = needsOfConfig(read.config);
  if (!isEmpty(needs) || found.flag('gateway')) return needs;
  throw new CommandError(
    `Nothing is needed for ${printable(path)}: no pool has "source: client", and no listener "transparent: true"`,
  );
}

function spooferNeeds(found: Arguments): Needs {
  if (found.text('config') !== undefined)
    throw new UsageError('Cannot run: "--spoof" and "--config" exclude each other');
  const targets = found
    .texts('target')
    .flatMap((text) => text.split(','))
    .map(targetOf);
  const mark = markOf(found.text('mark'));
  if (targets.length === 0) throw new UsageError('Cannot run: "--spoof" needs "--target ADDRESS:PORT"');
  const transports = transportsOf(found.text('protocol'));
  const sources = targets.flatMap((server) =>
    transports.map((transport) => ({ server, transport, mark, by: `--target ${formatEndpoint(server)}` })),
  );
  return { sources, networks: [], listeners: [] };
}

function transportsOf(text = 'tcp'): readonly Transport[] {
  if (text === 'tcp' || text === 'udp') return [text];
  if (text === 'both') return ['tcp', 'udp'];
  throw new UsageError(`Cannot run: ${quote(text)} is none of "tcp", "udp" and "both"`);
}

function targetOf(text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  if (endpoint !== undefined && endpoint.port > 0 && !isAnyAddress(endpoint.address)) return endpoint;
  throw new UsageError(`Cannot run: ${quote(text)} is not an address with a port such as "127.0.0.1:8080"`);
}

function markOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const mark = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text) ? Number(text) : 0;
  if (mark > 0 && mark <= 0xffff_ffff) return mark;
  throw new UsageError(`Cannot run: ${quote(text)} is not a mark from 1 to 0xffffffff`);
}

/** What the kernel takes as the name of a device, without what has a meaning in rules. */
function deviceOf(text: string): string {
  if (/^[A-Za-z0-9_.-]{1,15}$/.test(text) && text !== '.' && text !== '..') return text;
  throw new UsageError(`Cannot run: ${quote(text)} is not the name of a network device`);
}

/** It stays as it was applied, unless another one is named. */
function formOf(found: Arguments, applied: Applied | undefined): Form {
  const text = found.text('form');
  if (text === 'nft' || text === 'iptables') return text;
  if (text !== undefined) throw new UsageError(`Cannot run: ${quote(text)} is neither "nft" nor "iptables"`);
  if (applied !== undefined) return applied.plan.form;
  return findTool('nft') === undefined && findTool('iptables-restore') !== undefined ? 'iptables' : 'nft';
}

function nameOf(found: Arguments): string {
  const name = found.text('name') ?? 'sallyport';
  if (/^[a-z][a-z0-9]{0,11}$/.test(name)) return name;
  throw new UsageError(`Cannot run: ${quote(name)} is no name of up to 12 lower-case letters and digits`);
}

function pathOf(found: Arguments): string {
  return statePath(found.text('state') ?? STATE_FOLDER, nameOf(found));
}

function needRight(state: HostState): void {
  if (state.mayChange) return;
  throw new CommandError('Cannot change this host: it needs root, or CAP_NET_ADMIN');
}

/** The same command within the network namespace: everything that it looks at is there then, /proc/sys too. */
function runInNamespace(namespace: string, args: readonly string[]): number {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(namespace) || namespace.startsWith('-'))
    throw new UsageError(`Cannot run: ${quote(namespace)} is not the name of a network namespace`);
  if (!existsSync(join('/run/netns', namespace)))
    throw new CommandError(`Cannot run: there is no network namespace ${quote(namespace)}`);
  const ip = findTool('ip');
  if (ip === undefined) throw new CommandError('Cannot run "ip": it is not installed');
  const main = process.argv[1] ?? join(import.meta.dirname, 'main.ts');
  const inner = ['netns', 'exec', namespace, process.execPath, ...process.execArgv, main, 'host'];
  const { status } = spawnSync(ip, [...inner, ...withoutNamespace(args)], { stdio: 'inherit' });
  return status ?? 1;
}

function withoutNamespace(args: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (arg === '--namespace') index++;
    else if (!arg.startsWith('--namespace=')) kept.push(arg);
  }
  return kept;
}

/** What cannot be done is said in its own words. */
async function explained(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ToolError || error instanceof PlanError) throw new CommandError(error.message);
    throw error;
  }
}
