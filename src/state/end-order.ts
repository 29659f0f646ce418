/**
 * Items ordered by when they end: a binary heap with that which ends first at the front.
 *
 * Each item knows its place, so that setting another end and taking one out of the middle are O(log n): whoever can cause
 * entries (an attacker with many addresses) must not be able to cause a search through all of them for each. Where items
 * and places are kept is their owner's matter: in objects, or in memory that threads share.
 */

export interface EndOrder<Item> {
  /** Items are at the places from 0 to below this. */
  readonly count: number;
  itemAt(place: number): Item;
  endOf(item: Item): number;
  /** `item` is at `place` from now on. */
  put(item: Item, place: number): void;
}

/** Moves the item at `place` up or down until its parent ends no later and its children no earlier. */
export function settle<Item>(order: EndOrder<Item>, place: number): void {
  sink(order, rise(order, place));
}

/** Up only; answers where it is then. */
export function rise<Item>(order: EndOrder<Item>, start: number): number {
  let place = start;
  while (place > 0) {
    const above = (place - 1) >> 1;
    if (endAt(order, above) <= endAt(order, place)) return place;
    swap(order, above, place);
    place = above;
  }
  return place;
}

function sink<Item>(order: EndOrder<Item>, start: number): void {
  let place = start;
  for (;;) {
    const left = 2 * place + 1;
    const least = endAt(order, left + 1) < endAt(order, left) ? left + 1 : left;
    if (endAt(order, least) >= endAt(order, place)) return;
    swap(order, least, place);
    place = least;
  }
}

/** Infinity below the last row, so that nothing sinks out of the heap. */
function endAt<Item>(order: EndOrder<Item>, place: number): number {
  return place < order.count ? order.endOf(order.itemAt(place)) : Infinity;
}

function swap<Item>(order: EndOrder<Item>, left: number, right: number): void {
  const item = order.itemAt(left);
  order.put(order.itemAt(right), left);
  order.put(item, right);
}
