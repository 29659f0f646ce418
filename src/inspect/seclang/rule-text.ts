/**
 * One rule file while it is read: its bytes, and where mistakes are told.
 */
import { Buffer } from 'node:buffer';
import type { RuleFile } from '../load-rules.ts';
import type { MistakeCode, RuleMistake } from '../mistake.ts';
import { readable } from './pieces.ts';
import { TextPositions } from './text-positions.ts';

/** What is found while rule files are read; one for all files. */
export interface Findings {
  readonly mistakes: RuleMistake[];
  readonly warnings: RuleMistake[];
  /** True when what is not run is left out with a warning. */
  readonly isLenient: boolean;
  /** How often something was refused, so that the rule it stands in can be left out. */
  refusalCount: number;
}

export class RuleText {
  readonly name: string;
  /** Absolute; undefined for a text that is in no file, which can name no other files. */
  readonly path: string | undefined;
  /** latin1: one character is one byte, as in all values. */
  readonly bytes: string;
  readonly #positions: TextPositions;
  readonly #findings: Findings;

  constructor(file: RuleFile, findings: Findings) {
    this.name = file.name;
    this.path = file.path;
    this.bytes = /[^\0-\x7f]/.test(file.text) ? Buffer.from(file.text, 'utf8').toString('latin1') : file.text;
    this.#positions = new TextPositions(this.bytes);
    this.#findings = findings;
  }

  report(offset: number, code: MistakeCode, text: string): void {
    this.#findings.mistakes.push(this.#finding(offset, code, text));
  }

  warn(offset: number, code: MistakeCode, text: string): void {
    this.#findings.warnings.push(this.#finding(offset, code, text));
  }

  /** For what is known and not run: a mistake, or a warning and the rule is left out. */
  refuse(offset: number, code: MistakeCode, text: string): void {
    if (this.#findings.isLenient) this.leaveOut(offset, code, text);
    else this.report(offset, code, text);
  }

  /** For what never matches here: a warning, and the rule is left out. */
  leaveOut(offset: number, code: MistakeCode, text: string): void {
    this.#findings.refusalCount++;
    this.warn(offset, code, `${text}; what it stands in is left out`);
  }

  /** `file:line` of an offset. */
  place(offset: number): string {
    return `${this.name}:${this.#positions.at(offset).line}`;
  }

  /** Columns count characters as editors do, not bytes. */
  #finding(offset: number, code: MistakeCode, text: string): RuleMistake {
    const { line, column } = this.#positions.at(offset);
    const before = this.bytes.slice(offset - column + 1, offset);
    return { file: this.name, line, column: readable(before).length + 1, code, text };
  }
}
