/**
 * Plain data with typed arrays as one SharedArrayBuffer, which all threads look at without a copy: how compiled rules go
 * from the thread that compiled them to the workers.
 *
 * The layout, version 2. Numbers are of 32 bits in the order of the machine: it never leaves the process.
 *
 *     word 0   MAGIC
 *     word 1   VERSION
 *     word 2   bytes of the outline
 *     word 3   count of arrays
 *     then     three words for each array: its kind (KINDS), where its bytes begin, how many elements it has
 *     then     the outline: the data as JSON in UTF-8, each array in it as {"$array": number}
 *     then     the arrays, each at a multiple of 8
 *
 * Nobody may write to it: what changes while rules run is copied by who changes it.
 */
import { Buffer } from 'node:buffer';

/** "SPLN". */
const MAGIC = 0x53504c4e;
/** To be raised with any change of the layout, or of what is packed by it. */
const VERSION = 2;
const HEAD_WORDS = 4;
const ENTRY_WORDS = 3;
const ALIGNMENT = 8;
/** What stands for an array in the outline. No data may have a key of this name. */
const ARRAY_KEY = '$array';

type SharedView = Uint8Array | Uint16Array | Int32Array | Uint32Array;
type ViewKind = new (memory: SharedArrayBuffer, start?: number, length?: number) => SharedView;

/** Kinds are numbered by their place. */
const KINDS: readonly ViewKind[] = [Uint8Array, Uint16Array, Int32Array, Uint32Array];

/**
 * `value` is made of objects, arrays, texts, finite numbers, booleans and typed arrays of the kinds above. What is
 * undefined is left out of objects. Throws for anything else: this is a defect of who calls.
 */
export function packShared(value: unknown): SharedArrayBuffer {
  const arrays: SharedView[] = [];
  const outline = Buffer.from(outlineOf(value, arrays));
  const starts: number[] = [];
  let end = 4 * (HEAD_WORDS + ENTRY_WORDS * arrays.length) + outline.length;
  for (const { byteLength } of arrays) {
    end = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    starts.push(end);
    end += byteLength;
  }
  const shared = new SharedArrayBuffer(end);
  const words = new Int32Array(shared, 0, HEAD_WORDS + ENTRY_WORDS * arrays.length);
  words.set([MAGIC, VERSION, outline.length, arrays.length]);
  for (const [index, array] of arrays.entries()) {
    const start = starts[index]!; // One for each.
    words.set([kindOf(array), start, array.length], HEAD_WORDS + ENTRY_WORDS * index);
    new Uint8Array(shared, start, array.byteLength).set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
  }
  new Uint8Array(shared, words.byteLength, outline.length).set(outline);
  return shared;
}

/** What was packed, its arrays within `shared`. Throws when it is of another version, or nothing that was packed. */
export function unpackShared(shared: SharedArrayBuffer): unknown {
  const [magic, version, outlineBytes = 0, count = 0] = new Int32Array(
    shared,
    0,
    Math.min(HEAD_WORDS, shared.byteLength >>> 2),
  );
  if (magic !== MAGIC) throw new TypeError('Cannot read compiled rules: this is something else');
  if (version !== VERSION) {
    throw new TypeError(`Cannot read compiled rules: they are of version ${version}, not ${VERSION}`);
  }
  const words = new Int32Array(shared, 0, HEAD_WORDS + ENTRY_WORDS * count);
  // Decoders take no shared memory.
  const outline = new TextDecoder().decode(new Uint8Array(shared, words.byteLength, outlineBytes).slice());
  return JSON.parse(outline, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || !(ARRAY_KEY in part)) return part;
    return viewAt(shared, words, Number(part[ARRAY_KEY]));
  });
}

/** The data as JSON; its arrays are added to `arrays`, each once. */
function outlineOf(value: unknown, arrays: SharedView[]): string {
  const standIns = new Map<SharedView, object>();
  function replace(this: Readonly<Record<string, unknown>>, key: string): unknown {
    // Not what toJSON would make of it.
    const part = this[key];
    if (key === ARRAY_KEY && ![...standIns.values()].includes(this)) {
      throw new TypeError(`Cannot share a key "${key}"`);
    }
    if (!isView(part)) return checked(part);
    const known = standIns.get(part) ?? { [ARRAY_KEY]: arrays.push(part) - 1 };
    standIns.set(part, known);
    return known;
  }
  return JSON.stringify(value, replace);
}

function viewAt(shared: SharedArrayBuffer, words: Int32Array, place: number): SharedView {
  const entry = HEAD_WORDS + ENTRY_WORDS * place;
  const Kind = KINDS[words[entry] ?? -1];
  if (Kind === undefined) throw new TypeError(`Cannot read compiled rules: there is no array ${place}`);
  return new Kind(shared, words[entry + 1], words[entry + 2]);
}

function isView(part: unknown): part is SharedView {
  return ArrayBuffer.isView(part) && KINDS.some((Kind) => part instanceof Kind);
}

function kindOf(array: SharedView): number {
  return KINDS.findIndex((Kind) => array instanceof Kind);
}

/** What JSON would change without a word. */
function checked(part: unknown): unknown {
  const isOdd =
    typeof part === 'function' ||
    typeof part === 'bigint' ||
    typeof part === 'symbol' ||
    (typeof part === 'number' && !Number.isFinite(part)) ||
    (typeof part === 'object' && part !== null && !isPlain(part));
  if (isOdd) throw new TypeError(`Cannot share ${typeof part}: it is no plain data`);
  return part;
}

function isPlain(part: object): boolean {
  return Array.isArray(part) || Object.getPrototypeOf(part) === Object.prototype;
}
