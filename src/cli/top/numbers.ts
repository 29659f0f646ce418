/** Numbers in few columns, for eyes that pass over them each second. */

const STEPS = ['', 'k', 'M', 'G', 'T'];
const BYTE_STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `0`, `7.3`, `840`, `12.5k`: three digits that matter. */
export function short(value: number): string {
  return scaled(value, 1000, STEPS, '');
}

/** `0 B`, `1.5 KiB`, `340 MiB`. */
export function bytes(value: number): string {
  return scaled(value, 1024, BYTE_STEPS, ' ');
}

function scaled(value: number, base: number, steps: readonly string[], gap: string): string {
  if (!Number.isFinite(value) || value < 0) return '-';
  let index = 0;
  let rest = value;
  // What would be rounded up to a fourth digit belongs to the next step.
  while (rest >= Math.min(base, 999.5) && index < steps.length - 1) {
    rest /= base;
    index++;
  }
  const digits = rest < 9.95 && rest > 0 && (index > 0 || !Number.isInteger(rest)) ? 1 : 0;
  return `${rest.toFixed(digits)}${gap}${steps[index] ?? ''}`;
}

/** `340 us`, `1.2 ms`, `85 ms`, `2.5 s`; a dash for what is not known. */
export function seconds(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '-';
  if (value < 0.001) return `${Math.round(value * 1e6)} us`;
  if (value < 0.00995) return `${(value * 1000).toFixed(1)} ms`;
  return value < 0.9995 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(value < 9.95 ? 1 : 0)} s`;
}

/** `12 %`, `0.3 %`. */
export function percent(part: number): string {
  if (!Number.isFinite(part)) return '-';
  const value = part * 100;
  return `${value.toFixed(value > 0 && value < 9.95 ? 1 : 0)} %`;
}

/** The two largest units: `3d 4h`, `2h 13m`, `7m 5s`, `9s`. */
export function lasting(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    { value: Math.floor(all / 86_400), unit: 'd' },
    { value: Math.floor(all / 3600) % 24, unit: 'h' },
    { value: Math.floor(all / 60) % 60, unit: 'm' },
    { value: all % 60, unit: 's' },
  ];
  const first = parts.findIndex(({ value }) => value > 0);
  if (first === -1) return '0s';
  return parts
    .slice(first, first + 2)
    .map(({ value, unit }) => `${value}${unit}`)
    .join(' ');
}
