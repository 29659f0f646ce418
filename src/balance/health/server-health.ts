/**
 * The health of one server: asks it and its agent at intervals, and makes one decision of what they, real traffic and
 * name resolution say. The supervisor has one for each server; workers see the decision in the ServerTable.
 *
 *     up  =  checks say up  and  the agent does not say down  and  real traffic has not taken it out  and  it has an address
 */
import type { Endpoint } from '../../net/address.ts';
import { formatEndpoint } from '../../net/address.ts';
import type { ServerRow } from '../server-table.ts';
import { DOWN, DRAIN, LOAD_UNKNOWN, MAINTENANCE, READY, UP } from '../server-table.ts';
import type { AgentAnswer } from './agent-answer.ts';
import type { AgentResult } from './agent.ts';
import { CHECK_CODES, isGood } from './check-code.ts';
import type { CheckResult } from './check-code.ts';
import { CheckState } from './check-state.ts';
import { isSameDefinition, targetOf } from './definition.ts';
import type { HealthDefinition } from './definition.ts';
import type { HealthHost } from './host.ts';
import { readyCheck } from './ready-check.ts';
import type { ReadyCheck } from './ready-check.ts';
import { Repeater } from './repeater.ts';
import type { AgentView, CheckView, HealthView, Transition } from './view.ts';

/** Changes that are kept to be shown. */
export const HISTORY_MAX = 16;

/** A server as the configuration, and name resolution, say that it is. */
export interface WatchedServer {
  /** As serverKey makes it. */
  readonly key: string;
  readonly pool: string;
  readonly name: string;
  readonly row: ServerRow;
  /** Undefined while its name is not resolved. */
  readonly address: Endpoint | undefined;
  readonly isBackup: boolean;
  readonly health: HealthDefinition;
}

/** The same for all servers of a pool, and of no other: a pool and a decoy may have one name. */
export function poolIdOf({ key, name }: Pick<WatchedServer, 'key' | 'name'>): string {
  return key.slice(0, key.length - name.length);
}

export class ServerHealth {
  readonly #host: HealthHost;
  readonly #repeatCheck: Repeater;
  readonly #repeatAgent: Repeater;
  #server: WatchedServer;
  #ready: ReadyCheck | undefined;
  #checks: CheckState;
  #lastCheck: CheckView | undefined;
  #lastAgent: AgentView | undefined;
  #agentDown: string | undefined;
  /** Why real traffic has taken it out. */
  #trafficDown: string | undefined;
  #endTrafficDown: (() => void) | undefined;
  #isUp: boolean;
  #why = 'not checked';
  #sinceMs: number;
  #changedAt: number;
  #history: Transition[] = [];

