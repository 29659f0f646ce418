/**
 * Who is here, for very many who come and go: added, taken out and looked at, in no order.
 *
 * A `Set` is the obvious thing, and costs much more than it seems to where members do not live long: with every few dozen
 * of them it moves into a new table, and the old one refers to the next. As soon as one table has been moved to the old
 * generation of V8's heap, all later ones, with everybody who was in them at the time, stay in memory until that is
 * collected as a whole. With a new connection for each request, half of the young generation survived for nothing.
 */

/** A member of at most one roster of its kind. */
export interface Rostered {
  /** Its place; kept by Roster, -1 when it is in none. */
  rosterIndex: number;
}

export class Roster<T extends Rostered> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    if (member.rosterIndex !== -1) return;
    member.rosterIndex = this.#members.length;
    this.#members.push(member);
  }

  /** False when it is not here. */
  remove(member: T): boolean {
    const members = this.#members;
    const index = member.rosterIndex;
    if (index === -1 || members[index] !== member) return false;
    const last = members.pop()!; // member is here, so there is a last one.
    if (last !== member) {
      members[index] = last;
      last.rosterIndex = index;
    }
    member.rosterIndex = -1;
    return true;
  }

  /** Those who are here now, for a loop in which they may leave. */
  all(): T[] {
    return this.#members.slice();
  }
}
