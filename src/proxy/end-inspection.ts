/** Phase 5: inspection hears that the exchange is over, once, however it ended and before it is recorded. */
import type { Exchange } from './exchange.ts';

/**
 * Called while the heads that inspection has seen are still those of this exchange: a head is used again for the next
 * message of its connection. A defect here costs what the phase would have found, and nothing else: the response has
 * been sent.
 */
export function endInspection(exchange: Exchange): void {
  const { transaction } = exchange;
  if (transaction === undefined || exchange.isInspectionOver) return;
  exchange.isInspectionOver = true;
  try {
    transaction.end();
  } catch (error) {
    exchange.context.host.onDefect(error);
  }
}
