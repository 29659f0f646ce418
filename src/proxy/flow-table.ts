/**
 * Flows by their keys, and by the addresses of their clients, the one used last at the end: who has to go is at the front.
 *
 * It counts and orders, and ends nothing itself.
 */
export interface TableFlow {
  readonly key: string;
  readonly clientAddress: string;
}

export class FlowTable<Flow extends TableFlow> {
  readonly #flows = new Map<string, Flow>();
  readonly #byClient = new Map<string, Map<string, Flow>>();

  get size(): number {
    return this.#flows.size;
  }

  get flows(): Iterable<Flow> {
    return this.#flows.values();
  }

  /** The flow, which was used now. */
  find(key: string): Flow | undefined {
    const flow = this.#flows.get(key);
    if (flow !== undefined) this.touch(flow);
    return flow;
  }

  /** It was used now. */
  touch(flow: Flow): void {
    moveToEnd(this.#flows, flow);
    const ofClient = this.#byClient.get(flow.clientAddress);
    if (ofClient !== undefined && ofClient.size > 1) moveToEnd(ofClient, flow);
  }

  /** There is none with its key. */
  add(flow: Flow): void {
    this.#flows.set(flow.key, flow);
    let ofClient = this.#byClient.get(flow.clientAddress);
    if (ofClient === undefined) {
      ofClient = new Map();
      this.#byClient.set(flow.clientAddress, ofClient);
    }
    ofClient.set(flow.key, flow);
  }

  remove(flow: Flow): void {
    if (this.#flows.get(flow.key) !== flow) return;
    this.#flows.delete(flow.key);
    const ofClient = this.#byClient.get(flow.clientAddress);
    ofClient?.delete(flow.key);
    if (ofClient?.size === 0) this.#byClient.delete(flow.clientAddress);
  }

  countOf(clientAddress: string): number {
    return this.#byClient.get(clientAddress)?.size ?? 0;
  }

  /** The one used least recently, of one client or of all. */
  oldest(clientAddress?: string): Flow | undefined {
    const flows = clientAddress === undefined ? this.#flows : this.#byClient.get(clientAddress);
    return flows?.values().next().value;
  }
}

function moveToEnd<Flow extends TableFlow>(flows: Map<string, Flow>, flow: Flow): void {
  if (!flows.delete(flow.key)) return;
  flows.set(flow.key, flow);
}
