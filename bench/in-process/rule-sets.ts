/**
 * The rule sets whose cost is measured in one process, and how each is compiled: as the proxy does it, from the texts of
 * the files to an inspector.
 */
import { compileRules, makeInspector } from '../../src/inspect/build.ts';
import { combine } from '../../src/inspect/combine.ts';
import type {
  InspectedRequest,
  InspectedResponse,
  Inspector,
  Transaction,
} from '../../src/inspect/inspector.ts';
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
  /** All rules of the set. */
  readonly inspector: Inspector;
  /** Of parsing and compiling: files have been read before. */
  readonly compileMs: number;
}

/** Throws when a file is missing or does not compile. */
export function buildSet({ hasCrs, snort }: RuleSet): BuiltSet {
  const makers: (() => Inspector)[] = [];
  if (hasCrs) makers.push(crsMaker());
  if (snort > 0) makers.push(snortMaker(snort));
  const start = performance.now();
  const inspector = combine(makers.map((make) => make()));
  return { inspector, compileMs: performance.now() - start };
}

/** A request and its response, as the proxy shows them. */
export interface Exchange {
  /** `connection` is what its connection is told apart by. */
  readonly request: InspectedRequest & { readonly connection: object };
  readonly body: Uint8Array;
  readonly response: InspectedResponse;
  readonly responseBody: Uint8Array;
}

/** Runs all phases, as far as an exchange gets; whether it was let through. */
export function isLetThrough(inspector: Inspector, exchange: Exchange): boolean {
  const transaction = inspector.begin(exchange.request);
  const isFine = continues(transaction, exchange);
  transaction.end();
  return isFine;
}

const NO_BYTES = new Uint8Array(0);

function continues(transaction: Transaction, { body, response, responseBody }: Exchange): boolean {
  if (transaction.requestHead().do !== 'continue') return false;
  if (transaction.requestBody({ bytes: body, isPrefix: false }).do !== 'continue') return false;
  if (transaction.responseHead(response).do !== 'continue') return false;
  // As the proxy does: a body that nobody wants is not shown, and the rules about it run all the same.
  const bytes = transaction.wantsResponseBody ? responseBody : NO_BYTES;
  return transaction.responseBody({ bytes, isPrefix: false }).do === 'continue';
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

/**
 * Rules that cannot be run here are left out, as with `lenient`. A hit is recorded, and the request goes on: some of the
 * rules are about three bytes that a picture may have too.
 */
function snortMaker(count: number): () => Inspector {
  const files = readSnortRules(SNORT_FOLDER, count);
  return () => {
    const compiled = compileSnort(files, { isLenient: true });
    if (compiled.kind === 'bad') throw new Error(compiled.mistakes.map(({ text }) => text).join('\n'));
    return makeSnortInspector(compiled.plan, { mode: 'on', onAlert: 'continue' });
  };
}
