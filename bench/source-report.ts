/** What `bench/source.ts` has measured, as a record shows it: the table that was published, with ours, and the bars. */
import type { Machine } from './machine/facts.ts';

/**
 * The ways through a proxy. HAProxy makes a connection to the server for each of the client (with `http-reuse always`, too);
 * Sallyport uses those that it still has from the same address, and is measured once more in HAProxy's way.
 */
export const PEER = 'haproxy';
export const PLAIN = 'sallyport';
export const UNSHARED = 'sallyport, idleMax: 0';
export const INSPECTED = 'sallyport, inspecting';
const DIRECT = 'direct';

/** Sizes of pages. */
export const KILOBYTES = [2, 100, 1000] as const;
/** First byte and total of these pages in the published evaluation, in ms, with the proxies and without. */
const PUBLISHED = new Map([
  [2, { with: [71, 243], without: [70, 200] }],
  [100, { with: [74, 497], without: [74, 464] }],
  [1000, { with: [71, 2004], without: [70, 1998] }],
]);
export const PARALLEL = 50;

/** Above the first byte of a direct connection, at the median, in ms. */
const FIRST_BYTE_MS = 1;
/** Of HAProxy's connections per CPU second. */
const PER_CPU_SECOND = 0.8;

export interface PageResult {
  readonly way: string;
  readonly kilobytes: number;
  /** Medians, in ms since the connection was begun. */
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

export interface ParallelResult {
  readonly way: string;
  readonly connectionsPerSecond: number;
  /** Not finite where no process is in between. */
  readonly connectionsPerCpuSecond: number;
  /** The part of its connections that the client closed first: it keeps their ports for a minute. */
  readonly clientCloses: number;
}

export interface SourceRun {
  readonly at: string;
  readonly machine: Machine;
  readonly count: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly pages: readonly PageResult[];
  readonly parallel: readonly ParallelResult[];
}

export function markdown(run: SourceRun): string {
  const { machine, at, count, rounds, seconds } = run;
  return `# The server sees the client: what it costs

- Date: ${at}
- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node.js ${machine.node}
- Commit: ${machine.commit ?? 'unknown'}; load average at the end ${machine.load1}
- Times: medians of ${count} connections for each page and way, one after the other, the ways in turn
- Connections: medians of ${rounds} rounds of ${seconds} s for each way, ${PARALLEL} at a time, the ways in turn

## First byte and total, in ms

${pageTable(run.pages)}

## ${PARALLEL} parallel connections, a page of 2 kB on each

${parallelTable(run.parallel)}

## Bars

${bars(run).join('\n')}
`;
}

function pageTable(pages: readonly PageResult[]): string {
  const rows = pages.map(({ way, kilobytes, connectMs, firstByteMs, totalMs }) =>
    row([way, `${kilobytes}`, ms(connectMs), ms(firstByteMs), ms(totalMs)]),
  );
  for (const [kilobytes, both] of PUBLISHED) {
    for (const [name, [firstByte, total]] of Object.entries(both))
      rows.push(row([`published, ${name}`, `${kilobytes}`, '', `${firstByte}`, `${total}`]));
  }
  return table(['way', 'kB', 'connect', 'first byte', 'total'], rows);
}

function parallelTable(parallel: readonly ParallelResult[]): string {
  const peer = perCpuSecond(parallel, PEER);
  const rows = parallel.map((one) => {
    const isMeasured = Number.isFinite(one.connectionsPerCpuSecond);
    return row([
      one.way,
      one.connectionsPerSecond.toFixed(0),
      isMeasured ? one.connectionsPerCpuSecond.toFixed(0) : '',
      isMeasured ? (one.connectionsPerCpuSecond / peer).toFixed(2) : '',
      `${(100 * one.clientCloses).toFixed(0)} %`,
    ]);
  });
  return table(['way', 'per second', 'per CPU second', '×haproxy', 'closed first by the client'], rows);
}

function bars({ pages, parallel }: SourceRun): string[] {
  const lines = KILOBYTES.map((kilobytes) => {
    const of = (way: string): number =>
      pages.find((one) => one.way === way && one.kilobytes === kilobytes)?.firstByteMs ?? NaN;
    const over = of(PLAIN) - of(DIRECT);
    return `- ${said(over <= FIRST_BYTE_MS)}: first byte of ${kilobytes} kB ${ms(over)} ms after a direct one, at most ${FIRST_BYTE_MS}`;
  });
  const ratio = (way: string): number => perCpuSecond(parallel, way) / perCpuSecond(parallel, PEER);
  const asTheyAre = ratio(PLAIN);
  lines.push(
    `- ${said(asTheyAre >= PER_CPU_SECOND)}: ${asTheyAre.toFixed(2)} of HAProxy's connections per CPU second, at least ${PER_CPU_SECOND}`,
    `- With a connection to the server for each of the client, as HAProxy makes: ${ratio(UNSHARED).toFixed(2)}`,
  );
  return lines;
}

function perCpuSecond(parallel: readonly ParallelResult[], way: string): number {
  return parallel.find((one) => one.way === way)?.connectionsPerCpuSecond ?? NaN;
}

function said(isMet: boolean): string {
  return isMet ? 'met' : 'NOT met';
}

function table(head: readonly string[], rows: readonly string[]): string {
  const line = row(head.map((_, index) => (index === 0 ? '---' : '---:')));
  return [row(head), line, ...rows].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function ms(value: number): string {
  return value.toFixed(2);
}
