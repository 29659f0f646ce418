/** Where the OWASP CRS is found, and its rules as the regression tests want them. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compileRules, makeInspector } from '../../../src/inspect/build.ts';
import type { Inspector } from '../../../src/inspect/inspector.ts';
import { loadRules } from '../../../src/inspect/load-rules.ts';
import type { RuleFile } from '../../../src/inspect/load-rules.ts';
import { formatMistake } from '../../../src/inspect/mistake.ts';
import type { Plan } from '../../../src/inspect/plan/plan.ts';

export const DATA: string =
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../../shared/data');
export const CRS: string = join(DATA, 'crs');
export const TESTS: string = testsOf(CRS);

/** The regression tests of a checkout of the CRS. */
export function testsOf(folder: string): string {
  return join(folder, 'tests/regression/tests');
}

/** For `test(…, { skip: SKIP })`. */
export const SKIP: string | false =
  existsSync(join(CRS, 'rules')) && existsSync(TESTS)
    ? false
    : 'the data folder with crs is not there (SALLYPORT_DATA)';

/** The rules run at this level of paranoia, 1 to 4; the regression tests are written for 4. */
export type Level = 1 | 2 | 3 | 4;

/** What the README of the regression tests asks for. It stands behind crs-setup.conf and before the rules. */
export function testSettings(level: Level): string {
  const actions = [
    'id:900005',
    'phase:1',
    'nolog',
    'pass',
    'ctl:ruleEngine=DetectionOnly',
    'ctl:ruleRemoveById=910000',
    `setvar:tx.blocking_paranoia_level=${level}`,
    'setvar:tx.crs_validate_utf8_encoding=1',
    'setvar:tx.arg_name_length=100',
    'setvar:tx.arg_length=400',
    'setvar:tx.total_arg_length=64000',
    'setvar:tx.max_num_args=255',
    'setvar:tx.max_file_size=64100',
    'setvar:tx.combined_file_sizes=65535',
  ];
  return `SecAction "${actions.join(',')}"\n`;
}

export const SETUP_FILE = 'crs-setup.conf.example' as const;

/** The files of the CRS, with the settings of the tests; of another release in `folder`. */
export function crsFiles(level: Level, folder: string = CRS): readonly RuleFile[] {
  return withSettings([SETUP_FILE, 'rules/*.conf'], folder, level);
}

/** `patterns` as loadRules takes them; the first names the setup. */
export function withSettings(patterns: readonly string[], folder: string, level: Level): readonly RuleFile[] {
  const loaded = loadRules(patterns, folder);
  assert(loaded.kind === 'ok', 'the files of the CRS are found');
  const [setup, ...rules] = loaded.files;
  assert(setup !== undefined);
  return [setup, { name: 'test-settings.conf', text: testSettings(level) }, ...rules];
}

export function compile(files: readonly RuleFile[], isFast: boolean): Plan {
  const compiled = compileRules(files, { exclude: [], isFast });
  assert(
    compiled.kind === 'ok',
    compiled.kind === 'bad' ? compiled.mistakes.map(formatMistake).join('\n') : '',
  );
  return compiled.plan;
}

export function detector(plan: Plan): Inspector {
  return makeInspector(plan, { mode: 'detect' });
}
