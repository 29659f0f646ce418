/**
 * `normalizePath` and `normalizePathWin` (also spelt with s). Description: removes doubled slashes, `.` and `..` with
 * what they undo; what would climb above the root of an absolute path vanishes, a relative path keeps it. The Windows
 * form takes backslashes for slashes first. Example: `/a/./b/../../etc//passwd` becomes `/etc/passwd`.
 */
export function normalizePath(value: string): string {
  if (!value.includes('.') && !value.includes('//')) return value;
  const isAbsolute = value.startsWith('/');
  const segments = value.split('/');
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue;
    const isUndone = segment === '..' && kept.length > 0 && kept.at(-1) !== '..';
    if (isUndone) kept.pop();
    else if (segment !== '..' || !isAbsolute) kept.push(segment);
  }
  const tail = value.endsWith('/') && kept.length > 0 ? '/' : '';
  return (isAbsolute ? '/' : '') + kept.join('/') + tail;
}

export function normalizePathWin(value: string): string {
  return normalizePath(value.includes('\\') ? value.replaceAll('\\', '/') : value);
}
