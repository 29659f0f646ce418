/**
 * Checks the import map: a folder of `src` imports only from folders above it in the table, and never itself in a ring.
 *
 * The table is the one in ARCHITECTURE.md. A folder may import from any lower level and from itself, not from its
 * neighbours on the same level (unless listed), so that each can be read and tested without the others.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const LEVELS: readonly (readonly string[])[] = [
  ['base'],
  ['net', 'linux', 'http', 'packet'],
  ['identity', 'state', 'inspect', 'balance', 'cache'],
  ['guard', 'decoy'],
  ['proxy', 'direct'],
  ['record', 'admin'],
  ['config', 'runtime'],
  ['cli'],
];
/** Neighbours that may see each other, one way, each with its reason. */
const NEIGHBOURS: Readonly<Record<string, readonly string[]>> = {
  // The runtime builds what the configuration describes; the configuration knows nothing of the runtime.
  runtime: ['config'],
  // Collections of rules live in the tables of the state.
  inspect: ['state'],
  // Sessions are remembered in a table of the state.
  balance: ['state'],
  // The admin API shows and searches what was recorded.
  admin: ['record'],
};

const IMPORT =
  /^\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
const ALLOWED_PACKAGES: Readonly<Record<string, readonly string[]>> = { yaml: ['config'] };

const problems: string[] = [];
const graph = new Map<string, string[]>();
for (const file of globSync('src/**/*.ts').sort()) {
  const isTest = file.endsWith('.test.ts');
  const text = readFileSync(file, 'utf8');
  const edges: string[] = [];
  for (const match of text.matchAll(IMPORT)) {
    const target = match[1] ?? match[2] ?? match[3] ?? '';
    const line = text.slice(0, match.index).split('\n').length;
    if (target.startsWith('.')) {
      const path = normalize(join(dirname(file), target));
      // Types do not run: two ideas that name each other's types are not in each other's way.
      if (!/^\s*(?:import|export)\s+type\b/.test(match[0])) edges.push(path);
      if (!isTest) checkFolder(file, line, path);
    } else if (!target.startsWith('node:') && !isTest) {
      checkPackage(file, line, target);
    }
  }
  graph.set(file, edges);
}
for (const ring of findRings(graph)) problems.push(`${ring[0] ?? ''}: ring of imports: ${ring.join(' → ')}`);

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`import map: ${graph.size} files, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 && graph.size > 0 ? 0 : 1;

function checkFolder(file: string, line: number, target: string): void {
  const from = folderOf(file);
  const to = folderOf(target);
  if (from === to) return;
  const fromLevel = levelOf(from);
  const toLevel = levelOf(to);
  if (toLevel < fromLevel && toLevel >= 0) return;
  if (NEIGHBOURS[from]?.includes(to)) return;
  problems.push(
    `${file}:${line}: ${from} (level ${fromLevel}) must not import from ${to} (level ${toLevel})`,
  );
}

function checkPackage(file: string, line: number, target: string): void {
  const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/');
  if (ALLOWED_PACKAGES[name]?.includes(folderOf(file))) return;
  problems.push(`${file}:${line}: package ${name} is not allowed in ${folderOf(file)}`);
}

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function levelOf(folder: string): number {
  return LEVELS.findIndex((folders) => folders.includes(folder));
}

/** Rings of imports, each reported once, by depth-first search. */
function findRings(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const state = new Map<string, 'open' | 'done'>();
  const rings: string[][] = [];
  const visit = (node: string, path: readonly string[]): void => {
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') {
      rings.push([...path.slice(path.indexOf(node)), node]);
      return;
    }
    state.set(node, 'open');
    for (const next of edges.get(node) ?? []) visit(next, [...path, node]);
    state.set(node, 'done');
  };
  for (const node of edges.keys()) visit(node, []);
  return rings;
}
