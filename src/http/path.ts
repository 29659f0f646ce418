/**
 * The path of a request target as an origin may understand it: what a route has to compare, lest `/a/../admin`,
 * `/%61dmin` or `//admin` pass by the route for `/admin`. The target that is forwarded stays as it came.
 */

/** Something that an origin may read differently from how it is written. */
const NEEDS_WORK = /%[0-9a-fA-F]{2}|\\|\/\/|\/\.\.?(?:\/|$)/;

/**
 * The path of `target` (origin-form, query included or not), decoded once, with `\` taken for `/`, empty segments merged
 * and dot segments removed (RFC 3986 §5.2.4). It never climbs above the root. What is not valid percent-encoding stays.
 */
export function normalPath(target: string): string {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  if (!NEEDS_WORK.test(path)) return path;
  const decoded = path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  const segments: string[] = [];
  const parts = decoded.split(/[/\\]/);
  for (const part of parts) {
    if (part === '..') segments.pop();
    else if (part !== '' && part !== '.') segments.push(part);
  }
  const last = parts.at(-1);
  const isFolder = last === '' || last === '.' || last === '..';
  return `/${segments.join('/')}${isFolder && segments.length > 0 ? '/' : ''}`;
}
