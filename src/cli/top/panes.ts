/** What the panes of `sallyport top` show of a listener, a server and an attacker. */
import type { Mark } from '../../decoy/attackers.ts';
import type { Column } from './columns.ts';
import type { Style } from './line.ts';
import { bytes, lasting, percent, seconds, short } from './numbers.ts';
import type { ListenerRates, ServerRates } from './rates.ts';

type ListenerRow = ListenerRates & { readonly addresses: string };

export const LISTENER_COLUMNS: readonly Column<ListenerRow>[] = [
  {
    heading: 'LISTENER',
    text: (row) => row.name,
    order: (row) => row.name,
    align: 'left',
    rank: 0,
    widthMax: 16,
  },
  {
    heading: 'REQ/S',
    text: (row) => short(row.requests),
    order: (row) => row.requests,
    align: 'right',
    rank: 0,
  },
  {
    heading: 'CONNS',
    text: (row) => short(row.connections),
    order: (row) => row.connections,
    align: 'right',
    rank: 0,
  },
  { heading: 'P50', text: (row) => seconds(row.p50), order: (row) => row.p50 ?? -1, align: 'right', rank: 4 },
  { heading: 'P95', text: (row) => seconds(row.p95), order: (row) => row.p95 ?? -1, align: 'right', rank: 1 },
  {
    heading: '4XX/S',
    text: (row) => short(row.classes[4] ?? 0),
    style: (row) => some(row.classes[4], 'warn'),
    order: (row) => row.classes[4] ?? 0,
    align: 'right',
    rank: 3,
  },
  {
    heading: '5XX/S',
    text: (row) => short(row.classes[5] ?? 0),
    style: (row) => some(row.classes[5], 'bad'),
    order: (row) => row.classes[5] ?? 0,
    align: 'right',
    rank: 1,
  },
  {
    heading: 'DECOY/S',
    text: (row) => short(row.deceived),
    style: (row) => some(row.deceived, 'decoy'),
    order: (row) => row.deceived,
    align: 'right',
    rank: 2,
  },
  {
    heading: 'IN/S',
    text: (row) => bytes(row.bytesIn),
    order: (row) => row.bytesIn,
    align: 'right',
    rank: 5,
  },
  {
    heading: 'OUT/S',
    text: (row) => bytes(row.bytesOut),
    order: (row) => row.bytesOut,
    align: 'right',
    rank: 4,
  },
  { heading: 'PROTO', text: (row) => row.protocol, order: (row) => row.protocol, align: 'left', rank: 7 },
  {
    heading: 'ADDRESS',
    text: (row) => row.addresses,
    order: (row) => row.addresses,
    align: 'left',
    rank: 6,
    widthMax: 24,
  },
];

export const SERVER_COLUMNS: readonly Column<ServerRates>[] = [
  {
    heading: 'POOL',
    text: (row) => (row.isDecoy ? `${row.pool} (decoy)` : row.pool),
    style: (row) => (row.isDecoy ? 'decoy' : 'plain'),
    order: (row) => `${row.isDecoy ? 1 : 0} ${row.pool}`,
    align: 'left',
    rank: 0,
    widthMax: 16,
  },
  {
    heading: 'SERVER',
    text: (row) => row.name,
    order: (row) => row.name,
    align: 'left',
    rank: 0,
    widthMax: 20,
  },
  { heading: 'STATE', text: stateText, style: stateStyle, order: stateText, align: 'left', rank: 0 },
  {
    heading: 'REQ/S',
    text: (row) => short(row.requests),
    order: (row) => row.requests,
    align: 'right',
    rank: 0,
  },
  {
    heading: 'FAIL/S',
    text: (row) => short(row.failed),
    style: (row) => some(row.failed, 'bad'),
    order: (row) => row.failed,
    align: 'right',
    rank: 1,
  },
  {
    heading: 'MEAN',
    text: (row) => seconds(row.mean),
    order: (row) => row.mean ?? -1,
    align: 'right',
    rank: 1,
  },
  { heading: 'IN USE', text: (row) => short(row.inUse), order: (row) => row.inUse, align: 'right', rank: 0 },
  {
    heading: 'WAIT',
    text: (row) => short(row.waiting),
    style: (row) => some(row.waiting, 'warn'),
    order: (row) => row.waiting,
    align: 'right',
    rank: 2,
  },
  {
    heading: 'LOAD',
    text: (row) => (row.load === null ? '-' : percent(row.load)),
    style: (row) => some(Math.floor((row.load ?? 0) / LOAD_HIGH), 'warn'),
    order: (row) => row.load ?? -1,
    align: 'right',
    rank: 3,
  },
  {
    heading: 'WEIGHT',
    text: (row) => short(row.weight),
    order: (row) => row.weight,
    align: 'right',
    rank: 4,
  },
  {
    heading: 'TOTAL',
    text: (row) => short(row.exchanges),
    order: (row) => row.exchanges,
    align: 'right',
    rank: 5,
  },
  {
    heading: 'FAILED',
    text: (row) => short(row.failures),
    order: (row) => row.failures,
    align: 'right',
    rank: 6,
  },
];

/** From here on a server is called busy. */
const LOAD_HIGH = 0.9;

function stateText(row: ServerRates): string {
  return row.isBackup ? `${ownStateText(row)}, backup` : ownStateText(row);
}

function ownStateText({ state, mode, slowStart }: ServerRates): string {
  if (mode === 'ready' && slowStart !== null) return `slow ${percent(slowStart)}`;
  return mode === 'ready' ? state : mode === 'drain' ? (state === 'up' ? 'drain' : 'drain, down') : 'maint';
}

function stateStyle({ state, mode, slowStart }: ServerRates): Style {
  if (mode !== 'ready' || slowStart !== null) return 'warn';
  return state === 'up' ? 'good' : 'bad';
}

/** Attackers, as they are at this moment. */
export function attackerColumns(nowMs: number): readonly Column<Mark>[] {
  return [
    {
      heading: 'CLIENT',
      text: (row) => row.key,
      order: (row) => row.key,
      align: 'left',
      rank: 0,
      widthMax: 24,
    },
    {
      heading: 'SEEN',
      text: (row) => lasting(nowMs - row.lastSeenMs),
      order: (row) => row.lastSeenMs,
      align: 'right',
      rank: 1,
    },
    {
      heading: 'LEFT',
      text: (row) => lasting(row.endMs - nowMs),
      order: (row) => row.endMs,
      align: 'right',
      rank: 3,
    },
    {
      heading: 'OFFENCES',
      text: (row) => short(row.offences),
      order: (row) => row.offences,
      align: 'right',
      rank: 2,
    },
    {
      heading: 'VISITS',
      text: (row) => short(row.visits),
      order: (row) => row.visits,
      align: 'right',
      rank: 1,
    },
    {
      heading: 'RULE',
      text: (row) => row.cause.rule || '-',
      order: (row) => row.cause.rule,
      align: 'left',
      rank: 0,
      widthMax: 10,
    },
    {
      heading: 'WHY',
      text: whyOf,
      order: whyOf,
      align: 'left',
      rank: 0,
      widthMax: 12,
    },
  ];
}

/** What the rule found, without its place, which is in a column of its own. */
function whyOf({ cause: { text } }: Mark): string {
  const found = text.indexOf(' matched: ');
  return found === -1 ? text : text.slice(found + ' matched: '.length);
}

function some(value: number | undefined, style: Style): Style {
  return (value ?? 0) > 0 ? style : 'plain';
}
