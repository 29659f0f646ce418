/**
 * `ctl`: changes the engine for the rest of one exchange.
 */
import type { BodyProcessorName, Control } from '../rule/action.ts';
import type { Target } from '../rule/target.ts';
import { readIdChoice, readPatternChoice } from './rule-choice.ts';
import type { ReadChoice } from './rule-choice.ts';

/** A control, why it cannot be read, or that it is refused. */
export type ReadControl = Control | string | { readonly refused: string };

/** Reads targets at the end of the value, and tells their mistakes. */
export type ReadTargets = (text: string) => readonly Target[];

const PROCESSORS: ReadonlySet<string> = new Set(['URLENCODED', 'MULTIPART', 'JSON', 'XML']);

const MODES: ReadonlyMap<string, 'on' | 'detect' | 'off'> = new Map([
  ['on', 'on'],
  ['detectiononly', 'detect'],
  ['off', 'off'],
]);

/** Controls of logs and limits, which belong to the configuration. */
const NO_EFFECT: ReadonlySet<string> = new Set([
  'auditengine',
  'auditlogparts',
  'debugloglevel',
  'requestbodylimit',
  'responsebodylimit',
  'parsexmlintoargs',
]);

const REFUSED: ReadonlySet<string> = new Set([
  'hashengine',
  'hashenforcement',
  'encryptionengine',
  'encryptionenforcement',
]);

type ReadValue = (value: string, readTargets: ReadTargets) => ReadControl;

const CONTROLS: ReadonlyMap<string, ReadValue> = new Map<string, ReadValue>([
  ['ruleengine', readMode],
  ['requestbodyaccess', (value) => readSwitch(value, () => ({ control: 'none', name: 'requestBodyAccess' }))],
  ['responsebodyaccess', (value) => readSwitch(value, (isOn) => ({ control: 'response-body-access', isOn }))],
  [
    'forcerequestbodyvariable',
    (value) => readSwitch(value, (isOn) => ({ control: 'force-request-body', isOn })),
  ],
  [
    'requestbodyprocessor',
    (value) => readProcessor(value, (processor) => ({ control: 'request-body-processor', processor })),
  ],
  [
    'responsebodyprocessor',
    (value) => readProcessor(value, () => ({ control: 'none', name: 'responseBodyProcessor' })),
  ],
  ['ruleremovebyid', (value) => removeRules(readIdChoice(value))],
  ['ruleremovebytag', (value) => removeRules(readPatternChoice('tag', value))],
  ['ruleremovebymsg', (value) => removeRules(readPatternChoice('message', value))],
  ['ruleremovetargetbyid', (value, read) => removeTargets(value, readIdChoice, read)],
  [
    'ruleremovetargetbytag',
    (value, read) => removeTargets(value, (text) => readPatternChoice('tag', text), read),
  ],
  [
    'ruleremovetargetbymsg',
    (value, read) => removeTargets(value, (text) => readPatternChoice('message', text), read),
  ],
]);

/** `NAME=VALUE`. */
export function readControl(text: string, readTargets: ReadTargets): ReadControl {
  const equals = text.indexOf('=');
  if (equals < 0) return 'it has not the form NAME=VALUE';
  const name = text.slice(0, equals).trim();
  const lower = name.toLowerCase();
  const value = text.slice(equals + 1).trim();
  if (REFUSED.has(lower)) return { refused: 'responses are not signed' };
  if (NO_EFFECT.has(lower)) return { control: 'none', name };
  const read = CONTROLS.get(lower);
  if (read === undefined) return `control "${name}" is not known`;
  if (value.includes('%{')) return 'macros cannot stand in a control';
  return read(value, readTargets);
}

function readMode(value: string): ReadControl {
  const mode = MODES.get(value.toLowerCase());
  return mode === undefined ? 'it is neither On, Off nor DetectionOnly' : { control: 'engine', mode };
}

function readSwitch(value: string, make: (isOn: boolean) => Control): ReadControl {
  const word = value.toLowerCase();
  return word === 'on' || word === 'off' ? make(word === 'on') : 'it is neither On nor Off';
}

function readProcessor(value: string, make: (processor: BodyProcessorName) => Control): ReadControl {
  const processor = value.toUpperCase();
  if (!PROCESSORS.has(processor)) return 'it is none of URLENCODED, MULTIPART, JSON and XML';
  // The set holds these names only.
  return make(processor as BodyProcessorName);
}

function removeRules(read: ReadChoice): ReadControl {
  return 'problem' in read ? read.problem : { control: 'remove-rules', rules: read.choice };
}

/** `CHOICE;TARGETS`. */
function removeTargets(
  value: string,
  readChoice: (text: string) => ReadChoice,
  read: ReadTargets,
): ReadControl {
  const semicolon = value.indexOf(';');
  if (semicolon < 0) return 'it has not the form RULES;TARGET';
  const choice = readChoice(value.slice(0, semicolon).trim());
  if ('problem' in choice) return choice.problem;
  return {
    control: 'remove-targets',
    rules: choice.choice,
    targets: read(value.slice(semicolon + 1).trim()),
  };
}
