/**
 * Runs a scenario through a real proxy: the sessions one after the other, and in each the transactions in their order.
 */
import { basename } from 'node:path';
import { startProxy } from '../../support/proxy.ts';
import type { TestProxy, TestProxyOptions } from '../../support/proxy.ts';
import { checkExpectation, checkPassedOn } from './check.ts';
import type { Outcome } from './check.ts';
import { ReplayClient } from './client.ts';
import { AMENDED, EXCLUDED, FATES, IN_THE_CLEAR, LEFT_OUT } from './left-out.ts';
import type { Fate, Place } from './left-out.ts';
import { valueOf, writeRequest } from './message.ts';
import { ReplayOrigin } from './origin.ts';
import type { Expectation, Session, Transaction } from './scenario.ts';

/** How the proxy is configured for a scenario. */
export interface Setup {
  /** More lines for the pool `app`, two spaces in. */
  readonly pool?: string;
  /** The pool takes requests for another host only. */
  readonly isForOtherHost?: boolean;
  readonly serverReadsProxyHeader?: boolean;
  readonly delayMs?: (delay: number) => number;
  readonly options?: TestProxyOptions;
  /** Stands between proxy and server, and gives the port that the proxy is to use. */
  readonly between?: (serverPort: number) => Promise<number>;
}

/** What was run, and what was wrong with it. */
export interface Report {
  readonly ran: Ran[];
  readonly excluded: string[];
  /** Rows of left-out.ts that were used. */
  readonly used: Set<object>;
  readonly problems: string[];
}

export interface Ran {
  readonly uuid: string;
  readonly outcome: Outcome;
  readonly checked: readonly Expectation[];
  readonly leftOut: readonly Expectation[];
}

/** The delays in the files let a cache store or forget something; without one a hundredth shows as much. */
const hundredth = (delay: number): number => delay / 100;

export async function runScenario(file: string, sessions: readonly Session[], setup: Setup): Promise<Report> {
  const transactions = sessions.flatMap((session) => session.transactions);
  const amended = transactions.map((transaction) => amend(file, transaction));
  const delayMs = setup.delayMs ?? hundredth;
  const origin = await ReplayOrigin.start(amended, {
    readsProxyHeader: setup.serverReadsProxyHeader ?? false,
    delayMs,
  });
  const report: Report = { ran: [], excluded: [], used: new Set(), problems: [] };
  try {
    const serverPort = (await setup.between?.(origin.port)) ?? origin.port;
    const proxy = await startProxy(configuration(serverPort, setup), setup.options);
    try {
      const scene = { file, setup, origin, proxy, report, delayMs };
      for (const session of sessions) await runSession(scene, session);
    } finally {
      await proxy.close();
    }
  } finally {
    await origin.close();
  }
  return report;
}

/** The name of a scenario: that of its file, without its ending. */
export function scenarioName(path: string): string {
  return basename(path, '.replay.yaml');
}

/** The first row that a transaction is under. */
export function rowFor<P extends Place>(rows: readonly P[], file: string, uuid: string): P | undefined {
  return rows.find((row) => row.file === file && (row.uuids?.includes(uuid) ?? true));
}

interface Scene {
  readonly file: string;
  readonly setup: Setup;
  readonly origin: ReplayOrigin;
  readonly proxy: TestProxy;
  readonly report: Report;
  readonly delayMs: (delay: number) => number;
}

async function runSession(scene: Scene, session: Session): Promise<void> {
  const { file, proxy, report } = scene;
  const listener = session.proxyHeader === undefined ? 'web' : 'proxied';
  const client = new ReplayClient(proxy.port(listener), session.proxyHeader);
  for (const transaction of session.transactions) {
    const { uuid } = transaction;
    if (isExcluded(scene, transaction)) {
      report.excluded.push(uuid);
      continue;
    }
    if (session.stack !== 'http') {
      const row = use(report, rowFor(IN_THE_CLEAR, file, uuid));
      if (row === undefined) report.problems.push(`${file} ${uuid} is for ${session.stack}`);
    }
    if (rowFor(AMENDED, file, uuid) !== undefined) await askAsWritten(scene, session, transaction);
    await new Promise((resolve) => setTimeout(resolve, scene.delayMs(transaction.request.delayMs)));
    await runTransaction(scene, client, amend(file, transaction));
  }
  client.close();
}

function isExcluded({ file, report }: Scene, transaction: Transaction): boolean {
  const row = use(report, rowFor(EXCLUDED, file, transaction.uuid));
  return row !== undefined || transaction.expectations.some(({ what }) => what === 'absent');
}

