/**
 * Reads a case of suricata-verify: what it asks for, its rules and its capture.
 *
 * `test.yaml`: `requires` (version, features), `args` of the engine, `pcap` (else the one beside it), and `checks`, each a
 * filter over the events that the engine wrote: how many there must be that match.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';

export interface SuricataCase {
  /** Folder, seen from the folder of all cases. */
  readonly id: string;
  readonly folder: string;
  readonly args: string;
  /** Undefined when the case has none. */
  readonly captureFile: string | undefined;
  readonly ruleFiles: readonly string[];
  readonly alertChecks: readonly AlertCheck[];
  /** The case's own configuration has `midstream: true`. */
  readonly takesMidstream: boolean;
  /** Networks that the case's own configuration names. */
  readonly variables: ReadonlyMap<string, string>;
}

export interface AlertCheck {
  readonly count: number;
  /** All that an alert must have: `alert.signature_id`, `dest_port` and the like. */
  readonly match: Readonly<Record<string, unknown>>;
}

/** The version that the cases are read for: checks for older ones are left out. */
const VERSION = [9, 0, 0] as const;

/** As in the configuration that comes with Suricata. */
const NETWORKS: readonly (readonly [string, string])[] = [
  ['HOME_NET', '[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]'],
  ['EXTERNAL_NET', '!$HOME_NET'],
];

export function findCases(root: string): readonly SuricataCase[] {
  const files = globSync('**/test.yaml', { cwd: root }).sort();
  return files.map((file) => readCase(root, dirname(file)));
}

function readCase(root: string, id: string): SuricataCase {
  const folder = join(root, id);
  const told = recordOf(parse(readFileSync(join(folder, 'test.yaml'), 'utf8')));
  const checks = listOf(told['checks']).map((check) => recordOf(recordOf(check)['filter']));
  return {
    id,
    folder,
    args: listOf(told['args']).join(' '),
    captureFile: captureOf(folder, told['pcap']),
    ruleFiles: globSync('*.rules', { cwd: folder }).sort(),
    alertChecks: checks
      .filter(isForVersion)
      .map(readAlertCheck)
      .filter((check) => check !== undefined),
    takesMidstream: /^\s+midstream: (true|yes)/m.test(textOf(join(folder, 'suricata.yaml'))),
    variables: new Map([...NETWORKS, ...networksOf(join(folder, 'suricata.yaml'))]),
  };
}

function captureOf(folder: string, named: unknown): string | undefined {
  if (typeof named === 'string') return join(folder, named);
  const [first] = globSync('*.pcap', { cwd: folder }).sort();
  return first === undefined ? undefined : join(folder, basename(first));
}

function readAlertCheck(filter: Readonly<Record<string, unknown>>): AlertCheck | undefined {
  const match = recordOf(filter['match']);
  if (match['event_type'] !== 'alert' || typeof filter['count'] !== 'number') return undefined;
  const rest = Object.entries(match).filter(([key]) => key !== 'event_type');
  return { count: filter['count'], match: Object.fromEntries(rest) };
}

function isForVersion(filter: Readonly<Record<string, unknown>>): boolean {
  const requires = recordOf(filter['requires']);
  const isNewEnough = compareVersion(requires['min-version']) <= 0;
  return isNewEnough && (requires['lt-version'] === undefined || compareVersion(requires['lt-version']) > 0);
}

/** Above 0 when `version` is newer than the one that is run. */
function compareVersion(version: unknown): number {
  const parts =
    typeof version === 'number' || typeof version === 'string' ? String(version).split('.') : ['0'];
  for (const [index, ours] of VERSION.entries()) {
    const difference = Number(parts[index] ?? 0) - ours;
    if (difference !== 0) return difference;
  }
  return 0;
}

function networksOf(file: string): readonly (readonly [string, string])[] {
  const groups = recordOf(recordOf(recordOf(parse(textOf(file)))['vars'])['address-groups']);
  return Object.entries(groups).map(([name, value]) => [name, String(value)] as const);
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord ? (value as Record<string, unknown>) : {}; // Checked; of unknown values.
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}
