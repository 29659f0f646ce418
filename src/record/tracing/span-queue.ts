/** Spans that wait for the collector, within a bound of characters: the newest stay, since they are what is looked for. */

interface Waiting {
  readonly count: number;
  readonly text: string;
}

export class SpanQueue {
  #batches: Waiting[] = [];
  #chars = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds a batch, and drops the oldest ones beyond `charsMax`. How many spans were dropped. */
  add(batch: Waiting, charsMax: number): number {
    this.#batches.push(batch);
    this.#chars += batch.text.length;
    this.#count += batch.count;
    let dropped = 0;
    while (this.#chars > charsMax) dropped += this.#shift()?.count ?? 0;
    return dropped;
  }

  /** As many batches from the front as have `countMax` spans and `charsMax` characters together, and at least one. */
  take(countMax: number, charsMax: number): { readonly count: number; readonly texts: readonly string[] } {
    const texts: string[] = [];
    let count = 0;
    let chars = 0;
    for (let next = this.#batches[0]; next !== undefined; next = this.#batches[0]) {
      if (count > 0 && (count + next.count > countMax || chars + next.text.length > charsMax)) break;
      this.#shift();
      texts.push(next.text);
      count += next.count;
      chars += next.text.length;
    }
    return { count, texts };
  }

  /** Forgets all. How many spans that were. */
  clear(): number {
    const count = this.#count;
    this.#batches = [];
    this.#chars = 0;
    this.#count = 0;
    return count;
  }

  #shift(): Waiting | undefined {
    const batch = this.#batches.shift();
    if (batch === undefined) return undefined;
    this.#chars -= batch.text.length;
    this.#count -= batch.count;
    return batch;
  }
}
