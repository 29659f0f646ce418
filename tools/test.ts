/**
 * Runs every test of the project, or the files and folders named on the command line.
 *
 * With SALLYPORT_TEST_ALL=1 a skipped test is a failure: that is how the continuous integration knows that everything
 * a test can need was really there.
 */
import { globSync, statSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/**
 * For a file. No file takes two minutes, but where many others want the processors; waits within tests end by themselves. A
 * long run (SALLYPORT_SOAK=1) is meant to take its time.
 */
const TIMEOUT_MS = process.env['SALLYPORT_SOAK'] === '1' ? 7_200_000 : 1_200_000;

const wanted = process.argv.slice(2);
const patterns = wanted.length === 0 ? ['src', 'test', 'bench'] : wanted;
const files = patterns
  .flatMap((path) => (statSync(path).isDirectory() ? globSync(`${path}/**/*.test.ts`) : [path]))
  .sort();
if (files.length === 0) {
  process.stderr.write(`Cannot run the tests: no *.test.ts below ${patterns.join(', ')}\n`);
  process.exit(1);
}

const skips: string[] = [];
let failed = false;
const events = run({ files, concurrency: 2, timeout: TIMEOUT_MS });
events.on('test:fail', () => {
  failed = true;
});
events.on('test:pass', (test) => {
  if (test.skip !== undefined) skips.push(`${test.name} (${test.file ?? '?'}): ${String(test.skip)}`);
});
const report = events.compose(new spec());
report.pipe(process.stdout);
await finished(report);

if (skips.length > 0) {
  const all = process.env['SALLYPORT_TEST_ALL'] === '1';
  process.stdout.write(`\n${all ? 'Failing, because nothing may be skipped here' : 'Skipped'}:\n`);
  for (const skip of skips) process.stdout.write(`  ${skip}\n`);
  if (all) failed = true;
}
process.exitCode = failed ? 1 : 0;
