/**
 * Times and sizes as people write them: a whole number and a unit, nothing else.
 *
 * No fractions, signs, spaces, exponents or leading zeros: each value has few spellings and no surprising one.
 * Units are case-sensitive, because `m` and `M`, `kB` and `KiB` must not be guessed.
 */

interface Unit {
  readonly name: string;
  readonly factor: number;
}

/** In milliseconds, largest first. */
const DURATION_UNITS: readonly Unit[] = [
  { name: 'd', factor: 86_400_000 },
  { name: 'h', factor: 3_600_000 },
  { name: 'm', factor: 60_000 },
  { name: 's', factor: 1000 },
  { name: 'ms', factor: 1 },
];

/** In bytes, largest first among those of base 2, then those of base 10. */
const SIZE_UNITS: readonly Unit[] = [
  { name: 'TiB', factor: 2 ** 40 },
  { name: 'GiB', factor: 2 ** 30 },
  { name: 'MiB', factor: 2 ** 20 },
  { name: 'KiB', factor: 2 ** 10 },
  { name: 'TB', factor: 1e12 },
  { name: 'GB', factor: 1e9 },
  { name: 'MB', factor: 1e6 },
  { name: 'kB', factor: 1000 },
  { name: 'KB', factor: 1000 },
  { name: 'B', factor: 1 },
];

/** Source of the regular expressions for both, without anchors, for the JSON Schema. */
export const DURATION_PATTERN: string = '(?:0|[1-9][0-9]{0,15})(?:ms|s|m|h|d)';
export const SIZE_PATTERN: string = '(?:0|[1-9][0-9]{0,15})(?:B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?';

const DURATION = new RegExp(`^${DURATION_PATTERN}$`);
const SIZE = new RegExp(`^${SIZE_PATTERN}$`);
const INTEGER = /^(?:0|-?[1-9][0-9]{0,15})$/;

/** Reads `500ms`, `3s`, `10m`, `1h`, `7d` as milliseconds. */
export function readDuration(text: string): number | undefined {
  return DURATION.test(text) ? readQuantity(text, DURATION_UNITS) : undefined;
}

/** Reads `64KiB`, `1MB`, `512B` or `512` as bytes. */
export function readSize(text: string): number | undefined {
  return SIZE.test(text) ? readQuantity(text, SIZE_UNITS) : undefined;
}

/** Reads a whole number in decimal. */
export function readInteger(text: string): number | undefined {
  return INTEGER.test(text) ? safe(Number(text)) : undefined;
}

/** Writes milliseconds in the largest unit that keeps them whole: 90000 is `90s`. Reads back as the same number. */
export function formatDuration(ms: number): string {
  return formatQuantity(ms, DURATION_UNITS);
}

/** Writes bytes in the largest unit of base 2 that keeps them whole: 65536 is `64KiB`, 1000 is `1000B`. */
export function formatSize(bytes: number): string {
  return formatQuantity(
    bytes,
    SIZE_UNITS.filter((unit) => unit.factor % 1000 !== 0),
  );
}

/** `text` is digits and then the name of a unit or nothing. */
function readQuantity(text: string, units: readonly Unit[]): number | undefined {
  const letters = text.search(/[a-zA-Z]/);
  if (letters < 0) return safe(Number(text));
  const unit = units.find(({ name }) => name === text.slice(letters));
  return unit === undefined ? undefined : safe(Number(text.slice(0, letters)) * unit.factor);
}

function formatQuantity(value: number, units: readonly Unit[]): string {
  const unit = units.find(({ factor }) => value !== 0 && value % factor === 0) ?? units.at(-1);
  return unit === undefined ? String(value) : `${value / unit.factor}${unit.name}`;
}

/** Beyond 2^53 a number would no longer be the one that was written. */
function safe(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}
