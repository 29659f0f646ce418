/** The reference of the metrics in Markdown, made of the table of families. */
import type { Family } from './family.ts';
import { BUCKETS } from './family.ts';
import { FAMILIES } from './families.ts';

export function renderMetrics(): string {
  const families: readonly Family[] = Object.values(FAMILIES);
  const rows = families.map((family) => {
    const name = `\`${family.name}${family.type === 'counter' ? '_total' : ''}\``;
    const labels = family.labels.map((label) => `\`${label}\``).join(', ');
    return `| ${name} | ${family.type} | ${labels} | ${family.help} |`;
  });
  return `<!-- Made by tools/docs.ts out of src/record/metrics/families.ts. Change that, then run it again. -->

# Metrics

What \`GET /metrics\` of the admin API shows, in this order. [How to ask for them, and what to watch](../guide/metrics.md).

| name | type | labels | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}

Buckets of histograms end at ${BUCKETS.map((bound) => `${bound}`).join(', ')} seconds and infinity.
`;
}
