/**
 * Runs a case: the messages of its connections through its rules, and the alerts counted by sid.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DEFAULT_BODY_LIMITS } from '../../../src/inspect/body/limits.ts';
import type { InspectedRequest, InspectedResponse } from '../../../src/inspect/inspector.ts';
import type { HttpBuffers } from '../../../src/inspect/snort/buffers.ts';
import { evaluate } from '../../../src/inspect/snort/evaluate.ts';
import { FlowState } from '../../../src/inspect/snort/flow.ts';
import type { FlowView } from '../../../src/inspect/snort/flow.ts';
import { RequestBuffers, ResponseBuffers, StreamBuffers } from '../../../src/inspect/snort/http-buffers.ts';
import { AlertJudge } from '../../../src/inspect/snort/judge.ts';
import { loadSnortRules } from '../../../src/inspect/snort/load.ts';
import type { LoadedSnortRules } from '../../../src/inspect/snort/load.ts';
import { MessageBuffers } from '../../../src/inspect/snort/message-buffers.ts';
import type { SnortFile } from '../../../src/inspect/snort/parse.ts';
import type { SuricataCase } from './case.ts';
import { replayFile } from './connections.ts';
import type { Connection } from './connections.ts';
import { frontView } from './front.ts';
import type { FrontView } from './front.ts';
import { readMessages } from './http-reader.ts';
import type { Message } from './http-reader.ts';

export interface CaseRun {
  readonly alerts: readonly Alert[];
  readonly loaded: LoadedSnortRules;
  /** One each connection. */
  readonly connections: readonly ConnectionRun[];
}

/** A connection as inspectors are shown it: its bytes, and the exchanges in them, none where it is not HTTP. */
export interface ShownConnection {
  readonly connection: Connection;
  readonly exchanges: readonly ShownExchange[];
}

export interface ShownExchange {
  readonly request: InspectedRequest;
  readonly requestBody: Buffer;
  readonly response: InspectedResponse | undefined;
  readonly responseBody: Buffer;
}

export interface ConnectionRun {
  readonly shown: ShownConnection;
  /** What our front says to it. */
  readonly front: FrontView;
  /** The bodies that the tolerant reader has found: of requests, then of responses. */
  readonly bodies: readonly string[];
}

