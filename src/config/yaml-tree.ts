/**
 * A YAML document → a tree of text with places. What could mean two things is refused: tags, merge keys, a key written
 * twice. Aliases are followed, a bounded number of them, and share one subtree with their anchor.
 */
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { diagnose, quote } from './diagnostic.ts';
import { expandEnvironment } from './environment.ts';
import type { Environment } from './environment.ts';
import type { Problems } from './problems.ts';
import { report } from './problems.ts';
import { positionOf } from './source.ts';
import type { Source, Span } from './source.ts';
import { brokenTree, emptyTree } from './tree.ts';
import type { Entry, Tree } from './tree.ts';
import type { YamlDocument } from './yaml-syntax.ts';

/** Each alias can stand for a whole pool, and each is read anew. */
const ALIASES_MAX = 100;

interface Building {
  readonly source: Source;
  readonly environment: Environment;
  readonly problems: Problems;
  /** What each anchor stands for; undefined while it is still being built. */
  readonly anchors: Map<string, Tree | undefined>;
  aliasCount: number;
}

export function buildTree(
  source: Source,
  document: YamlDocument,
  environment: Environment,
  problems: Problems,
): Tree {
  const building: Building = { source, environment, problems, anchors: new Map(), aliasCount: 0 };
  return buildNode(building, document.contents, 0);
}

/** `offset` is where the value would be if nothing was written. */
function buildNode(building: Building, node: Node | null, offset: number): Tree {
  if (node === null) return emptyTree(offset);
  if (isAlias(node)) return buildAlias(building, node);
  const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
  if (anchor !== undefined) building.anchors.set(anchor, undefined);
  const tree = buildValue(building, node);
  if (anchor !== undefined) building.anchors.set(anchor, tree);
  return tree;
}

function buildValue(building: Building, node: Node): Tree {
  const span = spanOf(node);
  if (node.tag !== undefined) {
    const message = `Cannot read the value: it has the YAML tag ${quote(node.tag)}`;
    return refuse(building, span, 'yaml-tag', message, 'remove the tag');
  }
  if (isMap(node)) return buildMap(building, node, span);
  if (isSeq(node)) return buildList(building, node, span);
  return buildScalar(building, node as Scalar, span);
}

function buildMap(building: Building, node: YAMLMap, span: Span): Tree {
  const entries = new Map<string, Entry>();
  for (const pair of node.items) {
    const entry = buildEntry(building, pair);
    const first = entries.get(entry.key);
    if (first === undefined) {
      entries.set(entry.key, entry);
      continue;
    }
    const { line } = positionOf(building.source, first.keySpan.start);
    const message = `Cannot read key ${quote(entry.key)}: it is written twice`;
    refuse(building, entry.keySpan, 'duplicate-key', message, `the first one is in line ${line}`);
  }
  return { kind: 'map', entries: [...entries.values()].filter(({ key }) => key !== '<<'), span };
}

function buildEntry(building: Building, pair: Pair): Entry {
  // The library was told to take nothing but scalars as keys, so the key is one.
  const node = pair.key as Scalar;
  const key = String(node.value);
  const keySpan = spanOf(node);
  if (key === '<<') {
    const message = 'Cannot read key "<<": merge keys are not supported';
    refuse(building, keySpan, 'yaml-merge', message, 'write the keys out');
  }
  return { key, keySpan, value: buildNode(building, pair.value as Node | null, keySpan.end) };
}

function buildList(building: Building, node: YAMLSeq, span: Span): Tree {
  const items = node.items.map((item) => buildNode(building, item as Node | null, span.start));
  return { kind: 'list', items, span };
}

function buildScalar(building: Building, node: Scalar, span: Span): Tree {
  const written = String(node.value);
  const isWritten = node.type !== 'PLAIN' || written !== '';
  const expansion = expandEnvironment(written, building.environment);
  if (expansion.kind === 'ok') {
    return { kind: 'scalar', text: expansion.text, isWritten, isBroken: false, span };
  }
  const message = `Cannot read the value ${quote(written)}: ${expansion.problem}`;
  return refuse(building, span, 'environment', message, expansion.hint);
}

function buildAlias(building: Building, node: Alias): Tree {
  const span = spanOf(node);
  const name = quote(node.source);
  building.aliasCount++;
  if (building.aliasCount > ALIASES_MAX) {
    return refuse(
      building,
      span,
      'yaml-alias',
      `Cannot read alias ${name}: there are more than ${ALIASES_MAX}`,
    );
  }
  const tree = building.anchors.get(node.source);
  if (tree !== undefined) return tree;
  const problem = building.anchors.has(node.source)
    ? 'it lies within its own anchor'
    : 'it has no anchor before it';
  return refuse(building, span, 'yaml-alias', `Cannot read alias ${name}: ${problem}`);
}

function refuse(
  building: Building,
  span: Span,
  code: 'duplicate-key' | 'environment' | 'yaml-alias' | 'yaml-merge' | 'yaml-tag',
  message: string,
  hint?: string,
): Tree {
  report(building.problems, diagnose(building.source, span, code, message, hint));
  return brokenTree(span);
}

/** The library gives every node that it read a range: start, end of the value, end of what follows it. */
function spanOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return { start, end };
}
