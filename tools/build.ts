/**
 * Compiles `src` without its tests to `dist`: JavaScript, types, and source maps that carry their sources.
 *
 * Only the published package needs it; a checkout runs its sources. `dist` is emptied first, so that nothing of an
 * earlier build is published, and taken away when the build fails, so that half of a build never is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

rmSync(dist, { recursive: true, force: true });
const result = spawnSync(process.execPath, [compiler, '--project', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
const missing = result.status === 0 ? missingOutputs() : [];
if (result.status !== 0 || missing.length > 0) {
  rmSync(dist, { recursive: true, force: true });
  const why = missing.length > 0 ? `the compiler did not write ${missing.join(', ')}` : 'see above';
  process.stderr.write(`Cannot build: ${why}\n`);
  process.exit(1);
}

/** What a source stands for in `dist` and is not there. */
function missingOutputs(): readonly string[] {
  return globSync('src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
    .flatMap((source) =>
      ['.js', '.js.map', '.d.ts'].map((end) => source.replace(/^src(.*)\.ts$/, `dist$1${end}`)),
    )
    .filter((output) => !existsSync(new URL(`../${output}`, import.meta.url)));
}
