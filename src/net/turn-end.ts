/**
 * What is done together once all events of a turn of the event loop have been handled.
 *
 *     events:    head a · head b · response c · head d │ end of the turn: connect a · connect b · connect d
 *
 * Connections that are made one right after the other cost less than the same ones with other work in between: who is
 * connected to is still awake, and what the calls need is at hand.
 */

/** Somebody who waits for the end of the turn. */
export interface TurnWait {
  /** The end has come. */
  readonly isOver: boolean;
  /** It will not be called. */
  leave(): void;
}

export class TurnEnd {
  readonly #onDefect: (error: unknown) => void;
  #waiting: Waiting[] = [];

  /** `onDefect` gets what somebody throws who was called; the others are called all the same. */
  constructor(onDefect: (error: unknown) => void) {
    this.#onDefect = onDefect;
  }

  /** Calls `goOn` at the end of this turn; when it is already there, at the end of the next. */
  wait(goOn: () => void): TurnWait {
    const waiting = new Waiting(goOn);
    if (this.#waiting.push(waiting) === 1) setImmediate(() => this.#come());
    return waiting;
  }

  #come(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) {
      try {
        one.come();
      } catch (error) {
        this.#onDefect(error);
      }
    }
  }
}

class Waiting implements TurnWait {
  isOver = false;
  #goOn: (() => void) | undefined;

  constructor(goOn: () => void) {
    this.#goOn = goOn;
  }

  come(): void {
    this.isOver = true;
    this.#goOn?.();
  }

  leave(): void {
    this.#goOn = undefined;
  }
}
