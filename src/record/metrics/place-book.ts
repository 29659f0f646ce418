/**
 * Which name has which place in the memory of the workers, and that memory. Kept by the supervisor alone; a worker gets
 * its block and a list of places.
 *
 * A name that is in the next configuration too keeps its place, and so its counts. The place of one that is gone is
 * cleared and used again. When no place is left, further names share the one called "(other)": a total stays a total.
 */
import type { PlaceKind } from './layout.ts';
import { cellsOf, PLACE_KINDS, PLACES, WORKER } from './layout.ts';

/** A name that something is counted for: `{ kind: 'server', labels: ['pool', 'app', 's1'] }`. */
export interface Counted {
  readonly kind: PlaceKind;
  /** As the families of the kind begin theirs. */
  readonly labels: readonly string[];
}

export interface Place extends Counted {
  /** Its first cell. */
  readonly at: number;
}

/** Stands for names that found no room. No name can be this: it has brackets. */
export const OTHER = '(other)';

/** 2 MiB a worker, of which only what is written takes memory: enough for some 5,000 servers or 400 listeners. */
const CELLS_MAX = 262_144;

export class PlaceBook {
  /** One for each worker: handed to it as it is. */
  readonly blocks: readonly SharedArrayBuffer[];
  readonly #cells: readonly Float64Array[];
  readonly #cellsMax: number;
  readonly #places = new Map<string, Place>();
  readonly #others: Readonly<Record<PlaceKind, Place>>;
  readonly #free: Readonly<Record<PlaceKind, number[]>> = { way: [], listener: [], pool: [], server: [] };
  /** The first cell that was never given away. */
  #next: number = cellsOf(WORKER);
  #missing = 0;

  constructor(workersMax: number, cellsMax: number = CELLS_MAX) {
    this.#cellsMax = cellsMax;
    this.blocks = Array.from(
      { length: workersMax },
      () => new SharedArrayBuffer(cellsMax * Float64Array.BYTES_PER_ELEMENT),
    );
    this.#cells = this.blocks.map((block) => new Float64Array(block));
    const other = (kind: PlaceKind, count: number): Place => {
      const at = this.#room(kind);
      if (at === undefined) throw new RangeError(`Cannot count anything in ${cellsMax} cells`);
      return { kind, labels: new Array<string>(count).fill(OTHER), at };
    };
    this.#others = {
      way: other('way', 2),
      listener: other('listener', 1),
      pool: other('pool', 2),
      server: other('server', 3),
    };
  }

  /** Names without a place of their own, when the last configuration was built. */
  get missing(): number {
    return this.#missing;
  }

  /** Places for all of `names`: those that they have, and new ones; and those called "(other)". */
  assign(names: Iterable<Counted>): readonly Place[] {
    this.#missing = 0;
    const assigned: Place[] = Object.values(this.#others);
    for (const name of names) {
      const place = this.#places.get(keyOf(name)) ?? this.#add(name);
      if (place === undefined) this.#missing++;
      else assigned.push(place);
    }
    return assigned;
  }

  /** Gives up the places of all names but these: no worker may count there any more. */
  keepOnly(names: Iterable<Counted>): void {
    const kept = new Set(Array.from(names, keyOf));
    for (const [key, place] of this.#places) {
      if (kept.has(key)) continue;
      this.#places.delete(key);
      for (const cells of this.#cells) cells.fill(0, place.at, place.at + cellsOf(PLACES[place.kind]));
      this.#free[place.kind].push(place.at);
    }
  }

  /** The place of a name, if it has one. */
  find(name: Counted): Place | undefined {
    return this.#places.get(keyOf(name));
  }

  /** All places that are in use, and those called "(other)" where they have counted something. */
  places(): readonly Place[] {
    const used = PLACE_KINDS.map((kind) => this.#others[kind]).filter((place) => this.#hasCounted(place));
    return [...this.#places.values(), ...used];
  }

  /** What all workers have counted in a cell. */
  sum(at: number): number {
    let sum = 0;
    for (const cells of this.#cells) sum += cells[at] ?? 0;
    return sum;
  }

  /** What one worker says in a cell of its own. */
  ofWorker(worker: number, at: number): number {
    return this.#cells[worker]?.[at] ?? 0;
  }

  #add(name: Counted): Place | undefined {
    const at = this.#room(name.kind);
    if (at === undefined) return undefined;
    const place = { ...name, at };
    this.#places.set(keyOf(name), place);
    return place;
  }

  #room(kind: PlaceKind): number | undefined {
    const free = this.#free[kind].pop();
    if (free !== undefined) return free;
    const at = this.#next;
    const end = at + cellsOf(PLACES[kind]);
    if (end > this.#cellsMax) return undefined;
    this.#next = end;
    return at;
  }

  #hasCounted(place: Place): boolean {
    const end = place.at + cellsOf(PLACES[place.kind]);
    return this.#cells.some((cells) => cells.subarray(place.at, end).some((value) => value !== 0));
  }
}

function keyOf({ kind, labels }: Counted): string {
  // Labels are names of the configuration, in which no line feed can be.
  return `${kind}\n${labels.join('\n')}`;
}
