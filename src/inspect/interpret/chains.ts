/**
 * Chains of transformations as a tree, so that rules which begin with the same ones share the work: a node is one
 * transformation after those of its parent. Node 0 is the value as it arrived.
 */
import type { Transformation } from '../transforms/table.ts';
import type { Result, Value } from '../variables/value.ts';

interface ChainNode {
  readonly parent: number;
  readonly run: (value: string) => string;
  readonly children: Map<string, number>;
}

export class Chains {
  readonly #nodes: ChainNode[] = [{ parent: -1, run: (value) => value, children: new Map() }];

  /** The nodes of a chain from the first transformation to the last; empty for none. */
  nodesFor(transformations: readonly Transformation[]): readonly number[] {
    const path: number[] = [];
    let node = 0;
    for (const transformation of transformations) {
      node = this.#childOf(node, transformation);
      path.push(node);
    }
    return path;
  }

  #childOf(parent: number, transformation: Transformation): number {
    const { children } = this.#nodes[parent]!; // Only numbers that were given out come back.
    let child = children.get(transformation.name);
    if (child === undefined) {
      child = this.#nodes.push({ parent, run: transformation.run, children: new Map() }) - 1;
      children.set(transformation.name, child);
    }
    return child;
  }

  /** The value after the transformations of the node; computed once for a value. A value unchanged is the same result. */
  resultOf(value: Value, node: number): Result {
    const known = value.results[node];
    if (known !== undefined) return known;
    const result = node === 0 ? { text: value.text, candidates: undefined } : this.#compute(value, node);
    value.results[node] = result;
    return result;
  }

  #compute(value: Value, node: number): Result {
    const { parent, run } = this.#nodes[node]!; // As above.
    const before = this.resultOf(value, parent);
    const text = run(before.text);
    return text === before.text ? before : { text, candidates: undefined };
  }
}
