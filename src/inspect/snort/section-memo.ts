/**
 * What rules of Snort found in whole field sections that came before (match/seen-sections.ts).
 */
import type { SectionNotes, SeenSection } from '../match/seen-sections.ts';
import type { NeedIds } from './need-scan.ts';
import type { RuleIndex } from './rule-index.ts';

/** What is known of a section. */
export interface KnownSection {
  readonly needs: NeedIds;
  /** Those of them under which rules are listed that have not failed; undefined: yet to be found. */
  listed: NeedIds | undefined;
  /** The fields as rules see them, written once a rule asks. */
  text: string | undefined;
  /** Rules that no request with this section can match: what they ask of its fields alone was found not to hold. */
  failed: Set<number> | undefined;
}

/** Rules that are noted for one section; those beyond are evaluated each time. */
const FAILED_MAX = 64;

/** Notes that what the rule asks of the fields alone does not hold in this section. */
export function noteFailed(section: KnownSection, rule: number): void {
  const failed = (section.failed ??= new Set<number>());
  if (failed.size >= FAILED_MAX) return;
  failed.add(rule);
  section.listed = undefined;
}

const NONE: ReadonlySet<number> = new Set();

/** The needs by which a rule may be named in this section. */
export function listedIn(section: KnownSection, index: RuleIndex): NeedIds {
  return (section.listed ??= index.listedBesides(section.needs, section.failed ?? NONE));
}

/** What is known at first, and what that costs; with the text as rules see it, and rules that failed, as a rule a few. */
export function keepNeeds(notes: SectionNotes<KnownSection>, section: SeenSection, needs: NeedIds): void {
  notes.keep(
    section,
    { needs, listed: undefined, text: undefined, failed: undefined },
    section.text.length + NOTE_BYTES,
  );
}

const NOTE_BYTES = 384;