async function runTransaction(scene: Scene, client: ReplayClient, transaction: Transaction): Promise<void> {
  const { file, origin, proxy, report } = scene;
  const { uuid, request } = transaction;
  const fate = use(report, rowFor(FATES, file, uuid));
  const before = proxy.records.length;
  origin.expect(transaction);
  const answer = await client.ask(writeRequest(request), {
    method: request.method,
    waitsForContinue: valueOf(request.fields, 'expect') !== undefined,
    endsAfter: fate?.fate === 'unfinished',
  });
  const outcome: Outcome = { answer, arrived: origin.arrived.get(uuid) };
  const { checked, leftOut } = sortExpectations(scene, transaction);
  const problems = [
    ...checked.map((expectation) => checkExpectation(expectation, outcome)),
    ...(fate === undefined ? checkPassedOn(transaction, outcome) : checkFate(fate.fate, outcome)),
  ].filter((problem) => problem !== undefined);
  const { end } = await proxy.record(before);
  if (!(fate?.ends ?? ['done']).includes(end)) problems.push(`It ended as ${end}`);
  if (scene.setup.serverReadsProxyHeader === true) {
    const named = outcome.arrived?.proxyHeader;
    const wanted = `${client.lastAddress} 127.0.0.1:${proxy.port('web')}`;
    if (named !== wanted) problems.push(`The PROXY header says ${named ?? 'nothing'}, not ${wanted}`);
  }
  report.problems.push(...problems.map((problem) => `${file} ${uuid}: ${problem}`));
  report.ran.push({ uuid, outcome, checked, leftOut });
}

/** Sends a request that is no valid one as it is written: it must be refused, and nothing of it must be passed on. */
async function askAsWritten(scene: Scene, session: Session, transaction: Transaction): Promise<void> {
  const { file, origin, proxy, report } = scene;
  const { request, uuid } = transaction;
  use(report, rowFor(AMENDED, file, uuid));
  const listener = session.proxyHeader === undefined ? 'web' : 'proxied';
  const client = new ReplayClient(proxy.port(listener), session.proxyHeader);
  const before = proxy.records.length;
  const answer = await client.ask(writeRequest(request), { method: request.method });
  await proxy.record(before);
  client.close();
  if (answer.message?.start.split(' ')[1] !== '400' || origin.arrived.has(uuid))
    report.problems.push(`${file} ${uuid}: As written it was not refused: ${answer.raw.slice(0, 100)}`);
}

function sortExpectations(
  { file, report }: Scene,
  { uuid, expectations }: Transaction,
): { readonly checked: Expectation[]; readonly leftOut: Expectation[] } {
  const checked: Expectation[] = [];
  const leftOut: Expectation[] = [];
  for (const expectation of expectations) {
    const what = expectation.what === 'field' ? expectation.name : expectation.what;
    const rows = LEFT_OUT.filter((row) => row.what === what);
    const row = use(report, rowFor(rows, file, uuid));
    if (row === undefined) {
      checked.push(expectation);
      continue;
    }
    leftOut.push(expectation);
    if (row.instead !== undefined) checked.push(row.instead(uuid));
  }
  return { checked, leftOut };
}

function checkFate(fate: Fate, { answer, arrived }: Outcome): (string | undefined)[] {
  const status = answer.message?.start.split(' ')[1];
  const statusIs = (wanted: string | undefined): string | undefined =>
    status === wanted ? undefined : `The status is ${status ?? 'none'}, not ${wanted ?? 'none'}`;
  const reached = arrived === undefined ? undefined : 'Something of the request reached the server';
  const whole = arrived?.message === undefined ? undefined : 'A whole request reached the server';
  switch (fate) {
    case 'own':
      return [reached];
    case 'refused':
      return [statusIs('400'), whole];
    case 'unfinished':
      return [statusIs(undefined), whole];
    case '502':
      return [statusIs('502')];
    case 'cut':
      return [statusIs(undefined)];
  }
}

function amend(file: string, transaction: Transaction): Transaction {
  const row = rowFor(AMENDED, file, transaction.uuid);
  if (row === undefined) return transaction;
  const { request } = transaction;
  const fields = [...request.fields, ...row.add];
  return { ...transaction, request: { ...request, url: row.url ?? request.url, fields } };
}

function use<P extends object>(report: Report, row: P | undefined): P | undefined {
  if (row !== undefined) report.used.add(row);
  return row;
}

function configuration(serverPort: number, setup: Setup): string {
  const inspection = setup.options === undefined ? 'off' : 'on';
  const takes = setup.isForOtherHost === true ? 'routes: other' : 'pool: app';
  const listener = `bind: "127.0.0.1:0", inspection: ${inspection}, ${takes}`;
  return `
listeners:
  web: { ${listener} }
  proxied: { ${listener}, identity: { trust: 127.0.0.0/8, proxyProtocol: any } }
${setup.isForOtherHost === true ? 'routes:\n  other: { hosts: other.example, pool: app }\n' : ''}pools:
  app:
    servers: ["127.0.0.1:${serverPort}"]
${setup.pool ?? ''}`;
}
