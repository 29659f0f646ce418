/**
 * `normalizePath` and `normalizePathWin` (also spelt with s). Description: removes doubled slashes, `.` and `..` with
 * what they undo; what would climb above the root of an absolute path vanishes, a relative path keeps it. The Windows
 * form takes backslashes for slashes first. Example: `/a/./b/../../etc//passwd` becomes `/etc/passwd`.
 */
export function normalizePath(value: string): string {
  if (!hasOddSegment(value)) return value;
  const isAbsolute = value.startsWith('/');
  const kept: string[] = [];
  for (const segment of value.split('/')) {
    if (segment === '' || segment === '.') continue;
    const isUndone = segment === '..' && kept.length > 0 && kept.at(-1) !== '..';
    if (isUndone) kept.pop();
    else if (segment !== '..' || !isAbsolute) kept.push(segment);
  }
  const tail = value.endsWith('/') && kept.length > 0 ? '/' : '';
  const normalized = (isAbsolute ? '/' : '') + kept.join('/') + tail;
  return normalized === value ? value : normalized;
}

export function normalizePathWin(value: string): string {
  return normalizePath(value.includes('\\') ? value.replaceAll('\\', '/') : value);
}

/** Whether `normalizePathWin` may change it. */
export function hasOddSegmentWin(value: string): boolean {
  return value.includes('\\') || hasOddSegment(value);
}

/** Whatever changes a path is a segment that is empty, or begins with a dot. */
export function hasOddSegment(value: string): boolean {
  if (value.charCodeAt(0) === 0x2e) return true;
  for (let at = value.indexOf('/'); at >= 0; at = value.indexOf('/', at + 1)) {
    const next = value.charCodeAt(at + 1);
    if (next === 0x2e || next === 0x2f) return true;
  }
  return false;
}
