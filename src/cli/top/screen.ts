/**
 * The whole screen of `sallyport top`, as lines: a function of what is known, what was chosen, and the size. It draws
 * nothing itself.
 *
 *     who runs, since when, what it uses                            head
 *     requests, times, bytes; verdicts and statuses
 *     a chart of the last seconds, where there is height for one
 *     listeners / servers / attackers: all three, or one of them    panes
 *     keys                                                          foot
 */
import type { AttackersView, StatusView } from '../../admin/views.ts';
import { escapeForTerminal } from '../../base/escape.ts';
import { chart, sparkline } from './chart.ts';
import type { TableView } from './columns.ts';
import { tableLines } from './columns.ts';
import type { Line, Span, Style } from './line.ts';
import { fit, span, spread, widthOf } from './line.ts';
import { bytes, lasting, percent, seconds, short } from './numbers.ts';
import { attackerColumns, LISTENER_COLUMNS, SERVER_COLUMNS } from './panes.ts';
import type { ListenerRates, Rates } from './rates.ts';

export interface Known {
  readonly status: StatusView;
  /** Undefined until there were two looks. */
  readonly rates: Rates | undefined;
  readonly attackers: AttackersView;
  /** Requests a second, the latest last. */
  readonly history: readonly number[];
}

export const PANES = ['all', 'listeners', 'servers', 'attackers'] as const;
export type Pane = (typeof PANES)[number];

export interface Chosen {
  readonly pane: Pane;
  /** Which column the rows of a pane are put in order by, and how far down one has gone. */
  readonly sort: Readonly<Record<Pane, number>>;
  readonly offset: number;
  readonly isPaused: boolean;
  readonly isHelp: boolean;
  /** Why there is nothing newer, in a sentence. */
  readonly problem: string;
  /** Between two looks. */
  readonly intervalMs: number;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
  /** The terminal shows block characters. */
  readonly hasBlocks: boolean;
}

/** With fewer there is nothing to see. */
const COLUMNS_MIN = 40;
const ROWS_MIN = 10;
/** From here on there is room for what one seldom asks. */
const WIDE = 100;
/** From this height on there is a chart, and it is so high. */
const CHART_ROWS_FROM = 38;
const CHART_ROWS = 8;

export function screenLines(known: Known | undefined, chosen: Chosen, size: Size): readonly Line[] {
  const { columns, rows } = size;
  if (columns < COLUMNS_MIN || rows < ROWS_MIN)
    return [fit([span(`Make it ${COLUMNS_MIN} by ${ROWS_MIN} or more`)], columns)];
  if (known === undefined) {
    const text = chosen.problem === '' ? 'Waiting for the first numbers' : chosen.problem;
    return withFoot([fit([span(` ${text}`, chosen.problem === '' ? 'dim' : 'bad')], columns)], chosen, size);
  }
  const head = headLines(known, size);
  if (chosen.isHelp)
    return withFoot([...head, ...HELP.map((text) => fit([span(text)], columns))], chosen, size);
  const graph = chosen.pane === 'all' && rows >= CHART_ROWS_FROM ? chartLines(known, size) : [];
  const height = rows - head.length - graph.length - 1;
  return withFoot([...head, ...graph, ...paneLines(known, chosen, size, height)], chosen, size);
}

const HELP: readonly string[] = [
  '',
  ' tab, 1 2 3 4   everything, listeners, servers, attackers',
  ' s, S           order by the next column, or the one before: it has a *',
  ' up, down       move through a pane; page up, page down, home too',
  ' p, space       pause, and go on',
  ' +, -           look more often, or less often',
  ' ?              this page',
  ' q, Ctrl-C      quit',
];

