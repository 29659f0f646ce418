/** What rules remember of addresses for longer than a connection. */
import type { RecordMap } from '../../state/record-map.ts';
import type { HostBits } from './flow.ts';
import { localHostBits, RecordedHostBits } from './host-bits.ts';
import { RateTable } from './rates.ts';

export interface SnortMemory {
  readonly rates: RateTable;
  readonly hostBits: HostBits;
}

/** For this thread alone. */
export function localMemory(nowMs: () => number): SnortMemory {
  return { rates: new RateTable(), hostBits: localHostBits(nowMs) };
}

/** In these maps, which others may use too. `scope` is the name of the rule set. */
export function recordedMemory(
  records: { readonly counters: RecordMap; readonly bits: RecordMap },
  scope: string,
  nowMs: () => number = Date.now,
): SnortMemory {
  return {
    rates: new RateTable(records.counters, scope),
    hostBits: new RecordedHostBits(records.bits, scope, nowMs),
  };
}
