/**
 * Keeps secrets out of diagnostics, which go to terminals, logs and tickets: whatever stands where a secret belongs is shown
 * as asterisks, whether it can be read or not.
 *
 * Where the file is no YAML nobody knows what belongs where: then it is what stands behind a key that sounds like a secret.
 */
import type { Option, OptionTable, SectionOption } from '../base/option.ts';
import type { Span } from './source.ts';
import { findEntry } from './tree.ts';
import type { Tree } from './tree.ts';

/** `token: x`, `"api-key" : x`, `Authorization: x`, and `tokenFile: x` is none. */
const SOUNDS_SECRET =
  /(?:token|secret|password|passwd|passphrase|authorization|api[-_]?key)["']?\s*[:=](?:\s+|(?=["']))(?=\S)/gi;

/** The line with asterisks for every part of it that is in `hidden`; without `hidden`, for what sounds like a secret. */
export function hideSecrets(line: string, lineStart: number, hidden: readonly Span[] | undefined): string {
  if (hidden !== undefined) {
    return hidden.reduce((text, { start, end }) => starred(text, start - lineStart, end - lineStart), line);
  }
  const found = [...line.matchAll(SOUNDS_SECRET)][0];
  return found === undefined ? line : starred(line, found.index + found[0].length, line.length);
}

function starred(text: string, start: number, end: number): string {
  const from = Math.max(0, start);
  const to = Math.min(text.length, end);
  return to <= from ? text : text.slice(0, from) + '*'.repeat(to - from) + text.slice(to);
}

/** Where secrets stand in the file, or whatever stands there instead. */
export function secretSpans(tree: Tree | undefined, table: OptionTable): readonly Span[] {
  return Object.entries(table).flatMap(([key, option]) => {
    const entry = findEntry(tree, key);
    return entry === undefined ? [] : spansOf(entry.value, option);
  });
}

function spansOf(tree: Tree, option: Option): readonly Span[] {
  if (option.kind === 'text') return isSecret(option) ? [tree.span] : [];
  if (option.kind === 'list') return isSecret(option.of) ? [tree.span] : [];
  if (option.kind === 'section') return spansOfSection(tree, option);
  if (option.kind !== 'map') return [];
  if (tree.kind === 'map') return tree.entries.flatMap(({ value }) => spansOf(value, option.of));
  if (tree.kind === 'list') return tree.items.flatMap((item) => spansOf(item, option.of));
  return hasSecret(option.of.table) ? [tree.span] : [];
}

function spansOfSection(tree: Tree, { table, short }: SectionOption): readonly Span[] {
  if (tree.kind === 'map') return secretSpans(tree, table);
  // Short for one of its keys, or a mistake.
  const meant = tree.kind === 'scalar' && short !== undefined ? table[short] : undefined;
  if (meant !== undefined) return spansOf(tree, meant);
  return hasSecret(table) ? [tree.span] : [];
}

function hasSecret(table: OptionTable): boolean {
  return Object.values(table).some(isSecret);
}

export function isSecret(option: Option): boolean {
  return option.kind === 'text' && option.isSecret === true;
}
