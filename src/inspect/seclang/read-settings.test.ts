import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineSettings } from '../rule/sec-rule.ts';
import { formatMistake } from '../mistake.ts';
import { readRules } from './read-rules.ts';

const SETTINGS: readonly (readonly [text: string, settings: Partial<EngineSettings>])[] = [
  ['', {}],
  ['SecRuleEngine On', {}],
  ['SecRequestBodyAccess On', {}],
  ['SecRequestBodyAccess off', {}],
  ['SecResponseBodyAccess On', { isResponseBodyRead: true }],
  ['SecResponseBodyMimeType text/html TEXT/Plain', { responseBodyTypes: ['text/html', 'text/plain'] }],
  [
    'SecResponseBodyMimeType text/html\nSecResponseBodyMimeType text/html (null)',
    { responseBodyTypes: ['text/html', '(null)'] },
  ],
  ['SecResponseBodyMimeType text/html\nSecResponseBodyMimeTypesClear', { responseBodyTypes: [] }],
  ['SecRequestBodyJsonDepthLimit 512', { jsonDepthMax: 512 }],
  ['SecArgumentsLimit 1000', { argumentsMax: 1000 }],
  ['SecArgumentSeparator ;', { argumentSeparator: ';' }],
  ['SecCollectionTimeout 600', { collectionTimeoutSeconds: 600 }],
  ['SecWebAppId shop', { webAppId: 'shop' }],
  ['SecComponentSignature "a b"', {}],
];

const NOTHING = readRules([]).ruleSet.settings;

for (const [text, settings] of SETTINGS) {
  test(`the settings of ${JSON.stringify(text)}`, () => {
    const { ruleSet, mistakes, warnings } = readRules([{ name: 'a.conf', text }]);
    assert.deepEqual([mistakes, warnings], [[], []]);
    assert.deepEqual(ruleSet.settings, { ...NOTHING, ...settings });
  });
}

test('a SecRuleEngine that would weaken what the configuration says is told', () => {
  const text = 'SecRuleEngine "detectiononly"\nsecruleengine OFF\nSecRuleEngine On';
  const { ruleSet, warnings } = readRules([{ name: 'a.conf', text }]);
  assert.deepEqual(ruleSet.settings, NOTHING);
  const because =
    'has no effect: "inspection" in the configuration says what rules may do [directive-ignored]';
  assert.deepEqual(warnings.map(formatMistake), [
    `a.conf:1:1: SecRuleEngine detectiononly ${because}`,
    `a.conf:2:1: SecRuleEngine OFF ${because}`,
  ]);
});

const MISTAKES: readonly (readonly [text: string, mistake: string])[] = [
  ['SecRuleEngine', '1:1: Cannot read SecRuleEngine: it needs one word, and has 0'],
  ['SecRuleEngine On Off', '1:15: Cannot read SecRuleEngine: it needs one word, and has 2'],
  ['SecRuleEngine Maybe', '1:15: Cannot read SecRuleEngine: "Maybe" is neither On, Off nor DetectionOnly'],
  ['SecRequestBodyAccess 1', '1:22: Cannot read SecRequestBodyAccess: "1" is neither On nor Off'],
  ['SecResponseBodyAccess ""', '1:24: Cannot read SecResponseBodyAccess: "" is neither On nor Off'],
  [
    'SecResponseBodyMimeType',
    '1:1: Cannot read SecResponseBodyMimeType: a type such as text/html is missing',
  ],
  [
    'SecResponseBodyMimeType html',
    '1:25: Cannot read SecResponseBodyMimeType: "html" is no type such as text/html',
  ],
  ['SecResponseBodyMimeTypesClear x', '1:31: Cannot read SecResponseBodyMimeTypesClear: it takes no word'],
  [
    'SecRequestBodyJsonDepthLimit 0',
    '1:30: Cannot read SecRequestBodyJsonDepthLimit: "0" is no whole number from 1 to 10000',
  ],
  [
    'SecRequestBodyJsonDepthLimit 1e3',
    '1:30: Cannot read SecRequestBodyJsonDepthLimit: "1e3" is no whole number from 1 to 10000',
  ],
  ['SecArgumentsLimit -1', '1:19: Cannot read SecArgumentsLimit: "-1" is no whole number from 1 to 1000000'],
  ['SecArgumentSeparator ab', '1:22: Cannot read SecArgumentSeparator: "ab" is not one character'],
  ['SecArgumentSeparator ""', '1:23: Cannot read SecArgumentSeparator: "" is not one character'],
  [
    'SecCollectionTimeout soon',
    '1:22: Cannot read SecCollectionTimeout: "soon" is no whole number from 1 to 31536000',
  ],
  ['SecWebAppId ""', '1:14: Cannot read SecWebAppId: the name is empty'],
];

for (const [text, mistake] of MISTAKES) {
  test(`one mistake in ${text}`, () => {
    const { ruleSet, mistakes } = readRules([{ name: 'a.conf', text }]);
    assert.deepEqual(mistakes.map(formatMistake), [`a.conf:${mistake} [directive-arguments]`]);
    assert.deepEqual(ruleSet.settings, NOTHING);
  });
}
