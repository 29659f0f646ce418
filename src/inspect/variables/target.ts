/**
 * The request target in the parts that variables name. Nothing is decoded.
 */

export interface TargetParts {
  /** Without scheme and host: `/a/b?c=d`. */
  readonly uri: string;
  /** Without the query: `/a/b`. */
  readonly filename: string;
  /** Behind the last slash or backslash: `b`. */
  readonly basename: string;
  /** Behind the first `?`, empty without one. */
  readonly query: string;
}

/** Takes every form of target (RFC 9112 §3.2): absolute-form loses scheme and host, the others stay as they are. */
export function splitTarget(target: string): TargetParts {
  const uri = withoutOrigin(target);
  const mark = uri.indexOf('?');
  const filename = mark < 0 ? uri : uri.slice(0, mark);
  const basename = filename.slice(behindLastSlash(filename));
  return { uri, filename, basename, query: mark < 0 ? '' : uri.slice(mark + 1) };
}

/** Where the last segment begins: a few bytes before the end, which a loop finds sooner than two searches do. */
export function behindLastSlash(path: string): number {
  for (let at = path.length - 1; at >= 0; at--) {
    const byte = path.charCodeAt(at);
    if (byte === 0x2f || byte === 0x5c) return at + 1;
  }
  return 0;
}

function withoutOrigin(target: string): string {
  if (target.startsWith('/')) return target;
  // A scheme is short; looking no further keeps a long path from being scanned for "://".
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]{0,31}:\/\//.exec(target.slice(0, 40));
  if (scheme === null) return target;
  const end = target.slice(scheme[0].length).search(/[/?]/);
  if (end < 0) return '/';
  const rest = target.slice(scheme[0].length + end);
  return rest.startsWith('?') ? `/${rest}` : rest;
}
