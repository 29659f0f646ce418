/** What a check of the whole configuration sees besides the values: what was written where, and a way to complain. */
import type { Config } from './config.ts';
import { diagnose } from './diagnostic.ts';
import type { DiagnosticCode } from './diagnostic-codes.ts';
import { report } from './problems.ts';
import type { Place, Reading } from './reader.ts';
import type { Span } from './source.ts';
import { pathKey } from './where.ts';

/** The keys from the top of the file: `pools`, `app`, `servers`. */
export type Path = readonly string[];

export interface Checking {
  readonly config: Config;
  isWritten(path: Path): boolean;
  /** True when something within the key was reported: its value is not what was meant, and says nothing. */
  isBroken(path: Path): boolean;
  /** Complains about the key, or the nearest one around it that is written. */
  report(path: Path, code: DiagnosticCode, message: string, hint?: string): void;
}

export function makeChecking(reading: Reading, config: Config): Checking {
  return {
    config,
    isWritten: (path) => reading.places.has(pathKey(path)),
    isBroken: (path) => reading.places.get(pathKey(path))?.isBroken ?? false,
    report: (path, code, message, hint) =>
      report(reading.problems, diagnose(reading.source, spanOf(reading.places, path), code, message, hint)),
  };
}

function spanOf(places: ReadonlyMap<string, Place>, path: Path): Span {
  for (let length = path.length; length > 0; length--) {
    const place = places.get(pathKey(path.slice(0, length)));
    if (place !== undefined) return place.span;
  }
  return { start: 0, end: 0 };
}
