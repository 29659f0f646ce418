/** `sallyport rules install crs`: fetches a release of the OWASP CRS, checks it, and puts it where `crs` finds it. */
import { dirname, join, resolve } from 'node:path';
import { systemReason } from '../base/system-reason.ts';
import { quote } from '../config/diagnostic.ts';
import { CRS_PLACE } from '../inspect/options.ts';
import {
  DEFAULT_VERSION,
  ReleaseError,
  releaseUrl,
  VERSION_PATTERN,
} from '../runtime/rule-archive/crs-release.ts';
import { installCrs } from '../runtime/rule-archive/install-crs.ts';
import type { Installed } from '../runtime/rule-archive/install-crs.ts';
import { ArchiveError, isUrl, readArchive } from '../runtime/rule-archive/read-archive.ts';
import { TarError } from '../runtime/rule-archive/tar.ts';
import { CommandError } from './admin-socket.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { DEFAULT_CONFIG } from './config-path.ts';
import { counted } from './table.ts';

export const rules: Command = {
  name: 'rules',
  summary: 'Install the OWASP CRS',
  usage:
    'sallyport rules install crs [--version V] [--from URL|FILE] [--digest sha256:HEX]\n' +
    '                  [-c CONFIG | --into FOLDER]\n\n' +
    `  Without --from, version ${DEFAULT_VERSION} or V of the CRS project's releases. Without --digest, only a release whose\n` +
    '  files this version of Sallyport knows. Settings of an earlier installation stay.',
  run: async (args) => {
    const found = readArguments(args, {
      version: { type: 'string' },
      from: { type: 'string' },
      digest: { type: 'string' },
      config: { type: 'string', short: 'c' },
      into: { type: 'string' },
    });
    const [action, name, ...more] = found.positionals;
    if (action !== 'install') throw new UsageError('Cannot run: "rules" needs "install"');
    if (name !== 'crs' || more.length > 0)
      throw new UsageError('Cannot install: only "crs" can be installed');
    const version = versionOf(found.text('version'));
    const digest = digestOf(found.text('digest'));
    const own = found.text('from');
    const from = own ?? releaseUrl(version ?? DEFAULT_VERSION);
    const wanted = version ?? (own === undefined ? DEFAULT_VERSION : undefined);
    const beside = dirname(resolve(found.text('config') ?? DEFAULT_CONFIG));
    const into = resolve(found.text('into') ?? join(beside, dirname(CRS_PLACE)));
    const installed = await explained(async () => {
      const archive = await readArchive(isUrl(from) ? from : resolve(from));
      return installCrs(archive, { version: wanted, digest, into });
    });
    for (const warning of installed.warnings) process.stderr.write(`${warning}\n`);
    process.stdout.write(textOf(installed, found.text('into') === undefined));
    return 0;
  },
};

function versionOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const version = text.replace(/^v/, '');
  if (VERSION_PATTERN.test(version)) return version;
  throw new UsageError(`Cannot install: ${quote(text)} is no version such as ${DEFAULT_VERSION}`);
}

/** `sha256:` and 64 hexadecimal digits, or the digits alone. */
function digestOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [, digits] = /^(?:sha256:)?([0-9a-f]{64})$/.exec(text.toLowerCase()) ?? [];
  if (digits !== undefined) return digits;
  throw new UsageError(`Cannot install: ${quote(text)} is no SHA-256 digest, 64 hexadecimal digits`);
}

function textOf({ version, path, ruleCount, knownBy }: Installed, isDefault: boolean): string {
  const known =
    knownBy === 'digest'
      ? 'the digest of the archive is the one you gave'
      : 'its files are those of the release';
  return (
    `CRS ${version} is installed in ${dirname(path)}, with ${counted(ruleCount, 'rule')}; ${known}.\n` +
    `Name it in the configuration, and start or reload Sallyport:\n\n  inspection: { rules: [${isDefault ? 'crs' : JSON.stringify(path)}] }\n\n` +
    `Its settings are in ${dirname(path)}/crs-setup.conf.\n`
  );
}

async function explained<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ArchiveError || error instanceof TarError || error instanceof ReleaseError)
      throw new CommandError(error.message);
    if (error instanceof Error && 'code' in error) throw new CommandError(whyNotWritten(error));
    throw error;
  }
}

function whyNotWritten(error: Error): string {
  const what = 'path' in error ? ` ${String(error.path)} cannot be written:` : '';
  return `Cannot install:${what} ${systemReason(error)}`;
}
