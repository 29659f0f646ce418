/**
 * Makes a fresh clone ready: installs what package-lock.json names when it is not there yet.
 *
 * Plain JavaScript without dependencies, because it runs before anything is installed and on whatever `node` the
 * machine has. What it installs includes the Node.js that the project runs on: npm puts `node_modules/.bin`, and so
 * that `node`, first on the PATH of every script that follows.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const installed = join(root, 'node_modules', '.package-lock.json');
const wanted = join(root, 'package-lock.json');

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  process.stderr.write('Installing the dependencies named in package-lock.json (npm ci) ...\n');
  // NODE_ENV or an `omit` of the user's must not leave out what the tests and checks need.
  const result = spawnSync('npm', ['ci', '--include=dev', '--include=optional', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (result.status !== 0) {
    process.stderr.write('Cannot install the dependencies: npm ci failed. See its message above.\n');
    process.exit(1);
  }
}