  constructor(host: HealthHost, server: WatchedServer, position: number) {
    this.#host = host;
    this.#server = server;
    this.#checks = new CheckState(countsOf(server.health));
    this.#sinceMs = host.wallClock();
    this.#changedAt = host.clock();
    this.#repeatCheck = new Repeater(host, (signal) => this.#check(signal));
    this.#repeatAgent = new Repeater(host, (signal) => this.#askAgent(signal));
    this.#isUp = server.address !== undefined;
    if (!this.#isUp) this.#why = NO_ADDRESS;
    host.service.start(server.row, this.#isUp ? UP : DOWN);
    this.#prepare();
    this.#startCheck(position);
    this.#startAgent(position);
  }

  get server(): WatchedServer {
    return this.#server;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** The configuration or the address changed. What did not change goes on as it was. */
  update(server: WatchedServer): void {
    const before = this.#server;
    this.#server = server;
    const isMoved = !isSameDefinition(before.address, server.address);
    if (isMoved || !isSameDefinition(before.health.check, server.health.check)) this.#restartCheck();
    if (isMoved || !isSameDefinition(before.health.agent, server.health.agent)) this.#restartAgent();
    if (server.health.passive.failures === 0 && this.#trafficDown !== undefined) this.#forgetTraffic();
    this.#decide(server.address === undefined ? NO_ADDRESS : 'the configuration changed');
  }

  /** Looks how often in a row real traffic has failed, over all workers. */
  lookAtTraffic(): void {
    const { row, health } = this.#server;
    const { passive } = health;
    const failures = this.#host.table.errors(row);
    if (passive.failures === 0 || failures < passive.failures || this.#trafficDown !== undefined) return;
    this.#host.table.clearErrors(row);
    if (passive.then === 'check' && this.#ready !== undefined) {
      this.#repeatCheck.now();
      return;
    }
    this.#checks.fell();
    this.#trafficDown = `${failures} failures of real traffic in a row`;
    this.#endTrafficDown = this.#host.timers.after(passive.downFor, () => this.#onTrafficDownEnd());
    this.#decide(this.#trafficDown);
  }

  view(): HealthView {
    const { table } = this.#host;
    const { row, health, address } = this.#server;
    return {
      address: address === undefined ? null : formatEndpoint(address),
      state: this.#isUp ? 'up' : 'down',
      why: this.#why,
      sinceMs: this.#sinceMs,
      phase: health.check === undefined ? 'unchecked' : this.#checks.phase,
      progress: this.#checks.progress ?? null,
      mode: MODES[table.mode(row)] ?? 'ready',
      agentMode: MODES[table.agentMode(row)] ?? 'ready',
      check: this.#lastCheck ?? null,
      agent: this.#lastAgent ?? null,
      failures: table.errors(row),
      history: [...this.#history],
    };
  }

  close(): void {
    this.#repeatCheck.stop();
    this.#repeatAgent.stop();
    this.#endTrafficDown?.();
  }

  #prepare(): void {
    const { check } = this.#server.health;
    this.#ready = check === undefined ? undefined : readyCheck(check, this.#host.compile);
  }

  #startCheck(position: number): void {
    const { check } = this.#server.health;
    if (check === undefined || this.#server.address === undefined) return;
    this.#repeatCheck.start(Math.min(check.interval, START_SPREAD_MS) * position);
  }

  #startAgent(position: number): void {
    const { agent } = this.#server.health;
    if (agent === undefined || this.#server.address === undefined) return;
    this.#repeatAgent.start(Math.min(agent.interval, START_SPREAD_MS) * position);
  }

  #restartCheck(): void {
    this.#repeatCheck.stop();
    this.#prepare();
    // Without checks it is taken to be up, whatever the last one found.
    if (this.#ready === undefined) this.#checks = new CheckState(countsOf(this.#server.health));
    else this.#checks.recount(countsOf(this.#server.health));
    this.#startCheck(0);
  }

  #restartAgent(): void {
    this.#repeatAgent.stop();
    if (this.#server.health.agent === undefined) this.#forgetAgent();
    this.#startAgent(0);
  }

  async #check(signal: AbortSignal): Promise<number> {
    const ready = this.#ready;
    const { address } = this.#server;
    if (ready === undefined || address === undefined) return Infinity;
    const result = await this.#host.check(ready, targetOf(ready.definition, address), signal);
    if (signal.aborted) return Infinity;
    this.#onResult(result);
    return this.#host.jitter(this.#intervalOf(ready), ready.definition.jitter);
  }

  #intervalOf({ definition }: ReadyCheck): number {
    const { phase } = this.#checks;
    if (phase === 'down') return definition.downInterval;
    return phase === 'up' ? definition.interval : definition.fastInterval;
  }

  #onResult(result: CheckResult): void {
    const { phase } = this.#checks;
    this.#checks.count(isGood(result));
    this.#lastCheck = { ...result, status: result.status ?? null, atMs: this.#host.wallClock() };
    const why = `${result.code} ${result.text === '' ? CHECK_CODES[result.code].text : result.text}`;
    if (this.#checks.phase !== phase) {
      this.#host.log.debug('A server changed in its checks', {
        ...this.#fields(),
        from: phase,
        to: this.#checks.phase,
        reason: why,
      });
    }
    this.#decide(why);
  }

