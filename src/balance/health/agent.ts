/** Asks an agent once. Like a check it ends in every case and never throws for what the other end does. */
import type { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { now } from '../../base/clock.ts';
import { isShortage } from '../../net/shortage.ts';
import { readAgentJson, readAgentLine } from './agent-answer.ts';
import type { AgentAnswer, AgentReading } from './agent-answer.ts';
import type { CheckCode } from './check-code.ts';
import { CheckResponse } from './check-response.ts';
import { hostPort, sentenceOf } from './socket-text.ts';
import type { AgentDefinition, CheckTarget } from './definition.ts';

/** Bytes of a line, its end included. HAProxy reads as much as fits into a buffer; real ones have some fifty. */
export const LINE_BYTES_MAX = 1024;

export interface AgentResult {
  readonly code: CheckCode;
  /** The line, or why there is none that can be used. From the network, latin1. */
  readonly text: string;
  /** Undefined: it changes nothing. */
  readonly answer: AgentAnswer | undefined;
  readonly tookMs: number;
}

export function runAgent(
  agent: AgentDefinition,
  target: CheckTarget,
  signal: AbortSignal,
): Promise<AgentResult> {
  return new Promise((resolve) => new Question(agent, target, signal, resolve));
}

class Question {
  readonly #agent: AgentDefinition;
  readonly #target: CheckTarget;
  readonly #signal: AbortSignal;
  readonly #resolve: (result: AgentResult) => void;
  readonly #startedAt = now();
  readonly #timer: NodeJS.Timeout;
  readonly #socket: Socket;
  readonly #response = new CheckResponse('GET', true);
  #isConnected = false;
  #line = '';
  #isDone = false;

  constructor(
    agent: AgentDefinition,
    target: CheckTarget,
    signal: AbortSignal,
    resolve: (result: AgentResult) => void,
  ) {
    this.#agent = agent;
    this.#target = target;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#timer = setTimeout(
      () => this.#fail(this.#isConnected ? 'L7TOUT' : 'L4TOUT', 'no answer in time'),
      agent.timeout,
    );
    this.#socket = connect(target);
    this.#socket.once('connect', () => this.#onConnect());
    this.#socket.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    this.#socket.on('end', () => this.#onEnd());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    this.#socket.on('close', () => this.#fail('L7RSP', 'the connection was closed'));
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.#onAbort();
  }

  readonly #onAbort = (): void => this.#fail('SOCKERR', 'the question was given up');

  #onConnect(): void {
    this.#isConnected = true;
    const { format, send } = this.#agent;
    if (format === 'json') {
      const host = hostPort(this.#target);
      this.#socket.write(
        `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nAccept: application/json\r\n\r\n`,
      );
    } else if (send !== undefined) {
      this.#socket.write(`${send}\n`, 'latin1');
    }
  }

  #onBytes(bytes: Buffer): void {
    if (this.#isDone) return;
    if (this.#agent.format === 'json') this.#onReading(this.#response.feed(bytes));
    else this.#onLine(bytes.toString('latin1'));
  }

  /** The line ends with LF, with CR LF, or with the connection. */
  #onLine(text: string): void {
    this.#line += text.slice(0, LINE_BYTES_MAX + 1 - this.#line.length);
    const end = this.#line.search(/[\r\n]/);
    if (end !== -1) this.#finish(readAgentLine(this.#line.slice(0, end)), this.#line.slice(0, end));
    else if (this.#line.length > LINE_BYTES_MAX)
      this.#fail('L7RSP', `its line is longer than ${LINE_BYTES_MAX} bytes`);
  }

  #onEnd(): void {
    if (this.#isDone) return;
    if (this.#agent.format === 'json') this.#onReading(this.#response.end());
    else if (this.#line === '') this.#fail('L7RSP', 'the connection was closed without an answer');
    else this.#finish(readAgentLine(this.#line), this.#line);
  }

  #onReading(reading: ReturnType<CheckResponse['feed']>): void {
    if (reading === 'need') return;
    if (reading !== 'done') this.#fail('L7RSP', reading.bad);
    else if (this.#response.status !== 200) this.#fail('L7STS', `status ${this.#response.status}`);
    else {
      const read = readAgentJson(this.#response.body);
      this.#finish(read, read.kind === 'ok' ? summaryOf(read.answer) : '');
    }
  }

  #onError(error: NodeJS.ErrnoException): void {
    const code = isShortage(error) ? 'SOCKERR' : this.#isConnected ? 'L7RSP' : 'L4CON';
    this.#fail(code, sentenceOf(error));
  }

  #finish(read: AgentReading, text: string): void {
    if (read.kind === 'ok') this.#end({ code: 'L7OK', text, answer: read.answer });
    else this.#fail('L7RSP', read.problem);
  }

  #fail(code: CheckCode, text: string): void {
    this.#end({ code, text, answer: undefined });
  }

  #end(result: Omit<AgentResult, 'tookMs'>): void {
    if (this.#isDone) return;
    this.#isDone = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroy();
    this.#resolve({ ...result, tookMs: now() - this.#startedAt });
  }
}

function summaryOf({ percent, load, state, mode }: AgentAnswer): string {
  const words = [state, mode, percent === undefined ? undefined : `${percent}%`, `load ${load ?? 0}`];
  return words.filter((word) => word !== undefined).join(' ');
}
