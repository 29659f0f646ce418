/**
 * Makes a minimal automaton of patterns over letters: pattern → graph of steps (Thompson) → sets (subset
 * construction) → classes (Moore).
 *
 * Patterns know letters, `.`, `[set]`, `[^set]`, `(a|b)`, `?`, `*`, `+`, and `{NAME}`. State 0 refuses for good, state
 * 1 accepts for good, whatever follows; state 2 is where it begins.
 */
export interface Automaton {
  /** One row a state: the next state for each letter, in the order of the letters. */
  readonly rows: readonly (readonly number[])[];
}

/** The sign for the end of the input; a pattern's `.` and `[^…]` never stand for it. */
export const END = '$';

interface Graph {
  /** Steps without a letter. */
  readonly free: number[][];
  /** Steps with one: letters as a set, and where to. */
  readonly steps: { readonly letters: ReadonlySet<string>; readonly to: number }[][];
}

interface Piece {
  readonly start: number;
  readonly end: number;
}

export function makeAutomaton(
  patterns: readonly string[],
  letters: string,
  named: Readonly<Record<string, string>>,
): Automaton {
  const graph: Graph = { free: [], steps: [] };
  const start = addNode(graph);
  const accept = addNode(graph);
  for (const pattern of patterns) {
    const piece = new PatternReader(expandNames(pattern, named), letters, graph).read();
    graph.free[start]!.push(piece.start);
    graph.free[piece.end]!.push(accept);
  }
  return minimise(toSets(graph, start, accept, [...Array.from(letters), END]));
}

function expandNames(pattern: string, named: Readonly<Record<string, string>>): string {
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = named[name];
    if (value === undefined) throw new Error(`Cannot read pattern "${pattern}": {${name}} is not known`);
    return `(${expandNames(value, named)})`;
  });
}

function addNode(graph: Graph): number {
  graph.free.push([]);
  return graph.steps.push([]) - 1;
}

class PatternReader {
  readonly #pattern: string;
  readonly #letters: string;
  readonly #graph: Graph;
  #at = 0;

  constructor(pattern: string, letters: string, graph: Graph) {
    this.#pattern = pattern;
    this.#letters = letters;
    this.#graph = graph;
  }

  read(): Piece {
    const piece = this.#choice();
    if (this.#at < this.#pattern.length) throw this.#mistake();
    return piece;
  }

  #choice(): Piece {
    const start = addNode(this.#graph);
    const end = addNode(this.#graph);
    do {
      const piece = this.#sequence();
      this.#graph.free[start]!.push(piece.start);
      this.#graph.free[piece.end]!.push(end);
    } while (this.#skip('|'));
    return { start, end };
  }

  #sequence(): Piece {
    const start = addNode(this.#graph);
    let end = start;
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at]!)) {
      const piece = this.#repeated();
      this.#graph.free[end]!.push(piece.start);
      end = piece.end;
    }
    return { start, end };
  }

  #repeated(): Piece {
    const piece = this.#one();
    const start = addNode(this.#graph);
    const end = addNode(this.#graph);
    const { free } = this.#graph;
    free[start]!.push(piece.start);
    free[piece.end]!.push(end);
    if (this.#skip('?')) free[start]!.push(end);
    else if (this.#skip('+')) free[end]!.push(start);
    else if (this.#skip('*')) {
      free[end]!.push(start);
      free[start]!.push(end);
      // The end must not be left by another's way back.
      const after = addNode(this.#graph);
      free[end]!.push(after);
      return { start, end: after };
    }
    return { start, end };
  }

  #one(): Piece {
    if (this.#skip('(')) {
      const piece = this.#choice();
      if (!this.#skip(')')) throw this.#mistake();
      return piece;
    }
    const start = addNode(this.#graph);
    const end = addNode(this.#graph);
    this.#graph.steps[start]!.push({ letters: this.#set(), to: end });
    return { start, end };
  }

  #set(): ReadonlySet<string> {
    const letter = this.#pattern[this.#at++]!; // Callers ask only before the end.
    if (letter === '.') return new Set(this.#letters);
    if (letter !== '[') return new Set([this.#known(letter)]);
    const isNegated = this.#skip('^');
    const close = this.#pattern.indexOf(']', this.#at);
    if (close === -1) throw this.#mistake();
    const named = Array.from(this.#pattern.slice(this.#at, close)).map((each) => this.#known(each));
    this.#at = close + 1;
    return new Set(isNegated ? Array.from(this.#letters).filter((each) => !named.includes(each)) : named);
  }

  #known(letter: string): string {
    if (letter !== END && !this.#letters.includes(letter)) throw this.#mistake();
    return letter;
  }

  #skip(letter: string): boolean {
    if (this.#pattern[this.#at] !== letter) return false;
    this.#at++;
    return true;
  }

  #mistake(): Error {
    return new Error(`Cannot read pattern "${this.#pattern}": unexpected at ${this.#at}`);
  }
}

/** States as sets of nodes; a set with the accepting node is state 1. */
function toSets(graph: Graph, start: number, accept: number, letters: readonly string[]): Automaton {
  const first = closure(graph, [start]);
  const numbers = new Map<string, number>([[first.join(), 2]]);
  const rows: number[][] = [letters.map(() => 0), letters.map(() => 1)];
  const sets: number[][] = [[], [], first];
  for (let state = 2; state < sets.length; state++) {
    rows.push(letters.map((letter) => numberOf(step(graph, sets[state]!, letter))));
  }
  return { rows };

  function numberOf(set: number[]): number {
    if (set.length === 0) return 0;
    if (set.includes(accept)) return 1;
    const name = set.join();
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, sets.length);
    return sets.push(set) - 1;
  }
}

function step(graph: Graph, set: readonly number[], letter: string): number[] {
  const next = set.flatMap((node) =>
    graph.steps[node]!.filter((each) => each.letters.has(letter)).map((each) => each.to),
  );
  return closure(graph, next);
}

function closure(graph: Graph, nodes: readonly number[]): number[] {
  const seen = new Set(nodes);
  const left = [...nodes];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    for (const next of graph.free[node]!) {
      if (!seen.has(next)) {
        seen.add(next);
        left.push(next);
      }
    }
  }
  return [...seen].sort((a, b) => a - b);
}

/** Puts states together that no input tells apart. */
function minimise({ rows }: Automaton): Automaton {
  let kinds: number[] = rows.map((_, state) => (state === 1 ? 1 : 0));
  for (let count = 2; ;) {
    const names = new Map<string, number>();
    // State 0 comes first and state 1 second, so that they keep their numbers.
    const next = rows.map((row, state): number => {
      const name = `${kinds[state]!}:${row.map((to) => kinds[to]!).join()}`;
      if (!names.has(name)) names.set(name, names.size);
      return names.get(name)!;
    });
    kinds = next;
    if (names.size === count) break;
    count = names.size;
  }
  const smaller: number[][] = [];
  rows.forEach((row, state) => (smaller[kinds[state]!] ??= row.map((to) => kinds[to]!)));
  return { rows: smaller };
}
