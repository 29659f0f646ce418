/** What the panes of `sallyport top` show of a listener, a server and an attacker. */
import type { Mark } from '../../decoy/attackers.ts';
import type { Column } from './columns.ts';
import type { Style } from './line.ts';
import { bytes, lasting, percent, seconds, short } from './numbers.ts';
import type { ListenerRates, ServerRates } from './rates.ts';

type ListenerRow = ListenerRates & { readonly addresses: string };

export const LISTENER_COLUMNS: readonly Column<ListenerRow>[] = [
  text('LISTENER', 0, (row) => row.name, { widthMax: 16 }),
  count('REQ/S', 0, (row) => row.requests),
  count('CONNS', 0, (row) => row.connections),
  time('P50', 4, (row) => row.p50),
  time('P95', 1, (row) => row.p95),
  count('4XX/S', 3, (row) => row.classes[4] ?? 0, 'warn'),
  count('5XX/S', 1, (row) => row.classes[5] ?? 0, 'bad'),
  count('DECOY/S', 2, (row) => row.deceived, 'decoy'),
  number('IN/S', 5, (row) => row.bytesIn, { show: (row) => bytes(row.bytesIn) }),
  number('OUT/S', 4, (row) => row.bytesOut, { show: (row) => bytes(row.bytesOut) }),
  text('PROTO', 7, (row) => row.protocol),
  text('ADDRESS', 6, (row) => row.addresses, { widthMax: 24 }),
];

export const SERVER_COLUMNS: readonly Column<ServerRates>[] = [
  {
    ...text<ServerRates>('POOL', 0, poolText, { widthMax: 16, style: poolStyle }),
    order: (row) => `${row.isDecoy ? 1 : 0} ${row.pool}`,
  },
  text('SERVER', 0, (row) => row.name, { widthMax: 20 }),
  text('STATE', 0, stateText, { style: stateStyle }),
  count('REQ/S', 0, (row) => row.requests),
  count('FAIL/S', 1, (row) => row.failed, 'bad'),
  time('MEAN', 1, (row) => row.mean),
  count('IN USE', 0, (row) => row.inUse),
  count('WAIT', 2, (row) => row.waiting, 'warn'),
  number('LOAD', 3, (row) => row.load ?? -1, {
    show: ({ load }) => (load === null ? '-' : percent(load)),
    style: ({ load }) => ((load ?? 0) >= LOAD_HIGH ? 'warn' : 'plain'),
  }),
  count('WEIGHT', 4, (row) => row.weight),
  count('TOTAL', 5, (row) => row.exchanges),
  count('FAILED', 6, (row) => row.failures),
];

/** Attackers, as they are at this moment. */
export function attackerColumns(nowMs: number): readonly Column<Mark>[] {
  return [
    text('CLIENT', 0, (row) => row.key, { widthMax: 24 }),
    number('SEEN', 1, (row) => row.lastSeenMs, { show: (row) => lasting(nowMs - row.lastSeenMs) }),
    number('LEFT', 3, (row) => row.endMs, { show: (row) => lasting(row.endMs - nowMs) }),
    count('OFFENCES', 2, (row) => row.offences),
    count('VISITS', 1, (row) => row.visits),
    {
      ...text<Mark>('RULE', 0, (row) => row.cause.rule || '-', { widthMax: 10 }),
      order: (row) => row.cause.rule,
    },
    text('WHY', 0, whyOf, { widthMax: 12 }),
  ];
}

/** From here on a server is called busy. */
const LOAD_HIGH = 0.9;

/** Where a column stands: its heading, and its rank as in Column. */
function text<Row>(
  heading: string,
  rank: number,
  of: (row: Row) => string,
  more: Pick<Column<Row>, 'widthMax' | 'style'> = {},
): Column<Row> {
  return { heading, rank, text: of, order: of, align: 'left', ...more };
}

function number<Row>(
  heading: string,
  rank: number,
  of: (row: Row) => number,
  { show, style }: { readonly show: (row: Row) => string; readonly style?: (row: Row) => Style },
): Column<Row> {
  const column: Column<Row> = { heading, rank, text: show, order: of, align: 'right' };
  return style === undefined ? column : { ...column, style };
}

/** `some`: how it looks when it is above 0. */
function count<Row>(
  heading: string,
  rank: number,
  of: (row: Row) => number,
  some: Style = 'plain',
): Column<Row> {
  return number(heading, rank, of, {
    show: (row) => short(of(row)),
    style: (row) => (of(row) > 0 ? some : 'plain'),
  });
}

/** Seconds; undefined where nothing was measured. */
function time<Row>(heading: string, rank: number, of: (row: Row) => number | undefined): Column<Row> {
  return number(heading, rank, (row) => of(row) ?? -1, { show: (row) => seconds(of(row)) });
}

/** `app`, `trap (decoy)`, and `app > spare` while that serves in its place. */
function poolText({ pool, isDecoy, servedBy }: ServerRates): string {
  // An earlier Sallyport that is asked says nothing of it.
  if (typeof servedBy === 'string') return `${pool} > ${servedBy}`;
  return isDecoy ? `${pool} (decoy)` : pool;
}

function poolStyle({ isDecoy, servedBy }: ServerRates): Style {
  if (typeof servedBy === 'string') return 'warn';
  return isDecoy ? 'decoy' : 'plain';
}

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

/** What the rule found, without its place, which is in a column of its own. */
function whyOf({ cause: { text } }: Mark): string {
  const found = text.indexOf(' matched: ');
  return found === -1 ? text : text.slice(found + ' matched: '.length);
}
