/**
 * Chains of transformations as a tree, so that rules which begin with the same ones share the work: a node is one
 * transformation after those of its parent. Node 0 is the value as it arrived.
 */
import type { Transformation } from '../transforms/table.ts';
import type { Value } from '../variables/value.ts';

interface ChainNode {
  readonly parent: number;
  readonly transformation: Transformation | undefined;
  readonly children: Map<string, number>;
}

export class TransformTree {
  readonly #nodes: ChainNode[] = [{ parent: -1, transformation: undefined, children: new Map() }];

  get count(): number {
    return this.#nodes.length;
  }

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
      child = this.#nodes.push({ parent, transformation, children: new Map() }) - 1;
      children.set(transformation.name, child);
    }
    return child;
  }

  /** The transformations that lead to a node, in order. */
  pathTo(node: number): readonly Transformation[] {
    const { parent, transformation } = this.#nodes[node]!; // As above.
    return transformation === undefined ? [] : [...this.pathTo(parent), transformation];
  }

  /** The value after the transformations of the node; computed once for a value. */
  textOf(value: Value, node: number): string {
    if (node === 0) return value.text;
    const texts = (value.texts ??= new Map<number, string>());
    const known = texts.get(node);
    if (known !== undefined) return known;
    const { parent, transformation } = this.#nodes[node]!; // As above.
    const before = this.textOf(value, parent);
    const text = transformation === undefined ? before : transformation.run(before);
    texts.set(node, text);
    return text;
  }
}
