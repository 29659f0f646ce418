/**
 * Installs a release of the OWASP CRS.
 *
 *     INTO/crs.conf             what a configuration loads: the settings and one release. Written last, as a whole
 *     INTO/crs-setup.conf       the settings, made from the release's example once, then the user's own
 *     INTO/4.28.0/rules/…       each release in a folder of its own
 *
 * Nothing is written before the digest is right. A release takes the place of another only when its rules can be loaded,
 * and a running Sallyport sees none of it before it is reloaded.
 */
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemReason } from '../../base/system-reason.ts';
import { compileRules } from '../../inspect/build.ts';
import { loadRules } from '../../inspect/load-rules.ts';
import { formatMistake } from '../../inspect/mistake.ts';
import {
  contentDigest,
  KNOWN_RELEASES,
  ReleaseError,
  releaseOf,
  SETUP_EXAMPLE,
  sha256,
} from './crs-release.ts';
import type { Release } from './crs-release.ts';
import { unpack } from './read-archive.ts';
import { readTar } from './tar.ts';

/** Entries of an archive: releases have some 700. */
const ENTRIES_MAX = 5000;

export interface InstallOptions {
  /** Undefined: what the archive says of itself. */
  readonly version: string | undefined;
  /** SHA-256 of the archive, in hexadecimal; undefined for a release that is known. */
  readonly digest: string | undefined;
  readonly into: string;
  /** For tests: see KNOWN_RELEASES. */
  readonly known?: Readonly<Record<string, string>>;
}

export interface Installed {
  readonly version: string;
  /** The file for `rules` of a configuration. */
  readonly path: string;
  readonly ruleCount: number;
  /** How the archive was known: by the digest that was given, or by the release's own. */
  readonly knownBy: 'digest' | 'release';
  readonly warnings: readonly string[];
}

/** Throws ArchiveError, TarError or ReleaseError with a message for people. */
export function installCrs(archive: Uint8Array, options: InstallOptions): Installed {
  const actual = sha256(archive);
  if (options.digest !== undefined && options.digest !== actual)
    throw new ReleaseError(
      `Cannot install: the archive has the digest sha256:${actual}, not sha256:${options.digest}`,
    );
  const release = releaseOf(readTar(unpack(archive), { entriesMax: ENTRIES_MAX }));
  const version = versionOf(release, options.version);
  if (options.digest === undefined) expectKnown(release, version, actual, options.known ?? KNOWN_RELEASES);
  const { into } = options;
  makeFolder(into);
  const fresh = join(into, `.${version}.new`);
  rmSync(fresh, { recursive: true, force: true });
  try {
    writeRelease(fresh, release);
    const { ruleCount, warnings } = tryRules(into, fresh);
    replaceFolder(fresh, join(into, version));
    writeSetup(into, release);
    writeWhole(join(into, ENTRY), entryText(`./${version}`, version));
    const knownBy = options.digest === undefined ? 'release' : 'digest';
    return { version, path: join(into, ENTRY), ruleCount, knownBy, warnings };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

const ENTRY = 'crs.conf';
const SETUP = 'crs-setup.conf';

function versionOf(release: Release, wanted: string | undefined): string {
  const version = wanted ?? release.version;
  if (version === undefined)
    throw new ReleaseError(
      'Cannot install: the archive does not say which version it is; name it with --version',
    );
  if (release.version !== undefined && release.version !== version)
    throw new ReleaseError(`Cannot install version ${version}: the archive is version ${release.version}`);
  return version;
}

function expectKnown(
  release: Release,
  version: string,
  archiveDigest: string,
  known: Readonly<Record<string, string>>,
): void {
  const expected = Object.hasOwn(known, version) ? known[version] : undefined;
  if (expected === undefined)
    throw new ReleaseError(
      `Cannot install version ${version}: its digest is not known here; check the archive and give its digest with ` +
        `--digest (this one has sha256:${archiveDigest})`,
    );
  const actual = contentDigest(release);
  if (actual !== expected)
    throw new ReleaseError(
      `Cannot install version ${version}: its files have the digest ${actual}, not ${expected}`,
    );
}

/**
 * A folder, with those around it. Not by `recursive` of Node.js, which never ends below /proc: it makes the folder around
 * one that cannot be made, again and again, and there it exists.
 */
function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw new ReleaseError(`Cannot install: ${path} is there and is no folder`);
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    const isNoPlace = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = isNoPlace ? 'the system makes no folders there' : systemReason(error);
    throw new ReleaseError(`Cannot install: folder ${path} cannot be made: ${reason}`);
  }
}

function writeRelease(folder: string, { files }: Release): void {
  for (const { path, bytes } of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes, { flag: 'wx' });
  }
}

/** Loads the rules as they will be, with the settings of the user where there are any. */
function tryRules(
  into: string,
  fresh: string,
): { readonly ruleCount: number; readonly warnings: readonly string[] } {
  const setup = existsSync(join(into, SETUP)) ? join(into, SETUP) : join(fresh, SETUP_EXAMPLE);
  const loaded = loadRules([setup, join(fresh, 'rules', '*.conf')], into);
  const compiled = loaded.kind === 'ok' ? compileRules(loaded.files, { exclude: [] }) : loaded;
  if (compiled.kind === 'ok')
    return { ruleCount: compiled.plan.ruleCount, warnings: compiled.warnings.map(formatMistake) };
  throw new ReleaseError(
    `Cannot install: the rules cannot be loaded\n${compiled.mistakes.map(formatMistake).join('\n')}`,
  );
}

function replaceFolder(fresh: string, target: string): void {
  const old = `${target}.old`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(target)) renameSync(target, old);
  renameSync(fresh, target);
  rmSync(old, { recursive: true, force: true });
}

/** Settings that are there are the user's. */
function writeSetup(into: string, { files }: Release): void {
  const example = files.find(({ path }) => path === SETUP_EXAMPLE);
  const path = join(into, SETUP);
  if (example !== undefined && !existsSync(path)) writeWhole(path, example.bytes);
}

function writeWhole(path: string, content: string | Uint8Array): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, content);
  renameSync(fresh, path);
}

function entryText(folder: string, version: string): string {
  return `# The OWASP CRS ${version}. Written by "sallyport rules install crs", which writes it anew.
# Settings belong into ${SETUP}, which is never overwritten.
Include ${SETUP}
Include ${folder}/rules/*.conf
`;
}
