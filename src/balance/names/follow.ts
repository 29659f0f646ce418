/**
 * Follows the names of servers as their addresses change. The supervisor does; workers see the addresses in the table.
 *
 *     asked ─ an answer ─▶ its addresses, until the TTL, then asked again
 *           └ a failure ─▶ the last addresses, until `hold` is over, then none
 *
 * Addresses of one name fill slots. One that stays keeps its slot, whatever order the records come in, so that nothing is
 * moved by a name server that rotates them.
 */
import { formatEndpoint } from '../../net/address.ts';
import type { Endpoint } from '../../net/address.ts';
import type { HealthLog, Timers } from '../health/host.ts';
import { Repeater } from '../health/repeater.ts';
import type { ResolverOptions } from './options.ts';
import type { Resolve } from './resolve.ts';

/** A name of which `slots` addresses are used. */
export interface FollowedName {
  readonly name: string;
  /** 0 for SRV records. */
  readonly port: number;
  readonly slots: number;
}

export interface FollowHost {
  readonly timers: Timers;
  readonly clock: () => number;
  readonly log: HealthLog;
  readonly resolve: Resolve;
  /** The addresses of some name are others than before. */
  readonly onChange: () => void;
}

export class NameFollower {
  #host: FollowHost;
  #options: ResolverOptions;
  /** By name and port; bounded by the servers of the configuration. */
  readonly #names = new Map<string, Name>();

  constructor(options: ResolverOptions, host: FollowHost) {
    this.#options = options;
    this.#host = host;
  }

  /** From now on these are the names. Those that stay keep their addresses; names may be there several times. */
  update(options: ResolverOptions, resolve: Resolve, names: readonly FollowedName[]): void {
    this.#options = options;
    this.#host = { ...this.#host, resolve };
    const slots = new Map<string, FollowedName>();
    for (const one of names) {
      const known = slots.get(keyOf(one));
      if (known === undefined || known.slots < one.slots) slots.set(keyOf(one), one);
    }
    for (const [key, name] of this.#names) {
      if (slots.has(key)) continue;
      name.close();
      this.#names.delete(key);
    }
    for (const [key, one] of slots) {
      const known = this.#names.get(key);
      if (known === undefined) this.#names.set(key, new Name(one, this.#options, this.#host));
      else known.update(one, this.#options, this.#host);
    }
  }

  /** The address in a slot of a name, if there is one now. */
  addressOf(name: string, port: number, slot: number): Endpoint | undefined {
    return this.#names.get(keyOf({ name, port }))?.addressIn(slot);
  }

  close(): void {
    for (const name of this.#names.values()) name.close();
    this.#names.clear();
  }
}

function keyOf({ name, port }: { readonly name: string; readonly port: number }): string {
  return `${name}:${port}`;
}

class Name {
  readonly #repeat: Repeater;
  #one: FollowedName;
  #options: ResolverOptions;
  #host: FollowHost;
  #slots: (Endpoint | undefined)[] = [];
  #goodAt = -Infinity;
  /** What was last said of it, so that it is said once. */
  #said = '';

  constructor(one: FollowedName, options: ResolverOptions, host: FollowHost) {
    this.#one = one;
    this.#options = options;
    this.#host = host;
    this.#repeat = new Repeater(host, (signal) => this.#ask(signal));
    this.#repeat.start(0);
  }

  update(one: FollowedName, options: ResolverOptions, host: FollowHost): void {
    const asksAnew =
      one.slots !== this.#one.slots || JSON.stringify(options) !== JSON.stringify(this.#options);
    this.#one = one;
    this.#options = options;
    this.#host = host;
    this.#slots.length = Math.min(this.#slots.length, one.slots);
    if (asksAnew) this.#repeat.start(0);
  }

  addressIn(slot: number): Endpoint | undefined {
    return this.#slots[slot];
  }

  close(): void {
    this.#repeat.stop();
  }

  async #ask(signal: AbortSignal): Promise<number> {
    const { name, port } = this.#one;
    const resolution = await this.#host.resolve(name, port);
    if (signal.aborted) return Infinity;
    if (resolution.kind === 'failed') return this.#onFailure(resolution.why);
    this.#goodAt = this.#host.clock();
    this.#say('', () => {});
    this.#fill(resolution.endpoints);
    const { shortest, longest, unknown } = this.#options;
    return Math.min(longest, Math.max(shortest, resolution.ttlMs ?? unknown));
  }

  #onFailure(why: string): number {
    const { hold, shortest } = this.#options;
    const isHeld = this.#host.clock() - this.#goodAt < hold;
    const has = this.#slots.some((slot) => slot !== undefined);
    const then = has && isHeld ? 'its last addresses are used' : 'it has no address';
    this.#say(`${why}; ${then}`, (reason) =>
      this.#host.log.warn('Cannot resolve the name of a server', { name: this.#one.name, reason }),
    );
    if (!isHeld) this.#fill([]);
    return shortest;
  }

  #fill(endpoints: readonly Endpoint[]): void {
    const before = this.#slots;
    const { slots, name } = this.#one;
    const next = placeInSlots(before, endpoints, slots);
    this.#slots = next;
    const isSame = Array.from({ length: slots }, (_, slot) => slot).every(
      (slot) => textOf(before[slot]) === textOf(next[slot]),
    );
    if (isSame) return;
    this.#host.log.info('The name of a server has other addresses', {
      name,
      addresses: next.flatMap((one) => (one === undefined ? [] : [formatEndpoint(one)])).join(' '),
    });
    this.#host.onChange();
  }

  #say(what: string, log: (what: string) => void): void {
    if (what !== this.#said) log(what);
    this.#said = what;
  }
}

/** Those that stay where they are, then the new ones into what is free, in their order; what has no room is left out. */
export function placeInSlots(
  before: readonly (Endpoint | undefined)[],
  endpoints: readonly Endpoint[],
  slots: number,
): (Endpoint | undefined)[] {
  const wanted = new Map(endpoints.map((endpoint) => [formatEndpoint(endpoint), endpoint]));
  const next: (Endpoint | undefined)[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const stays = wanted.get(textOf(before[slot]));
    next.push(stays);
    if (stays !== undefined) wanted.delete(formatEndpoint(stays));
  }
  const left = [...wanted.values()];
  return next.map((endpoint) => endpoint ?? left.shift());
}

function textOf(endpoint: Endpoint | undefined): string {
  return endpoint === undefined ? '' : formatEndpoint(endpoint);
}
