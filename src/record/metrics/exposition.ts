/**
 * Samples as text, for Prometheus (text format 0.0.4) and for whoever asks for OpenMetrics 1.0.
 *
 * Values of labels are escaped, so that no name can end a line or a label.
 */
import type { Distribution, Family, Sample } from './family.ts';
import { BUCKETS } from './family.ts';

export type ExpositionFormat = 'prometheus' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What an `Accept` header asks for: OpenMetrics where it is named, as Prometheus itself does. */
export function formatFor(accept: string): ExpositionFormat {
  return /(?:^|[\s,])application\/openmetrics-text(?:[\s;,]|$)/i.test(accept) ? 'openmetrics' : 'prometheus';
}

/** Families stand in the order of their first sample, each with all of its own. */
export function exposition(samples: Iterable<Sample>, format: ExpositionFormat): string {
  const families = new Map<Family, Sample[]>();
  for (const sample of samples) {
    const own = families.get(sample.family);
    if (own === undefined) families.set(sample.family, [sample]);
    else own.push(sample);
  }
  const parts = Array.from(families, ([family, own]) => familyText(family, own, format));
  return parts.join('') + (format === 'openmetrics' ? '# EOF\n' : '');
}

function familyText(family: Family, samples: readonly Sample[], format: ExpositionFormat): string {
  const isOpen = format === 'openmetrics';
  const total = family.type === 'counter' ? `${family.name}_total` : family.name;
  // OpenMetrics names a counter without its suffix.
  const name = isOpen ? family.name : total;
  return (
    `# HELP ${name} ${escapeHelp(family.help)}\n# TYPE ${name} ${family.type}\n` +
    (isOpen && family.unit !== undefined ? `# UNIT ${name} ${family.unit}\n` : '') +
    samples.map((sample) => sampleText(sample, total, format)).join('')
  );
}

function sampleText({ family, labels, value }: Sample, total: string, format: ExpositionFormat): string {
  const pairs = family.labels.map((name, index) => `${name}="${escapeLabel(labels[index] ?? '')}"`);
  if (typeof value !== 'number') return distributionText(family.name, pairs, value, format);
  return `${total}${braces(pairs)} ${numberText(value)}\n`;
}

/** Buckets are added up: each holds all that is below its bound. */
function distributionText(
  name: string,
  pairs: readonly string[],
  { counts, sum }: Distribution,
  format: ExpositionFormat,
): string {
  let text = '';
  let count = 0;
  for (const [index, own] of counts.entries()) {
    count += own;
    const bound = BUCKETS[index];
    const le = bound === undefined ? '+Inf' : boundText(bound, format);
    text += `${name}_bucket${braces([...pairs, `le="${le}"`])} ${numberText(count)}\n`;
  }
  return `${text}${name}_sum${braces(pairs)} ${numberText(sum)}\n${name}_count${braces(pairs)} ${numberText(count)}\n`;
}

/** OpenMetrics wants `1.0` where Prometheus has `1`. */
function boundText(bound: number, format: ExpositionFormat): string {
  return format === 'openmetrics' && Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function braces(pairs: readonly string[]): string {
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