  async #askAgent(signal: AbortSignal): Promise<number> {
    const { address, health } = this.#server;
    const { agent } = health;
    if (agent === undefined || address === undefined) return Infinity;
    const result = await this.#host.ask(agent, targetOf(agent, address), signal);
    if (signal.aborted) return Infinity;
    this.#onAgent(result);
    return this.#host.jitter(agent.interval, agent.jitter);
  }

  #onAgent(result: AgentResult): void {
    const before = this.#lastAgent;
    const { table } = this.#host;
    this.#lastAgent = {
      code: result.code,
      text: result.text,
      tookMs: result.tookMs,
      atMs: this.#host.wallClock(),
    };
    if (result.answer === undefined) {
      if (before?.code !== result.code || before.text !== result.text)
        this.#host.log.warn('An agent gave no answer that can be used', {
          ...this.#fields(),
          reason: `${result.code} ${result.text}`,
        });
      return; // What it said before stays: an agent that is gone says nothing about the server.
    }
    const { answer } = result;
    const isLoadTaken = this.#server.health.agent?.isLoadTaken === true && answer.load !== undefined;
    // 0 is no measure but a wish: nothing new.
    this.#obey(isLoadTaken && answer.percent !== 0 ? { ...answer, percent: 100 } : answer);
    if (answer.load !== undefined) table.setLoad(this.#server.row, answer.load);
  }

  #obey({ state, mode, percent, inUseMax, reason }: AgentAnswer): void {
    const { row } = this.#server;
    const { table, service, weights, limits } = this.#host;
    if (percent !== undefined) weights.setAgentPercent(row, percent);
    if (inUseMax !== undefined) limits.setAgent(row, inUseMax);
    const before = table.agentMode(row);
    if (mode !== undefined) service.setAgentMode(row, AGENT_MODES[mode]);
    if (table.agentMode(row) !== before) {
      const from = MODES[before] ?? 'ready';
      this.#host.log.info('An agent changed the mode of its server', {
        ...this.#fields(),
        from,
        to: mode ?? 'ready',
        reason,
      });
    }
    if (state === 'up') this.#agentDown = undefined;
    else if (state !== undefined)
      this.#agentDown = `the agent says ${state}${reason === '' ? '' : `: ${reason}`}`;
    if (state !== undefined) this.#decide(this.#agentDown ?? 'the agent says up');
  }

  #forgetAgent(): void {
    const { row } = this.#server;
    const { table, service, weights, limits } = this.#host;
    this.#lastAgent = undefined;
    this.#agentDown = undefined;
    service.setAgentMode(row, READY);
    limits.setAgent(row, undefined);
    table.setLoad(row, LOAD_UNKNOWN);
    weights.setAgentPercent(row, 100);
  }

  #onTrafficDownEnd(): void {
    const { row, health } = this.#server;
    this.#forgetTraffic();
    // Without an active check it is tried: one more failure is as many as were allowed, one success is none at all.
    if (this.#ready === undefined) {
      this.#checks = new CheckState(countsOf(health));
      this.#host.table.primeErrors(row, health.passive.failures - 1);
    }
    this.#decide(this.#ready === undefined ? 'tried again' : (this.#lastCheck?.code ?? 'not checked'));
  }

  #forgetTraffic(): void {
    this.#trafficDown = undefined;
    this.#endTrafficDown?.();
    this.#endTrafficDown = undefined;
  }

  /** Makes the decision, for `why` if it changes anything. */
  #decide(why: string): void {
    const { row, address } = this.#server;
    const isUp =
      this.#checks.isUp &&
      this.#agentDown === undefined &&
      this.#trafficDown === undefined &&
      address !== undefined;
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.#why = why;
    this.#host.service.setState(row, isUp ? UP : DOWN);
    this.#remember(isUp, why);
  }

  #remember(isUp: boolean, reason: string): void {
    const [from, to] = isUp ? (['down', 'up'] as const) : (['up', 'down'] as const);
    const lastedMs = Math.round(this.#host.clock() - this.#changedAt);
    this.#changedAt = this.#host.clock();
    this.#sinceMs = this.#host.wallClock();
    this.#history = [...this.#history, { atMs: this.#sinceMs, from, to, reason, lastedMs }].slice(
      -HISTORY_MAX,
    );
    const { pool, name } = this.#server;
    const text = `Server "${name}" of "${pool}" is ${to}`;
    const fields = {
      ...this.#fields(),
      from,
      to,
      reason,
      lastedMs,
      checkMs: Math.round(this.#lastCheck?.tookMs ?? 0),
    };
    if (isUp) this.#host.log.info(text, fields);
    else this.#host.log.warn(text, fields);
    this.#host.onChange(this.#server);
  }

  #fields(): Readonly<Record<string, string>> {
    const { pool, name, address } = this.#server;
    return { pool, server: name, address: address === undefined ? '' : formatEndpoint(address) };
  }
}

const NO_ADDRESS = `NOADDR ${CHECK_CODES.NOADDR.text}`;
/** First checks are spread over at most this long, so that many servers are not asked at once. */
const START_SPREAD_MS = 1000;

/** By their numbers in the table. */
const MODES = ['ready', 'drain', 'maintenance'] as const;
const AGENT_MODES = { ready: READY, drain: DRAIN, maintenance: MAINTENANCE } as const;

/** Without a check they mean nothing: it is up. */
function countsOf({ check }: HealthDefinition): { readonly rise: number; readonly fall: number } {
  return check ?? { rise: 1, fall: 1 };
}
