/** The built-in decoys of a configuration: one for each decoy that names no servers. */
import { startBuiltInDecoy } from '../decoy/built-in/server.ts';
import type { BuiltInDecoy } from '../decoy/built-in/server.ts';
import type { Config } from '../config/config.ts';
import type { ServerAddress } from '../proxy/pool.ts';

export class BuiltInDecoys {
  readonly #running: ReadonlyMap<string, BuiltInDecoy>;

  private constructor(running: ReadonlyMap<string, BuiltInDecoy>) {
    this.#running = running;
  }

  /** `seed` makes the invented secrets of this installation differ from those of every other. */
  static async start(config: Config, seed: string): Promise<BuiltInDecoys> {
    const running = new Map<string, BuiltInDecoy>();
    for (const [name, options] of Object.entries(config.decoys)) {
      if (Object.keys(options.servers).length > 0) continue;
      running.set(name, await startBuiltInDecoy({ seed: `${seed}/${name}` }));
    }
    return new BuiltInDecoys(running);
  }

  /** Where the built-in decoy of this name listens; undefined for a decoy with servers of its own. */
  addressOf(name: string): ServerAddress | undefined {
    return this.#running.get(name)?.address;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((decoy) => decoy.close()));
  }
}
