import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selects } from '../rule/target.ts';
import type { Selector, Target } from '../rule/target.ts';
import { readRules } from './read-rules.ts';

function targetsOf(word: string): readonly Target[] {
  const { ruleSet, mistakes } = readRules([{ name: 'a.conf', text: `SecRule "${word}" x id:1` }]);
  assert.deepEqual(mistakes, []);
  const [item] = ruleSet.items;
  return item?.kind === 'rule' ? (item.rule.links[0]?.targets ?? []) : [];
}

function shownSelector(selector: Selector): string {
  return selector.kind === 'name' ? selector.name : `/${selector.text}/`;
}

function shown({ variable, selector, excluded, isCount }: Target): string {
  const member = selector === undefined ? '' : `:${shownSelector(selector)}`;
  const without = excluded.map((other) => ` -${shownSelector(other)}`).join('');
  return `${isCount ? '&' : ''}${variable.name}${member}${without}`;
}

const TARGETS: readonly (readonly [word: string, targets: readonly string[]])[] = [
  ['ARGS', ['ARGS']],
  ['args | Request_Uri', ['ARGS', 'REQUEST_URI']],
  ['ARGS:User Name', ['ARGS:user name']],
  ["ARGS:'a|b'", ['ARGS:a|b']],
  ["'ARGS:a|b'", ['ARGS:a|b']],
  ['&ARGS', ['&ARGS']],
  ['&TX:/^a/', ['&TX:/^a/']],
  ['TX:0|TX:10_A', ['TX:0', 'TX:10_a']],
  ['ARGS:/^a/', ['ARGS:/^a/']],
  ["ARGS:'/^a|b/'", ['ARGS:/^a|b/']],
  ['ARGS:/', ['ARGS:/']],
  ['ARGS:/a', ['ARGS:/a']],
  ['REQUEST_COOKIES:/^_ga(?:_\\w+)?$/', ['REQUEST_COOKIES:/^_ga(?:_\\w+)?$/']],
  ['REQUEST_HEADERS:a:b', ['REQUEST_HEADERS:a:b']],
  ['XML:/*|XML://@*', ['XML:/*', 'XML://@*']],
  ['XML', ['XML']],
  ['MULTIPART_PART_HEADERS:file', ['MULTIPART_PART_HEADERS:file']],
  ['ARGS|!ARGS:A|!ARGS:/b/', ['ARGS -a -/b/']],
  ['!ARGS:a|ARGS|&ARGS', ['ARGS -a', '&ARGS -a']],
  ['ARGS|!ARGS_NAMES:a|ARGS_NAMES', ['ARGS', 'ARGS_NAMES -a']],
  ['ARGS:a|ARGS:b|!ARGS:a', ['ARGS:b -a']],
  ['ARGS|REQUEST_COOKIES|!REQUEST_COOKIES', ['ARGS']],
];

for (const [word, targets] of TARGETS) {
  test(`the variables ${word} are ${targets.join(', ')}`, () => {
    assert.deepEqual(targetsOf(word).map(shown), targets);
  });
}

test('selectors by expression do not tell case', () => {
  const [target] = targetsOf('ARGS:/^AB\\d/');
  assert(target?.selector !== undefined);
  const { selector } = target;
  assert.deepEqual(
    ['ab1', 'ab12', 'xab1', 'ab'].map((member) => selects(selector, member)),
    [true, true, false, false],
  );
});

test('equal selectors are one object', () => {
  const [first, second] = targetsOf('ARGS:/a/|ARGS_NAMES:/a/');
  assert.equal(first?.selector, second?.selector);
});

const MISTAKES: readonly (readonly [word: string, mistake: string])[] = [
  ['ARG', '10 variable-unknown: Cannot read variable "ARG": it is not known, perhaps "ARGS" is meant'],
  ['ARGS||TX', '15 variable-unknown: Cannot read variable "": it has no name'],
  ['', '10 variable-unknown: Cannot read variable "": it has no name'],
  ['ARGS|!', '15 variable-unknown: Cannot read variable "!": it has no name'],
  ['ARGS.a', '10 variable-unknown: Cannot read variable "ARGS.a": it has not the form NAME or NAME:member'],
  ['!&ARGS', '10 variable-unknown: Cannot read variable "!&ARGS": it has not the form NAME or NAME:member'],
  [
    'PERF_ALL',
    '10 variable-unsupported: Cannot run variable "PERF_ALL": how long rules take is not known to rules',
  ],
  [
    'STREAM_INPUT_BODY',
    '10 variable-unsupported: Cannot run variable "STREAM_INPUT_BODY": bodies are not changed by rules',
  ],
  ['REQUEST_URI:a', '10 variable-selector: Cannot read variable "REQUEST_URI:a": REQUEST_URI has no members'],
  ['ARGS:', '10 variable-selector: Cannot read variable "ARGS:": the name of the member is missing'],
  ["ARGS:''", '10 variable-selector: Cannot read variable "ARGS:\'\'": the name of the member is missing'],
  [
    'ARGS:%{tx.a}',
    '10 variable-selector: Cannot read variable "ARGS:%{tx.a}": macros cannot stand in the name of a member',
  ],
  [
    'XML:/a/b',
    '10 variable-selector: Cannot read variable "XML:/a/b": XML is read as XML:/* and XML://@* only',
  ],
  ['!ARGS:a', '10 variable-selector: Cannot read variables "!ARGS:a": nothing is left to look at'],
  ['ARGS|!ARGS', '10 variable-selector: Cannot read variables "ARGS|!ARGS": nothing is left to look at'],
];

for (const [word, mistake] of MISTAKES) {
  test(`one mistake in the variables ${word}`, () => {
    const { mistakes } = readRules([{ name: 'a.conf', text: `SecRule "${word}" x id:1` }]);
    const found = mistakes.map(({ column, code, text }) => `${column} ${code}: ${text}`);
    // An empty list of variables that nothing is left of is told once for each reason.
    assert.equal(found[0], mistake);
    assert.deepEqual(found.slice(1), []);
  });
}

test('an expression for members is told when it cannot be read, or not be run in linear time', () => {
  const { mistakes } = readRules([{ name: 'a.conf', text: 'SecRule "TX|ARGS:/(/" x id:1' }]);
  assert.deepEqual(
    mistakes.map(({ column, code }) => [column, code]),
    [[13, 'pattern-syntax']],
  );
  const looking = readRules([{ name: 'a.conf', text: 'SecRule ARGS:/(a+)\\1b/ x id:1' }]);
  assert.deepEqual(
    looking.mistakes.map(({ column, code }) => [column, code]),
    [[9, 'pattern-unsupported']],
  );
});
