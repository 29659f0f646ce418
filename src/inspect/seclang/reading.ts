/**
 * What is shared while one set of rule files is read: the findings, the rules so far, and what need not be made twice.
 */
import type { Checkpoint } from '../checkpoint.ts';
import { FilesRead } from '../files-read.ts';
import type { Operator } from '../operators/operator.ts';
import type { EngineSettings, Phase } from '../rule/sec-rule.ts';
import type { Selector, Target } from '../rule/target.ts';
import type { Template } from '../rule/template.ts';
import { PlanNotes } from '../shared/notes.ts';
import { RegexMemory } from '../rx/memory.ts';
import type { RuleActions } from './rule-actions.ts';
import type { DraftItem } from './rule-draft.ts';
import type { Findings } from './rule-text.ts';
import type { RuleUpdate } from './update-rules.ts';

export interface Reading {
  readonly findings: Findings;
  readonly items: DraftItem[];
  /** Where each id is defined. */
  readonly ids: Map<string, string>;
  /** `SecDefaultAction` of each phase. */
  readonly defaults: Map<Phase, RuleActions>;
  /** In order; carried out when all files are read. */
  readonly updates: RuleUpdate[];
  settings: EngineSettings;
  /** Equal texts become the same object, which saves time here and makes equals cheap to find later. */
  readonly templates: Map<string, Template>;
  readonly targets: Map<string, readonly Target[]>;
  readonly selectors: Map<string, Selector>;
  readonly operators: Map<string, Operator>;
  /** For operators that read files; see OperatorContext. */
  readonly sharedOperators: Map<string, Operator>;
  readonly patterns: RegexMemory;
  readonly filesRead: FilesRead;
  readonly notes: PlanNotes;
  readonly checkpoint: Checkpoint;
}

const NO_SETTINGS: EngineSettings = {
  isResponseBodyRead: undefined,
  responseBodyTypes: undefined,
  jsonDepthMax: undefined,
  argumentsMax: undefined,
  argumentSeparator: undefined,
  collectionTimeoutSeconds: undefined,
  webAppId: undefined,
};

export interface ReadRulesOptions {
  /** True leaves out what is known and not run, with a warning. */
  readonly isLenient?: boolean;
  /** With the answers of an earlier reading, if there was one. */
  readonly filesRead?: FilesRead;
  /** What an earlier reading of the same texts found out; it is added to. */
  readonly notes?: PlanNotes;
  readonly checkpoint?: Checkpoint | undefined;
}

export function beginReading({
  isLenient = false,
  filesRead = new FilesRead(),
  notes = new PlanNotes(),
  checkpoint = () => undefined,
}: ReadRulesOptions): Reading {
  const patterns = new RegexMemory(undefined, notes);
  patterns.unsettle();
  return {
    findings: { mistakes: [], warnings: [], isLenient, refusalCount: 0 },
    items: [],
    ids: new Map(),
    defaults: new Map(),
    updates: [],
    settings: NO_SETTINGS,
    templates: new Map(),
    targets: new Map(),
    selectors: new Map(),
    operators: new Map(),
    sharedOperators: new Map(),
    patterns,
    filesRead,
    notes,
    checkpoint,
  };
}

/** How much was wrong or refused so far: whether a part is sound is told by what came since. */
export function countBad({ findings }: Reading): number {
  return findings.mistakes.length + findings.refusalCount;
}
