/**
 * What of a release of the OWASP CRS is installed: its rules, the data that they name, the example of its settings, and
 * its licence. Everything else of the archive (tests, tools, plugins) is left out.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { TarEntry } from './tar.ts';

export interface ReleaseFile {
  /** Below the folder of the release: `rules/REQUEST-901-INITIALIZATION.conf`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Release {
  /** Sorted by path. */
  readonly files: readonly ReleaseFile[];
  /** As the name of its folder says, `coreruleset-4.28.0`; undefined where it says none. */
  readonly version: string | undefined;
}

/** An archive that is no release of the CRS. The message is for people. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';
}

export const SETUP_EXAMPLE = 'crs-setup.conf.example';

/** What is kept of the files. Subfolders of `rules` are not expected. */
const WANTED = /^(?:crs-setup\.conf\.example|LICENSE|rules\/[A-Za-z0-9_.-]{1,100}\.(?:conf|data))$/;
const FILES_MAX = 500;
const FILE_BYTES_MAX = 4 * 1024 * 1024;

export const VERSION_PATTERN: RegExp = /^[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}(?:-[a-z0-9]{1,16})?$/;

/**
 * Contents of releases that this version of Sallyport was tested with. Archives are packed anew by those who serve them
 * and then have other digests, so that it is the files that are known: see contentDigest.
 */
export const KNOWN_RELEASES: Readonly<Record<string, string>> = {
  '4.28.0': '55e94c64e3755b1d4cd120516470e879cece1b8c52e08b3bea90c1870049d3eb',
};

export const DEFAULT_VERSION = '4.28.0';

/** Where the project publishes its releases. */
export function releaseUrl(version: string): string {
  return `https://github.com/coreruleset/coreruleset/archive/refs/tags/v${version}.tar.gz`;
}

/** Throws ReleaseError. A path that leads out of the archive is refused, wanted or not: nobody packs one by mistake. */
export function releaseOf(entries: readonly TarEntry[]): Release {
  const files = new Map<string, Uint8Array>();
  const tops = new Set<string>();
  for (const { path, kind, bytes } of entries) {
    if (isOutside(path))
      throw new ReleaseError(`Cannot use the archive: it names ${JSON.stringify(path.slice(0, 200))}`);
    const slash = path.indexOf('/');
    const below = path.slice(slash + 1);
    if (slash < 0 || !WANTED.test(below)) continue;
    if (kind !== 'file') throw new ReleaseError(`Cannot use the archive: ${below} is not a regular file`);
    tops.add(path.slice(0, slash));
    if (tops.size > 1) throw new ReleaseError('Cannot use the archive: it holds more than one release');
    if (files.has(below)) throw new ReleaseError(`Cannot use the archive: ${below} is in it twice`);
    if (bytes.length > FILE_BYTES_MAX)
      throw new ReleaseError(`Cannot use the archive: ${below} is larger than 4 MiB`);
    files.set(below, bytes);
    if (files.size > FILES_MAX)
      throw new ReleaseError(`Cannot use the archive: it has more than ${FILES_MAX} files of rules`);
  }
  const [top = ''] = tops;
  if (!files.has(SETUP_EXAMPLE) || ![...files.keys()].some((path) => path.endsWith('.conf')))
    throw new ReleaseError('Cannot use the archive: it is no release of the CRS');
  const version = /^coreruleset-v?(.+)$/.exec(top)?.[1];
  const sorted = [...files]
    .map(([path, bytes]) => ({ path, bytes }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    files: sorted,
    version: version !== undefined && VERSION_PATTERN.test(version) ? version : undefined,
  };
}

/**
 * What `LC_ALL=C sha256sum crs-setup.conf.example rules/*.conf rules/*.data | sha256sum` prints in an unpacked release.
 */
export function contentDigest({ files }: Release): string {
  const lines = files
    .filter(({ path }) => path !== 'LICENSE')
    .map(({ path, bytes }) => [orderOf(path), `${sha256(bytes)}  ${path}\n`] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(Buffer.from(lines.map(([, line]) => line).join('')));
}

/** As the shell gives them: the settings, then rules, then data. */
function orderOf(path: string): string {
  return `${path.endsWith('.example') ? 0 : path.endsWith('.conf') ? 1 : 2}${path}`;
}

/** In hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function isOutside(path: string): boolean {
  return path.startsWith('/') || path.includes('\\') || path.includes('\0') || path.split('/').includes('..');
}
