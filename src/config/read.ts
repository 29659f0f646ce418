/** The configuration file: text → a frozen Config, or everything that is wrong with it. */
import { dirname, resolve } from 'node:path';
import type { OptionsOf, OptionTable } from '../base/option.ts';
import type { CidrSet } from '../net/cidr.ts';
import type { Endpoint } from '../net/address.ts';
import type { NamedEndpoint } from '../net/named-endpoint.ts';
import { checkConfig } from './checks.ts';
import type { Config } from './config.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Environment } from './environment.ts';
import { expandServers } from './expand-servers.ts';
import { deepFreeze } from './freeze.ts';
import { isFull, makeProblems, sortProblems } from './problems.ts';
import { readTop } from './reader.ts';
import type { Reading } from './reader.ts';
import { configOptions } from './schema.ts';
import { secretSpans } from './secrets.ts';
import { makeSource } from './source.ts';
import { findEntry } from './tree.ts';
import type { Tree } from './tree.ts';
import { readYaml } from './yaml-syntax.ts';
import { buildTree } from './yaml-tree.ts';

/** Diagnostics are in the order of the file. `ok` can have warnings; `bad` has at least one error. */
export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: Config; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };

type Read = OptionsOf<
  typeof configOptions,
  { readonly endpoint: Endpoint; readonly named: NamedEndpoint; readonly cidrs: CidrSet }
>;

/**
 * Reads the text of a configuration. `file` is what diagnostics call it, and its folder is what paths within it are
 * resolved against. Never throws, whatever the text is.
 */
export function readConfig(text: string, file: string, environment: Environment): ConfigResult {
  let source = makeSource(file, text.startsWith('\ufeff') ? text.slice(1) : text);
  const problems = makeProblems();
  const document = readYaml(source, problems);
  if (document === undefined) return { kind: 'bad', diagnostics: sortProblems(source, problems) };
  const tree = buildTree(source, document, environment, problems);
  source = { ...source, secrets: secretSpans(tree, configOptions) };
  const folder = dirname(resolve(file));
  const names = Object.fromEntries(namesOf(tree, configOptions, ''));
  const reading: Reading = { source, problems, folder, names, places: new Map() };
  // What the table reads has the type of the table.
  const config: Config = readTop(reading, configOptions, tree) as Read;
  if (!isFull(problems)) checkConfig(reading, config);
  const diagnostics = sortProblems(source, problems);
  const isBad = diagnostics.some(({ severity }) => severity === 'error');
  return isBad
    ? { kind: 'bad', diagnostics }
    : { kind: 'ok', config: deepFreeze(expandServers(config)), diagnostics };
}

/** The names that each map defines, by its path (`inspection.sets`), whether or not what they name can be read. */
function namesOf(
  tree: Tree | undefined,
  table: OptionTable,
  path: string,
): readonly (readonly [path: string, names: readonly string[]])[] {
  return Object.entries(table).flatMap(([key, option]) => {
    const value = findEntry(tree, key)?.value;
    if (option.kind === 'section') return namesOf(value, option.table, `${path}${key}.`);
    if (option.kind !== 'map') return [];
    return [[`${path}${key}`, value?.kind === 'map' ? value.entries.map((entry) => entry.key) : []] as const];
  });
}