function headLines({ status, rates, history }: Known, size: Size): Line[] {
  const { columns } = size;
  const title = span(` sallyport ${escapeForTerminal(status.version)}`, 'bar');
  const atMs = rates?.atMs ?? status.startedAtMs;
  const since = span(`  pid ${status.pid}  up ${lasting(atMs - status.startedAtMs)}`, 'bar');
  const clock = span(
    `${rates === undefined ? '' : new Date(rates.atMs).toISOString().slice(11, 19)} UTC `,
    'bar',
  );
  const room = columns - widthOf([title, since, clock]) - 1;
  const use = useTexts(rates).find((text) => text.length <= room) ?? '';
  const first = spread([title, since], [span(use, 'bar'), clock], columns, 'bar');
  const { total } = rates ?? { total: undefined };
  const points = columns < WIDE ? 20 : 60;
  return [
    first,
    fit(
      [
        span(' Requests ', 'dim'),
        span(`${short(total?.requests ?? 0).padStart(5)}/s `, 'bold'),
        span(sparkline(history, points, size.hasBlocks), 'good'),
        span('  p50 ', 'dim'),
        span(seconds(total?.p50).padEnd(7)),
        span(' p95 ', 'dim'),
        span(seconds(total?.p95).padEnd(7)),
      ],
      columns,
    ),
    fit(verdictSpans(status, total), columns),
    fit(statusSpans(total, columns), columns),
  ];
}

/** What it uses, from the longest text to the shortest. */
function useTexts(rates: Rates | undefined): readonly string[] {
  if (rates === undefined) return [];
  const busy = rates.workers.map((worker) => percent(worker.busy)).join(' ');
  const cpu = `cpu ${percent(rates.cpu)}  `;
  const both = `${cpu}memory ${bytes(rates.memoryBytes)}  `;
  return [rates.workers.length > 1 ? `workers ${busy}  ${both}` : both, both, cpu];
}

/** A number with its name, coloured when it is not 0. */
function counter(name: string, value: string, isSome: boolean, style: Style): Span[] {
  return [span(` ${name} `, 'dim'), span(`${value} `, isSome ? style : 'plain')];
}

function verdictSpans(status: StatusView, total: ListenerRates | undefined): Line {
  const passed =
    (total?.requests ?? 0) - (total?.deceived ?? 0) - (total?.refused ?? 0) - (total?.dropped ?? 0);
  const { count } = status.attackers;
  return [
    ...counter('Passed  ', `${short(passed).padStart(5)}/s`, passed > 0, 'plain'),
    ...counter('deceived', `${short(total?.deceived ?? 0)}/s`, (total?.deceived ?? 0) > 0, 'decoy'),
    ...counter('refused', `${short(total?.refused ?? 0)}/s`, (total?.refused ?? 0) > 0, 'warn'),
    ...counter('dropped', `${short(total?.dropped ?? 0)}/s`, (total?.dropped ?? 0) > 0, 'bad'),
    ...counter('attackers', short(count), count > 0, 'decoy'),
  ];
}

function statusSpans(total: ListenerRates | undefined, columns: number): Line {
  const classes = total?.classes ?? [];
  const rate = (index: number): number => classes[index] ?? 0;
  return [
    ...counter('2xx     ', `${short(rate(2)).padStart(5)}/s`, rate(2) > 0, 'plain'),
    ...counter('3xx', `${short(rate(3))}/s`, rate(3) > 0, 'plain'),
    ...counter('4xx', `${short(rate(4))}/s`, rate(4) > 0, 'warn'),
    ...counter('5xx', `${short(rate(5))}/s`, rate(5) > 0, 'bad'),
    ...(columns < WIDE ? [] : counter('none', `${short(rate(0))}/s`, false, 'plain')),
    ...counter('in', `${bytes(total?.bytesIn ?? 0)}/s`, false, 'plain'),
    ...counter('out', `${bytes(total?.bytesOut ?? 0)}/s`, false, 'plain'),
  ];
}

function chartLines({ history }: Known, size: Size): Line[] {
  const { lines, top } = chart(history, {
    columns: size.columns - 10,
    rows: CHART_ROWS,
    hasBlocks: size.hasBlocks,
  });
  return [
    titleLine('Requests a second', size),
    ...lines.map((text, index) => {
      const label = index === 0 ? short(top) : index === CHART_ROWS - 1 ? '0' : '';
      return fit([span(`${label.padStart(7)} `, 'dim'), span(text, 'good')], size.columns);
    }),
  ];
}

