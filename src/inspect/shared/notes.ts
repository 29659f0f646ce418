/**
 * What compiling rules of SecLang found out that takes long to find out: noted in the thread that compiles them, and given
 * to others that compile the same texts.
 *
 * Compiling is a pure function of the texts, so that whoever has the same texts has the same rules; a note only spares
 * the work. It is known by a name that is the same in both, and its value is plain data (pack.ts).
 */
export class PlanNotes {
  readonly #noted: Map<string, unknown>;

  constructor(noted: Readonly<Record<string, unknown>> = {}) {
    this.#noted = new Map(Object.entries(noted));
  }

  /** What was noted under this name, or what `make` makes, which is noted. */
  of<Noted>(name: string, make: () => Noted): Noted {
    // Whoever noted under this name had the same type.
    const known = this.#noted.get(name) as Noted | undefined;
    if (known !== undefined) return known;
    const made = make();
    this.#noted.set(name, made);
    return made;
  }

  get noted(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.#noted);
  }
}
