/**
 * The Markdown pages of this repository, and the few things about them that tests ask: links, headings, code.
 *
 * No parser of all of Markdown: it knows the forms that our pages use.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT: string = join(import.meta.dirname, '../..');

export interface Page {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Found {
  readonly line: number;
  readonly text: string;
}

/** Pages written by hand, and those made of tables. */
export function readPages(): readonly Page[] {
  const paths = ['*.md', 'docs/**/*.md', 'bench/**/*.md', 'src/**/*.md', 'examples/**/*.md', 'rules/**/*.md'];
  return globSync(paths, { cwd: ROOT })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** Targets of inline links, `[text](target)`, outside of code. */
export function linksOf(page: Page): readonly Found[] {
  return linesOf(withoutCode(page.text), /\[[^\]]*\]\(([^)\s]+)\)/g);
}

/** What stands between single backticks, outside of blocks. */
export function codeSpansOf(page: Page): readonly Found[] {
  return linesOf(withoutBlocks(page.text), /`([^`\n]+)`/g);
}

/** Fenced blocks of one language. */
export function blocksOf(page: Page, language: string): readonly Found[] {
  const blocks: Found[] = [];
  for (const match of page.text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)) {
    if (match[1] === language) blocks.push({ line: lineAt(page.text, match.index), text: match[2] ?? '' });
  }
  return blocks;
}

/** The anchors of headings, as GitHub makes them. */
export function anchorsOf(page: Page): ReadonlySet<string> {
  const headings = linesOf(withoutBlocks(page.text), /^#{1,6} (.+)$/gm);
  return new Set(headings.map(({ text }) => anchorOf(text)));
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function withoutCode(text: string): string {
  return withoutBlocks(text).replace(/`[^`\n]+`/g, blank);
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, blank);
}

/** Keeps the line breaks, so that lines keep their numbers. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function linesOf(text: string, pattern: RegExp): readonly Found[] {
  return [...text.matchAll(pattern)].map((match) => ({
    line: lineAt(text, match.index),
    text: match[1] ?? '',
  }));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
