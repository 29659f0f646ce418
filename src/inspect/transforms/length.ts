/** `length`. Description: the number of bytes, in decimal. Example: `abc` becomes `3`. */
export function length(value: string): string {
  return String(value.length);
}