export interface Alert {
  readonly sid: number;
  readonly gid: number;
  readonly rev: number;
  readonly message: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export function runCase(one: SuricataCase): CaseRun {
  const loaded = loadRules(one);
  const judge = new AlertJudge(loaded.policies, loaded.variables);
  const run: Running = { loaded, judge, alerts: [], layers: layersOf(one.args) };
  if (one.captureFile === undefined) return { ...run, connections: [] };
  const replayed = replayFile(one.captureFile);
  // Suricata leaves connections alone whose beginning it has not seen, unless it is told otherwise.
  const takesAll = /midstream=true|async-oneside=true/.test(one.args) || one.takesMidstream;
  const connections = replayed.connections.filter((connection) => takesAll || connection.isWhole);
  return { ...run, connections: connections.map((connection) => runConnection(run, connection)) };
}

function loadRules(one: SuricataCase): LoadedSnortRules {
  return loadSnortRules(ruleFilesOf(one), { variables: one.variables });
}

export function ruleFilesOf(one: SuricataCase): readonly SnortFile[] {
  return one.ruleFiles.map((name) => ({
    name: basename(name),
    text: readFileSync(join(one.folder, name), 'latin1'),
    dialect: 'suricata' as const,
  }));
}

/** How many content codings the case has undone: Suricata's own default is two. */
function layersOf(args: string): number {
  return Number(/response-body-decompress-layer-limit=(\d+)/.exec(args)?.[1] ?? 2);
}

interface Running {
  readonly loaded: LoadedSnortRules;
  readonly judge: AlertJudge;
  readonly alerts: Alert[];
  readonly layers: number;
}

function runConnection(run: Running, connection: Connection): ConnectionRun {
  const requests = readMessages(connection.fromClient, false);
  const responses = readMessages(connection.fromServer, true);
  inspectConnection(run, connection, requests, responses);
  return {
    shown: shownConnection(connection, requests, responses),
    front: frontView(connection),
    bodies: [...requests, ...responses].map((message) => message.body.toString('latin1')),
  };
}

function shownConnection(
  connection: Connection,
  requests: readonly Message[],
  responses: readonly Message[],
): ShownConnection {
  const exchanges = requests.flatMap((message, index): readonly ShownExchange[] => {
    if (!isRequest(message)) return [];
    const request = requestOf(message, connection);
    const answer = responses[index];
    const response = answer === undefined ? undefined : { status: statusOf(answer), headers: answer.fields };
    return [{ request, requestBody: message.body, response, responseBody: answer?.body ?? Buffer.alloc(0) }];
  });
  return { connection, exchanges };
}

function isHttpConnection(requests: readonly Message[], responses: readonly Message[]): boolean {
  return requests.some(isRequest) || responses.some((message) => message.startLine !== '');
}

function statusOf(message: Message): number {
  return Number(/^\S*\s+(\d{1,3})/.exec(message.startLine)?.[1] ?? 0);
}

function inspectConnection(
  run: Running,
  connection: Connection,
  requests: readonly Message[],
  responses: readonly Message[],
): void {
  const isHttp = isHttpConnection(requests, responses);
  const flow = flowOf(connection, isHttp ? 'http' : undefined);
  if (!isHttp) {
    inspect(run, new StreamBuffers(connection.fromClient.toString('latin1')), flow('to_server'));
    inspect(run, new StreamBuffers(connection.fromServer.toString('latin1')), flow('to_client'));
    return;
  }
  for (let index = 0; index < Math.max(requests.length, responses.length); index++) {
    const request = requests[index];
    const asked = request === undefined ? undefined : requestOf(request, connection);
    if (request !== undefined && asked !== undefined) {
      inspect(run, requestBuffers(run, request, asked), flow('to_server'));
    }
    const response = responses[index];
    if (response !== undefined) inspect(run, responseBuffers(run, response, asked), flow('to_client'));
  }
}

function isRequest(message: Message): boolean {
  return /^[A-Za-z-]+ +\S/.test(message.startLine);
}

function requestBuffers(run: Running, message: Message, request: InspectedRequest): HttpBuffers {
  const buffers = new RequestBuffers(request, { head: message.head, limits: limitsOf(run) });
  buffers.setBody({ bytes: message.body, isPrefix: false }, message.trailers);
  return buffers;
}

function responseBuffers(run: Running, message: Message, request: InspectedRequest | undefined): HttpBuffers {
  const status = statusOf(message);
  const options = { head: message.head, limits: limitsOf(run) };
  const buffers = new ResponseBuffers({ status, headers: message.fields }, request, options);
  buffers.setBody({ bytes: message.body, isPrefix: false }, message.trailers);
  return buffers;
}

function limitsOf(run: Running) {
  return { ...DEFAULT_BODY_LIMITS, encodingsMax: run.layers };
}

function requestOf(message: Message, connection: Connection): InspectedRequest {
  const [method = '', target = '', ...rest] = message.startLine.split(/ +/);
  return {
    method,
    target,
    version: rest.join(' '),
    headers: message.fields,
    clientAddress: connection.client.address,
  };
}

function flowOf(
  connection: Connection,
  protocol: string | undefined,
): (direction: FlowView['direction']) => FlowView {
  const state = new FlowState();
  const { client, server } = connection;
  return (direction) => ({
    direction,
    client,
    server,
    protocol,
    clientBytes: connection.fromClient.length,
    serverBytes: connection.fromServer.length,
    state,
    hostBits: undefined,
    nowMs: 0,
  });
}

/** What the rules say of the bytes of connections when each direction is there as a whole: ids, sorted. */
export function alertsOfBytes(run: CaseRun, judge: AlertJudge): readonly string[] {
  const running: Running = { loaded: run.loaded, judge, alerts: [], layers: 0 };
  for (const { shown } of run.connections) {
    const flow = flowOf(shown.connection, undefined);
    const { fromClient, fromServer } = shown.connection;
    // Where nothing comes there is nothing to ask.
    if (fromClient.length > 0)
      inspect(running, new StreamBuffers(fromClient.toString('latin1')), flow('to_server'));
    if (fromServer.length > 0)
      inspect(running, new StreamBuffers(fromServer.toString('latin1')), flow('to_client'));
  }
  return running.alerts.map(({ sid }) => `snort-${sid}`).sort();
}

/** In the order of evaluation; a rule that passes ends it. */
function inspect(run: Running, buffers: HttpBuffers, flow: FlowView): void {
  const made = new MessageBuffers(buffers);
  for (const compiled of run.loaded.rules) {
    const match = evaluate(compiled, made, flow);
    if (match === undefined) continue;
    const { rule } = compiled;
    const judgement = run.judge.judge(match, flow);
    if (rule.header.action === 'pass') return;
    if (judgement.do !== 'alert') continue;
    const isToServer = flow.direction === 'to_server';
    run.alerts.push({
      sid: rule.sid,
      gid: rule.gid,
      rev: rule.rev,
      message: rule.message,
      sourcePort: isToServer ? flow.client.port : flow.server.port,
      destinationPort: isToServer ? flow.server.port : flow.client.port,
    });
  }
}
