/** A set of statuses as the configuration writes it: `200-399, 403`. */

/** Half-open: `start` is in it, `end` is not. */
interface Range {
  readonly start: number;
  readonly end: number;
}

export interface StatusSet {
  has(status: number): boolean;
}

/** The set, or what is wrong with the text in words that follow "it ". */
export function readStatusSet(text: string): StatusSet | string {
  const ranges: Range[] = [];
  for (const part of text.split(',')) {
    const [, first = '', last = first] = /^ *([1-5][0-9]{2})(?:-([1-5][0-9]{2}))? *$/.exec(part) ?? [];
    if (first === '') return `has "${part.trim()}", which is no status and no range`;
    if (Number(first) > Number(last)) return `has "${part.trim()}", which ends before it begins`;
    ranges.push({ start: Number(first), end: Number(last) + 1 });
  }
  return { has: (status) => ranges.some(({ start, end }) => status >= start && status < end) };
}
