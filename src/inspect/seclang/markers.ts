/**
 * `skipAfter` looks for its marker further on. Where there is none, the rest of the phase is left out: whoever wrote
 * the rule should know.
 */
import { offsetOf, quoted } from './pieces.ts';
import type { Reading } from './reading.ts';

export function warnOfMarkers({ items }: Reading): void {
  /** Names behind the item that is looked at: the walk is from the end. */
  const behind = new Set<string>();
  for (const item of items.toReversed()) {
    if (item.kind === 'marker') {
      behind.add(item.name);
      continue;
    }
    const { flow, given } = item.links[0].actions;
    const piece = given.get('skipafter');
    if (flow.kind === 'skip-after' && piece !== undefined && !behind.has(flow.marker)) {
      const message = `Action ${quoted(piece.text)} leaves out the rest of its phase: no marker of this name follows`;
      item.text.warn(offsetOf(piece), 'marker-unknown', message);
    }
    behind.add(item.id);
  }
}
