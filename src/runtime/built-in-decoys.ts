/** The built-in decoys of a configuration: one for each decoy that names no servers. */
import { startBuiltInDecoy } from '../decoy/built-in/server.ts';
import type { BuiltInDecoy } from '../decoy/built-in/server.ts';
import type { Config } from '../config/config.ts';
import type { ServerAddress } from '../proxy/server.ts';

/** The names of the decoys that need one. */
export function builtInDecoyNames({ decoys }: Config): readonly string[] {
  return Object.entries(decoys).flatMap(([name, { servers }]) =>
    Object.keys(servers).length === 0 ? [name] : [],
  );
}

export class BuiltInDecoys {
  readonly #seed: string;
  readonly #running = new Map<string, BuiltInDecoy>();

  /** `seed` makes the invented secrets of this installation differ from those of every other. */
  constructor(seed: string) {
    this.#seed = seed;
  }

  /** Starts one on a descriptor that listens on loopback, or on a free port there. Resolves with where it listens. */
  async start(name: string, descriptor?: number): Promise<ServerAddress> {
    const seed = `${this.#seed}/${name}`;
    const decoy = await startBuiltInDecoy(descriptor === undefined ? { seed } : { seed, descriptor });
    this.#running.set(name, decoy);
    return decoy.address;
  }

  /** Where the built-in decoy of this name listens; undefined for a decoy with servers of its own. */
  addressOf(name: string): ServerAddress | undefined {
    return this.#running.get(name)?.address;
  }

  async stop(name: string): Promise<void> {
    const decoy = this.#running.get(name);
    this.#running.delete(name);
    await decoy?.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.stop(name)));
  }
}
