/**
 * The rule sets whose cost is measured in one process, and how each is compiled: as the proxy does it, from the texts of
 * the files to an inspector.
 */
import { compileRules, makeInspector } from '../../src/inspect/build.ts';
import type { InspectedRequest, Inspector } from '../../src/inspect/inspector.ts';
import { loadRules } from '../../src/inspect/load-rules.ts';
import { formatMistake } from '../../src/inspect/mistake.ts';
import { compileSnort, makeSnortInspector } from '../../src/inspect/snort/snort-inspector.ts';
import { CRS_FILES, SNORT_FOLDER } from '../peers/rule-sets.ts';
import { readSnortRules } from '../traffic/snort-rules.ts';

export interface RuleSet {
  readonly name: string;
  readonly hasCrs: boolean;
  /** How many Snort rules. */
  readonly snort: number;
}

export const FEW = 500;
export const MANY = 5_000;

/** `none` reads the heads of requests and inspects nothing: that is taken away from the time of the others. */
export const RULE_SETS: readonly RuleSet[] = [
  { name: 'none', hasCrs: false, snort: 0 },
  { name: 'CRS', hasCrs: true, snort: 0 },
  { name: `CRS+${FEW}`, hasCrs: true, snort: FEW },
  { name: `CRS+${MANY}`, hasCrs: true, snort: MANY },
  { name: `Snort ${FEW}`, hasCrs: false, snort: FEW },
  { name: `Snort ${MANY}`, hasCrs: false, snort: MANY },
];

export interface BuiltSet {
  /** One after the other on each request, as the proxy runs them. */
  readonly inspectors: readonly Inspector[];
  readonly ruleCount: number;
  /** Of parsing and compiling: files have been read before. */
  readonly compileMs: number;
}

/** Throws when a file is missing or does not compile. */
export function buildSet({ hasCrs, snort }: RuleSet): BuiltSet {
  const makers: (() => Inspector)[] = [];
  if (hasCrs) makers.push(crsMaker());
  if (snort > 0) makers.push(snortMaker(snort));
  const start = performance.now();
  const inspectors = makers.map((make) => make());
  const compileMs = performance.now() - start;
  const ruleCount = inspectors.reduce((sum, inspector) => sum + inspector.ruleCount, 0);
  return { inspectors, ruleCount, compileMs };
}

/** Whether all transactions continue with this request. `connection` is what its connection is told apart by. */
export function isLetThrough(
  inspectors: readonly Inspector[],
  request: InspectedRequest & { readonly connection: object },
  body: Uint8Array,
): boolean {
  for (const inspector of inspectors) {
    const transaction = inspector.begin(request);
    const isFine =
      transaction.requestHead().do === 'continue' &&
      transaction.requestBody({ bytes: body, isPrefix: false }).do === 'continue';
    transaction.end?.();
    if (!isFine) return false;
  }
  return true;
}

function crsMaker(): () => Inspector {
  const loaded = loadRules(CRS_FILES, '');
  if (loaded.kind === 'bad') throw new Error(loaded.mistakes.map(formatMistake).join('\n'));
  return () => {
    const compiled = compileRules(loaded.files, { exclude: [] });
    if (compiled.kind === 'bad') throw new Error(compiled.mistakes.map(formatMistake).join('\n'));
    return makeInspector(compiled.plan, { mode: 'on', ...compiled.limits });
  };
}

/** Rules that this Sallyport cannot run are left out, as with `lenient`. */
function snortMaker(count: number): () => Inspector {
  const files = readSnortRules(SNORT_FOLDER, count);
  return () => {
    const compiled = compileSnort(files, { isLenient: true });
    if (compiled.kind === 'bad') throw new Error(compiled.mistakes.map(({ text }) => text).join('\n'));
    return makeSnortInspector(compiled.plan, { mode: 'on' });
  };
}
