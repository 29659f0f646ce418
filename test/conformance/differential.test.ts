/**
 * The fast way through the rules of the CRS against the slow reference, which runs every rule on every value, on the
 * payloads in the data: the same hits on the same values, in the same order, and the same verdicts. A difference is a way
 * around the rules.
 *
 * A sample by default, everything with SALLYPORT_TEST_ALL=1. FUZZ_RUNS sets how many changed payloads are tried beside.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutate, pick } from '../support/fuzz.ts';
import { fuzzSeed, seededRandom } from '../support/random.ts';
import { CRS, crsFiles, SETUP_FILE, SKIP } from './crs/crs-data.ts';
import { exchangeWith, logExchanges, payloads, PLACES, regressionExchanges } from './crs/exchanges.ts';
import type { Exchange } from './crs/exchanges.ts';
import { differencesOf, twoWays } from './crs/two-ways.ts';
import type { TwoWays } from './crs/two-ways.ts';
import { loadRules } from '../../src/inspect/load-rules.ts';

const IS_ALL = process.env['SALLYPORT_TEST_ALL'] === '1';
const FUZZ_RUNS = Number(process.env['FUZZ_RUNS'] ?? 200);
/** What there is. */
const COUNTS = { regression: 4975, log: 6189, payloads: 25_115, places: 14 } as const;

test('the payloads are all found', { skip: SKIP }, () => {
  assert.deepEqual(
    {
      regression: allRegression().length,
      log: logExchanges().length,
      payloads: payloads().length,
      places: PLACES.length,
    },
    COUNTS,
  );
});

test('both ways agree at paranoia level 4, where nothing is refused', { skip: SKIP }, () => {
  compare(strictest(), { regression: IS_ALL ? 1 : 8, log: IS_ALL ? 1 : 12, payloads: IS_ALL ? 1 : 20 });
});

test('both ways agree as the CRS comes, and refuses', { skip: SKIP }, () => {
  const loaded = loadRules([SETUP_FILE, 'rules/*.conf'], CRS);
  assert(loaded.kind === 'ok');
  const ways = twoWays(loaded.files, 'on');
  compare(ways, { regression: IS_ALL ? 1 : 8, log: IS_ALL ? 2 : 24, payloads: IS_ALL ? 3 : 40 });
});

test('both ways agree on payloads that were changed at random', { skip: SKIP }, () => {
  const random = seededRandom(fuzzSeed);
  const seeds = payloads();
  const changed = Array.from({ length: FUZZ_RUNS }, () =>
    exchangeWith(mutate(random, [pick(random, seeds)], FRAGMENTS), random(PLACES.length)),
  );
  const { differences } = differencesOf(strictest(), changed);
  assert.deepEqual(differences, [], `FUZZ_SEED=${fuzzSeed}`);
});

test('a fast way that leaves out rules would be found', { skip: SKIP }, () => {
  const without = crsFiles(4).filter(({ name }) => !name.includes('942-APPLICATION'));
  const { fast } = twoWays(without, 'detect');
  const ways = { ...strictest(), fast, attached: fast };
  const { differences } = differencesOf(ways, every(allRegression(), 40));
  assert(differences.length > 20, `${differences.length} differences`);
});

/** What transformations take out or put in, and what literals are made of. */
const FRAGMENTS: readonly string[] = [
  '\0', ' ', '\t', '\n', '+', '%20', '%00', '%2527', '%u0027', "'", '"', '`', '\\', '\\x27', '\\u0027', '&lt;', '&#x27;', '&#0',
  '/**/', '/*', '*/', '--', '#', ';', '|', '(', ')', '<', '>', '=', '..', '../', '..\\', './', '//', '$(', '${', '^', 'S', 'K',
  '\xc0\xa7', '\xef\xbc\x87', '\xe2\x84\xaa', '\xff', 'SeLeCt', '<sCript', 'javascript:', '/etc/passwd', 'cmd.exe', 'Union',
]; // prettier-ignore

/** Every how many of a list are run. */
interface Strides {
  readonly regression: number;
  readonly log: number;
  readonly payloads: number;
}

function compare(ways: TwoWays, strides: Strides): void {
  const lists: readonly (readonly Exchange[])[] = [
    every(allRegression(), strides.regression),
    every(logExchanges(), strides.log),
    every(payloads(), strides.payloads).map((value, index) => exchangeWith(value, index)),
  ];
  for (const list of lists) {
    const { differences, withHits } = differencesOf(ways, list);
    assert.deepEqual(differences, []);
    assert(withHits > 0, 'nothing was compared with nothing');
  }
}

function every<Value>(list: readonly Value[], stride: number): readonly Value[] {
  return list.filter((_, index) => index % stride === 0);
}

let exchanges: readonly Exchange[] | undefined;

/** Read once for all tests of this file. */
function allRegression(): readonly Exchange[] {
  return (exchanges ??= regressionExchanges());
}

let kept: TwoWays | undefined;

/** Compiled once for all tests of this file. */
function strictest(): TwoWays {
  return (kept ??= twoWays(crsFiles(4), 'detect'));
}