function titleLine(title: string, { columns, hasBlocks }: Size): Line {
  const rule = hasBlocks ? '\u2500' : '-';
  const start = `${rule} ${title} `;
  return [span(start, 'bold'), span(rule.repeat(Math.max(0, columns - start.length)), 'dim')];
}

/** One pane that takes all the height, or three that share it. */
function paneLines(known: Known, chosen: Chosen, size: Size, height: number): Line[] {
  const panes = [listenersPane(known), serversPane(known), attackersPane(known)];
  const shown = chosen.pane === 'all' ? panes : panes.filter(({ name }) => name === chosen.pane);
  const heights = share(
    shown.map(({ count }) => Math.max(1, count)),
    height - shown.length * PANE_FRAME,
  );
  return shown.flatMap((pane, index) => {
    const view = {
      width: size.columns,
      height: heights[index] ?? 0,
      offset: chosen.pane === pane.name ? chosen.offset : 0,
      sort: chosen.sort[pane.name],
    };
    const body = pane.count === 0 ? [fit([span(` ${pane.empty}`, 'dim')], size.columns)] : pane.draw(view);
    return [titleLine(pane.title, size), ...body];
  });
}

/** The title and the headings of a pane. */
const PANE_FRAME = 2;

/** Shares `height` among those who want so much: nobody gets more than that, and who wants little gets it. */
export function share(wanted: readonly number[], height: number): number[] {
  const given = wanted.map(() => 0);
  for (let left = Math.max(0, height); left > 0; left--) {
    const [hungry] = given
      .map((have, index) => ({ have, index }))
      .filter(({ have, index }) => have < (wanted[index] ?? 0))
      .sort((one, other) => one.have - other.have || one.index - other.index);
    if (hungry === undefined) break;
    given[hungry.index] = hungry.have + 1;
  }
  return given;
}

interface PaneView {
  readonly name: Pane;
  readonly title: string;
  readonly count: number;
  readonly empty: string;
  readonly draw: (view: TableView) => Line[];
}

function listenersPane({ status, rates }: Known): PaneView {
  const addresses = new Map(status.listeners.map(({ name, addresses: all }) => [name, all.join(' ')]));
  const rows = (rates?.listeners ?? []).map((one) => ({ ...one, addresses: addresses.get(one.name) ?? '' }));
  return {
    name: 'listeners',
    title: `Listeners (${rows.length})`,
    count: rows.length,
    empty: 'none yet',
    draw: (view) => tableLines(LISTENER_COLUMNS, rows, view),
  };
}

function serversPane({ rates }: Known): PaneView {
  const rows = rates?.servers ?? [];
  const down = rows.filter(({ state }) => state === 'down').length;
  return {
    name: 'servers',
    title: `Servers (${rows.length}${down === 0 ? '' : `, ${down} down`})`,
    count: rows.length,
    empty: 'none yet',
    draw: (view) => tableLines(SERVER_COLUMNS, rows, view),
  };
}

function attackersPane({ attackers, rates }: Known): PaneView {
  const columns = attackerColumns(rates?.atMs ?? 0);
  return {
    name: 'attackers',
    title: `Attackers (${attackers.total})`,
    count: attackers.attackers.length,
    empty: 'nobody is marked',
    draw: (view) => tableLines(columns, attackers.attackers, view),
  };
}

function withFoot(lines: readonly Line[], chosen: Chosen, size: Size): Line[] {
  const body = lines.slice(0, size.rows - 1);
  const blank = fit([], size.columns);
  while (body.length < size.rows - 1) body.push(blank);
  return [...body, footLine(chosen, size.columns)];
}

function footLine(chosen: Chosen, columns: number): Line {
  const every = `every ${chosen.intervalMs / 1000} s `;
  if (chosen.problem !== '') return fit([span(` ${chosen.problem}`, 'bad')], columns);
  const state = chosen.isPaused ? [span('PAUSED ', 'warn')] : [span(every, 'dim')];
  const keys = columns >= 70 ? ' q quit  tab panes  s sort  p pause  + - interval  ? help' : ' q tab s p ?';
  return spread([span(keys, 'dim'), span(`   ${chosen.pane}`, 'bold')], state, columns);
}
