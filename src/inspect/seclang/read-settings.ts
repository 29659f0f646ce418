/**
 * Directives that set the engine: those that we follow, and those whose matter is settled elsewhere.
 */
import type { EngineSettings } from '../rule/sec-rule.ts';
import { quoted } from './pieces.ts';
import type { Reading } from './reading.ts';
import type { RuleText } from './rule-text.ts';
import type { Word } from './words.ts';

/** What changes in the settings, or why the words cannot be read. */
type ReadSetting = (words: readonly string[], before: EngineSettings) => Partial<EngineSettings> | string;

const MODES: ReadonlySet<string> = new Set(['on', 'detectiononly', 'off']);
const readEngine: ReadSetting = one(readMode);

/** JSON deeper than this is refused whatever the rules say: its reader keeps a stack of it. */
const JSON_DEPTH_MAX = 10_000;
const ARGUMENTS_MAX = 1_000_000;
/** A year. */
const TIMEOUT_SECONDS_MAX = 31_536_000;

/** By name in lower case; the name as the manual spells it. */
export const SETTINGS: ReadonlyMap<string, { readonly name: string; readonly read: ReadSetting }> = byName([
  ['SecRuleEngine', readEngine],
  // Which bodies are inspected is the configuration's matter.
  ['SecRequestBodyAccess', one((word) => readSwitch(word, () => ({})))],
  [
    'SecResponseBodyAccess',
    one((word) => readSwitch(word, (isResponseBodyRead) => ({ isResponseBodyRead }))),
  ],
  ['SecResponseBodyMimeType', addTypes],
  ['SecResponseBodyMimeTypesClear', clearTypes],
  [
    'SecRequestBodyJsonDepthLimit',
    one((word) => readNumber(word, 1, JSON_DEPTH_MAX, (jsonDepthMax) => ({ jsonDepthMax }))),
  ],
  [
    'SecArgumentsLimit',
    one((word) => readNumber(word, 1, ARGUMENTS_MAX, (argumentsMax) => ({ argumentsMax }))),
  ],
  ['SecArgumentSeparator', one(readSeparator)],
  [
    'SecCollectionTimeout',
    one((word) =>
      readNumber(word, 1, TIMEOUT_SECONDS_MAX, (collectionTimeoutSeconds) => ({ collectionTimeoutSeconds })),
    ),
  ],
  ['SecWebAppId', one((word) => (word === '' ? 'the name is empty' : { webAppId: word }))],
  ['SecComponentSignature', one(() => ({}))],
]);

export const SETTING_NAMES: readonly string[] = [...SETTINGS.values()].map(({ name }) => name);

/** The first word is the name of the directive. */
export function readSetting(reading: Reading, text: RuleText, name: Word, words: readonly Word[]): void {
  const setting = SETTINGS.get(name.text.toLowerCase());
  const change = setting?.read(
    words.map((word) => word.text),
    reading.settings,
  );
  if (typeof change === 'string') {
    const offset = words[0]?.start ?? name.start;
    text.report(offset, 'directive-arguments', `Cannot read ${setting?.name ?? name.text}: ${change}`);
    return;
  }
  reading.settings = { ...reading.settings, ...change };
  if (setting?.read === readEngine) warnOfWeaker(text, name, words);
}

/** Who brings rules from elsewhere brings this, too: the recommended file of ModSecurity begins with DetectionOnly. */
function warnOfWeaker(text: RuleText, name: Word, words: readonly Word[]): void {
  const [mode] = words;
  if (mode === undefined || mode.text.toLowerCase() === 'on') return;
  const message = `SecRuleEngine ${mode.text} has no effect: "inspection" in the configuration says what rules may do`;
  text.warn(name.start, 'directive-ignored', message);
}

function byName(
  rows: readonly (readonly [name: string, read: ReadSetting])[],
): ReadonlyMap<string, { readonly name: string; readonly read: ReadSetting }> {
  return new Map(rows.map(([name, read]) => [name.toLowerCase(), { name, read }]));
}

function one(read: (word: string) => Partial<EngineSettings> | string): ReadSetting {
  return (words) => {
    const [word] = words;
    return word === undefined || words.length > 1 ? `it needs one word, and has ${words.length}` : read(word);
  };
}

/** The mode is that of the configuration, whatever this says. */
function readMode(word: string): Partial<EngineSettings> | string {
  return MODES.has(word.toLowerCase()) ? {} : `${quoted(word)} is neither On, Off nor DetectionOnly`;
}

function readSwitch(
  word: string,
  make: (isOn: boolean) => Partial<EngineSettings>,
): Partial<EngineSettings> | string {
  const lower = word.toLowerCase();
  return lower === 'on' || lower === 'off' ? make(lower === 'on') : `${quoted(word)} is neither On nor Off`;
}

function readNumber(
  word: string,
  min: number,
  max: number,
  make: (value: number) => Partial<EngineSettings>,
): Partial<EngineSettings> | string {
  const value = /^\d{1,12}$/.test(word) ? Number(word) : -1;
  return value < min || value > max
    ? `${quoted(word)} is no whole number from ${min} to ${max}`
    : make(value);
}

function readSeparator(word: string): Partial<EngineSettings> | string {
  return word.length === 1 ? { argumentSeparator: word } : `${quoted(word)} is not one character`;
}

/** Several directives add up. */
function addTypes(words: readonly string[], before: EngineSettings): Partial<EngineSettings> | string {
  const wrong = words.find((word) => !/^[^\s/]+\/[^\s/]+$/.test(word) && word !== '(null)');
  if (words.length === 0) return 'a type such as text/html is missing';
  if (wrong !== undefined) return `${quoted(wrong)} is no type such as text/html`;
  const types = [...(before.responseBodyTypes ?? []), ...words.map((word) => word.toLowerCase())];
  return { responseBodyTypes: [...new Set(types)] };
}

function clearTypes(words: readonly string[]): Partial<EngineSettings> | string {
  return words.length === 0 ? { responseBodyTypes: [] } : 'it takes no word';
}
