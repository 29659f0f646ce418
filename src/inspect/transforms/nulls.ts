/**
 * `removeNulls`, `replaceNulls`. Description: removes NUL bytes, or replaces each by a space. NUL ends strings in C, so
 * that `sel\0ect` can be two different things to two programs.
 */
export function removeNulls(value: string): string {
  return value.includes('\0') ? value.replaceAll('\0', '') : value;
}

export function replaceNulls(value: string): string {
  return value.includes('\0') ? value.replaceAll('\0', ' ') : value;
}
