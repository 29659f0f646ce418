/**
 * Writes the pages of docs/reference that are made of tables in the code. With --check it writes nothing and fails
 * when a page is not what the tables make.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { renderDiagnostics, renderReference } from '../src/config/reference.ts';
import { renderMetrics } from '../src/record/metrics/reference.ts';

const FOLDER = new URL('../docs/reference/', import.meta.url);
const PAGES: Readonly<Record<string, () => string>> = {
  'configuration.md': renderReference,
  'diagnostics.md': renderDiagnostics,
  'metrics.md': renderMetrics,
};

const isCheck = process.argv.includes('--check');
mkdirSync(FOLDER, { recursive: true });
for (const [name, render] of Object.entries(PAGES)) {
  const page = new URL(name, FOLDER);
  if (readPage(page) === render()) continue;
  if (isCheck) {
    process.stderr.write(`docs/reference/${name} is not current: run "npm run docs"\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(page, render());
    process.stdout.write(`wrote docs/reference/${name}\n`);
  }
}

function readPage(page: URL): string | undefined {
  try {
    return readFileSync(page, 'utf8');
  } catch {
    return undefined;
  }
}
