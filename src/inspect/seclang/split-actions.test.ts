import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleMistake } from '../mistake.ts';
import { wholeOf } from './pieces.ts';
import { RuleText } from './rule-text.ts';
import { splitActions } from './split-actions.ts';
import type { ActionPiece } from './split-actions.ts';

function split(list: string): { readonly actions: readonly ActionPiece[]; readonly mistakes: RuleMistake[] } {
  const mistakes: RuleMistake[] = [];
  const text = new RuleText(
    { name: 'a.conf', text: list },
    { mistakes, warnings: [], isLenient: false, refusalCount: 0 },
  );
  return { actions: splitActions(text, wholeOf({ text: list, start: 0, gaps: [] })), mistakes };
}

const LISTS: readonly (readonly [
  list: string,
  actions: readonly (readonly [name: string, value?: string])[],
])[] = [
  ['', []],
  ['  ', []],
  ['deny', [['deny']]],
  ['DENY , Log', [['deny'], ['log']]],
  ['id:1,deny', [['id', '1'], ['deny']]],
  ['id : 1 ', [['id', '1']]],
  ['deny,', [['deny']]],
  ["msg:'a, b',log", [['msg', 'a, b'], ['log']]],
  [
    "msg:'it\\'s, so',t:none",
    [
      ['msg', "it's, so"],
      ['t', 'none'],
    ],
  ],
  [
    "msg:it's,t:none",
    [
      ['msg', "it's"],
      ['t', 'none'],
    ],
  ],
  ["msg: 'a'", [['msg', 'a']]],
  ["msg:''", [['msg', '']]],
  ['msg:', [['msg', '']]],
  ["setvar:'tx.a=%{tx.b}:c'", [['setvar', 'tx.a=%{tx.b}:c']]],
  ['redirect:http://a/b', [['redirect', 'http://a/b']]],
  ['a,,b', [['a'], [''], ['b']]],
  // What stands behind the closing quote stays with it, and no reader of values takes it.
  ["id:'1'2", [['id', "'1'2"]]],
  ["msg:'a'b'", [['msg', "'a'b'"]]],
];

for (const [list, actions] of LISTS) {
  test(`the actions of ${JSON.stringify(list)}`, () => {
    const read = split(list);
    assert.deepEqual(read.mistakes, []);
    assert.deepEqual(
      read.actions.map(({ name, value }) => (value === undefined ? [name] : [name, value])),
      actions,
    );
  });
}

for (const list of ["msg:'a", "id:1,msg:'a,deny", "msg:'a\\'", "msg:'"]) {
  test(`the quote in ${JSON.stringify(list)} is not closed`, () => {
    const { mistakes } = split(list);
    assert.deepEqual(
      mistakes.map(({ code, column }) => [code, column]),
      [['quote-open', list.indexOf('msg') + 1]],
    );
  });
}
