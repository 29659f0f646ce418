/**
 * One check of one server: connects, says what the definition asks for, looks at what comes back.
 *
 *     connecting (4) ─ PROXY header ─▶ TLS handshake (6) ─▶ request, response (7) ─▶ result
 *
 * It ends in every case, at the latest after `timeout`, and never throws for what a server does: a server that is not
 * well is what it is there to find. The connection is closed with it.
 */
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { now } from '../../base/clock.ts';
import { writeProxyV1 } from '../../net/proxy-protocol/v1.ts';
import { writeProxyV2 } from '../../net/proxy-protocol/v2-write.ts';
import { isShortage } from '../../net/shortage.ts';
import type { CheckCode, CheckResult } from './check-code.ts';
import { CheckResponse } from './check-response.ts';
import type { CheckReading } from './check-response.ts';
import type { CheckTarget } from './definition.ts';
import type { ReadyCheck } from './ready-check.ts';
import { hostPort, sentenceOf } from './socket-text.ts';

/** Checks `target`. An abort ends it at once; its result then means nothing. */
export function runCheck(check: ReadyCheck, target: CheckTarget, signal: AbortSignal): Promise<CheckResult> {
  return new Promise((resolve) => new Run(check, target, signal, resolve));
}

const TIMEOUTS = { 4: 'L4TOUT', 6: 'L6TOUT', 7: 'L7TOUT' } as const;
const BROKEN = { 4: 'L4CON', 6: 'L6RSP', 7: 'L7RSP' } as const;

class Run {
  readonly #check: ReadyCheck;
  readonly #target: CheckTarget;
  readonly #resolve: (result: CheckResult) => void;
  readonly #signal: AbortSignal;
  readonly #startedAt = now();
  readonly #timer: NodeJS.Timeout;
  readonly #response: CheckResponse;
  #socket: Socket;
  #layer: 4 | 6 | 7 = 4;
  #isDone = false;

  constructor(
    check: ReadyCheck,
    target: CheckTarget,
    signal: AbortSignal,
    resolve: (result: CheckResult) => void,
  ) {
    this.#check = check;
    this.#target = target;
    this.#signal = signal;
    this.#resolve = resolve;
    const { request } = check.definition;
    this.#response = new CheckResponse(request.method, check.wantsBody);
    this.#timer = setTimeout(() => this.#end(TIMEOUTS[this.#layer], ''), check.definition.timeout);
    this.#socket = connect(target);
    this.#socket.once('connect', () => this.#onConnect());
    this.#watch(this.#socket);
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.#onAbort();
  }

  readonly #onAbort = (): void => this.#end('SOCKERR', 'the check was given up');

  #watch(socket: Socket): void {
    // What comes after the end is of no interest, but an error that nobody hears would end the process.
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    socket.on('close', () => this.#end(BROKEN[this.#layer], 'the connection was closed'));
  }

  #onConnect(): void {
    const { kind } = this.#check.definition;
    this.#sendProxyHeader();
    if (kind === 'tcp') this.#end('L4OK', '');
    else if (kind === 'http') this.#ask();
    else this.#beginTls();
  }

  #sendProxyHeader(): void {
    const { proxyProtocol } = this.#check.definition;
    if (proxyProtocol === 'v1') this.#socket.write(writeProxyV1('unknown'));
    if (proxyProtocol === 'v2') this.#socket.write(writeProxyV2({ command: 'local' }));
  }

  #beginTls(): void {
    this.#layer = 6;
    const secure = connectTls(this.#tlsOptions());
    this.#socket = secure;
    secure.once('secureConnect', () => {
      if (this.#check.definition.kind === 'tls') this.#end('L6OK', '');
      else this.#ask();
    });
    this.#watch(secure);
  }

  #tlsOptions(): ConnectionOptions {
    const { tls } = this.#check.definition;
    const name = this.#check.serverName;
    return {
      socket: this.#socket,
      rejectUnauthorized: tls.verify,
      // The identity that the certificate must have: the name, or the address where there is no name.
      host: name ?? this.#target.host,
      ...(name === undefined ? {} : { servername: name }),
      ...(this.#check.ca === undefined ? {} : { ca: this.#check.ca }),
    };
  }

  #ask(): void {
    this.#layer = 7;
    this.#socket.on('data', (bytes: Buffer) => this.#onReading(this.#response.feed(bytes)));
    this.#socket.on('end', () => this.#onReading(this.#response.end()));
    this.#socket.write(requestText(this.#check, this.#target), 'latin1');
  }

  #onReading(reading: CheckReading): void {
    if (this.#isDone || reading === 'need') return;
    if (reading === 'done') this.#judge();
    else this.#end('L7RSP', reading.bad);
  }

  #judge(): void {
    const { status } = this.#response;
    const problem = this.#check.judge(status, this.#check.wantsBody ? this.#response.body : '');
    this.#end(problem === undefined ? 'L7OK' : 'L7STS', problem ?? `status ${status}`);
  }

  #onError(error: NodeJS.ErrnoException): void {
    const code: CheckCode = isShortage(error) ? 'SOCKERR' : BROKEN[this.#layer];
    this.#end(code, sentenceOf(error));
  }

  #end(code: CheckCode, text: string): void {
    if (this.#isDone) return;
    this.#isDone = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroy();
    const status = this.#response.status === 0 ? undefined : this.#response.status;
    this.#resolve({ code, text, status, tookMs: now() - this.#startedAt });
  }
}

function requestText(check: ReadyCheck, target: CheckTarget): string {
  const { method, path, host, headers, body } = check.definition.request;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host ?? hostPort(target)}`,
    'Connection: close',
    ...headers,
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}
