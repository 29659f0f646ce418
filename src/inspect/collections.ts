/**
 * Collections that outlive an exchange (IP, GLOBAL, SESSION, USER, RESOURCE), as inspection needs them. Where they are
 * kept is not its business; every implementation has a bound on keys and members, and ends them after their time.
 */

export interface StoredCollection {
  /** The members that have not ended, names in lower case. */
  members(): ReadonlyMap<string, string>;
  /** One of them. */
  get(name: string): string | undefined;
  /**
   * Sets what `make` makes of the text that is there; nobody else changes it in between, in any thread. False when that
   * could not be kept. `make` only computes, and may be called for nothing.
   */
  change(name: string, make: (known: string | undefined) => string): boolean;
  delete(name: string): void;
  /** The member ends after so many seconds. */
  expire(name: string, seconds: number): void;
  /** The number in the member sinks by `amount` for every `seconds` since it was written, not below 0. */
  deprecate(name: string, amount: number, seconds: number): void;
}

export interface CollectionStore {
  /** The collection of this kind and key, which is there from the first write on. `timeoutSeconds` without one end it. */
  open(collection: string, key: string, timeoutSeconds: number): StoredCollection;
}
