/**
 * Freezes a value and everything within it. Typed arrays are left out, because the runtime cannot freeze them; an
 * instance of a class is frozen itself, and guards its own insides.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
