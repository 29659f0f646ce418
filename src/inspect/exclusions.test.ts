import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildInspector, compileRules } from './build.ts';
import type { Exclusion } from './exclusions.ts';
import type { HeaderFields } from './inspector.ts';

const RULES = `SecRule ARGS|REQUEST_HEADERS:X-Note "@contains evil" "id:100,phase:2,pass,tag:'attack-a',tag:'paranoia/1'"
SecRule REQUEST_URI "@contains evil" "id:101,phase:1,pass,tag:'attack-b',chain"
  SecRule ARGS "@contains evil" "t:none"
SecRule ARGS:comment "@contains evil" "id:205,phase:2,pass,tag:'attack-a-more'"
SecRuleRemoveById 300
SecAction "id:300,phase:1,pass"
`;

const NO_HEADERS: HeaderFields = { count: 0, name: () => '', value: () => '' };

function hitsOf(exclude: readonly (string | Exclusion)[], target: string): string {
  const built = buildInspector([{ name: 'r.conf', text: RULES }], { mode: 'on', exclude });
  assert(built.kind === 'ok', JSON.stringify(built));
  assert.deepEqual(built.warnings, []);
  const request = {
    method: 'GET',
    target,
    version: 'HTTP/1.1',
    headers: NO_HEADERS,
    clientAddress: '192.0.2.1',
  };
  const transaction = built.inspector.begin(request);
  transaction.requestHead();
  transaction.requestBody({ bytes: new Uint8Array(), isPrefix: false });
  return transaction.hits.map(({ rule }) => rule).join(' ');
}

const ALL = '101 100 205';
const HELD: readonly (readonly [
  what: string,
  exclude: readonly (string | Exclusion)[],
  target: string,
  hits: string,
])[] = [
  ['nothing', [], '/?comment=evil', ALL],
  ['a rule by its id', ['100'], '/?comment=evil', '101 205'],
  ['a rule that the files remove themselves', ['300'], '/?comment=evil', ALL],
  ['a range', ['100-200'], '/?comment=evil', '205'],
  ['a tag, as a whole', ['attack-a'], '/?comment=evil', '101 205'],
  ['a tag with a slash', ['paranoia/1'], '/?comment=evil', '101 205'],
  ['a target', [{ rule: '100', target: 'ARGS:comment' }], '/?comment=evil', '101 205'],
  [
    'a target, which is not the one that matches',
    [{ rule: '100', target: 'ARGS:other' }],
    '/?comment=evil',
    ALL,
  ],
  [
    'a target by an expression',
    [{ rule: '100-101', target: 'ARGS:/^com[a-z]+t$/' }],
    '/?comment=evil',
    '205',
  ],
  ['a target by a tag', [{ rule: 'attack-b', target: 'REQUEST_URI' }], '/?comment=evil', '100 205'],
  ['a path', [{ rule: '100', path: '/a' }], '/a?comment=evil', '101 205'],
  ['another path', [{ rule: '100', path: '/a' }], '/b?comment=evil', ALL],
  ['a path below', [{ rule: '100', path: '/a' }], '/a/b?comment=evil', ALL],
  ['paths with a star', [{ rule: '100', path: '/a/*' }], '/a/b/c.html?comment=evil', '101 205'],
  [
    'paths with a star, which stands for nothing too',
    [{ rule: '100', path: '/a/*' }],
    '/a/?comment=evil',
    '101 205',
  ],
  ['paths with two stars', [{ rule: '100', path: '/*/edit*' }], '/a/b/edit.php?comment=evil', '101 205'],
  [
    'a path with characters of expressions',
    [{ rule: '100', path: '/(a+)[b]^c|$' }],
    '/(a+)[b]^c|$?comment=evil',
    '101 205',
  ],
  [
    'a path with characters of expressions, which are none',
    [{ rule: '100', path: '/(a+)' }],
    '/aaa?comment=evil',
    ALL,
  ],
  ['an escaped path', [{ rule: '100', path: '/a*b/*' }], '/a%20b/c?comment=evil', '101 205'],
  ['a path by a tag', [{ rule: 'attack-a', path: '/a' }], '/a?comment=evil', '101 205'],
  ['a path by a range', [{ rule: '100-205', path: '/a' }], '/a?comment=evil', ''],
  ['target and path', [{ rule: '100', target: 'ARGS:comment', path: '/a' }], '/a?comment=evil', '101 205'],
  [
    'target and path, another argument',
    [{ rule: '100', target: 'ARGS:comment', path: '/a' }],
    '/a?other=evil',
    '101 100',
  ],
  [
    'target and path, another path',
    [{ rule: '100', target: 'ARGS:comment', path: '/a' }],
    '/b?comment=evil',
    ALL,
  ],
  [
    'several',
    ['205', { rule: '101', path: '/a' }, { rule: '100', target: 'ARGS:x' }],
    '/a?comment=evil&x=evil',
    '100',
  ],
];

for (const [what, exclude, target, hits] of HELD) {
  test(`an exclusion of ${what} holds for ${target}`, () => assert.equal(hitsOf(exclude, target), hits));
}

/** Each is `/login` for some server, or may be. */
const AROUND: readonly string[] = [
  '/admin/../login',
  '/admin/%2e%2e/login',
  '/admin/%252e%252e/login',
  '/admin/..%2flogin',
  '/admin/..;/login',
  '/admin/..\\login',
  '/admin/%5c..%5clogin',
  '/login/../admin/x',
  '/login%2f..%2fadmin/x',
  '/admin/./x',
  '/admin//x',
  '//admin/x',
  '/admin/x/..',
  '/admin/x;y',
  '/admin/%00',
  '/admin/%0d%0a',
  '/admin',
  '/Admin/x',
  '/x/admin/y',
  '/?/admin/',
];

for (const path of AROUND) {
  test(`an exclusion by path is no way around the rules: ${path}`, () => {
    const separator = path.includes('?') ? '&' : '?';
    assert.equal(hitsOf([{ rule: '100', path: '/admin/*' }], `${path}${separator}comment=evil`), ALL);
  });
}

const REFUSED: readonly (readonly [exclusion: Exclusion, message: RegExp])[] = [
  [{ rule: '102' }, /Cannot exclude rule "102": no rule has this id/],
  [{ rule: '102-204' }, /no rule has this id/],
  [{ rule: '205-100' }, /it is not an id, a range of ids or a tag/],
  [{ rule: '9900000001', path: '/a' }, /no rule has this id/],
  [{ rule: 'attack' }, /no rule has this tag/],
  [{ rule: 'attack', path: '/a' }, /no rule has this tag/],
  [{ rule: 'attack', target: 'ARGS' }, /no rule has this tag/],
  [{ rule: '' }, /it is not an id/],
  [{ rule: '100"' }, /it is not an id/],
  [{ rule: 'a b' }, /it is not an id/],
  [{ rule: '100', target: 'ARGS:a,ARGS:b' }, /it is not a variable/],
  [{ rule: '100', target: 'ARGS|FILES' }, /it is not a variable/],
  [{ rule: '100', target: 'ARGS:a"' }, /it is not a variable/],
  [{ rule: '100', target: "ARGS:a'" }, /it is not a variable/],
  [{ rule: '100', target: 'ARGS:a\\' }, /it is not a variable/],
  [{ rule: '100', target: '!ARGS:a' }, /it is not a variable/],
  [{ rule: '100', target: '' }, /it is not a variable/],
  [{ rule: '100', target: 'ARGSS:a' }, /ARGSS/],
  [{ rule: '100', target: 'ARGS:a', path: 'a' }, /it is not a path/],
  [{ rule: '100', path: '' }, /it is not a path/],
  [{ rule: '100', path: '/a"' }, /it is not a path/],
  [{ rule: '100', path: '/a%20' }, /it is not a path/],
  [{ rule: '100', path: '/a;b' }, /it is not a path/],
  [{ rule: '100', path: '/a\\b' }, /it is not a path/],
  [{ rule: '100', path: '/a?b' }, /it is not a path/],
  [{ rule: '100', path: '/a\nSecRuleEngine Off' }, /it is not a path/],
];

for (const [exclusion, message] of REFUSED) {
  test(`an exclusion is refused: ${JSON.stringify(exclusion)}`, () => {
    const named = { ...exclusion, name: 'mine' };
    const compiled = compileRules([{ name: 'r.conf', text: RULES }], { exclude: [named] });
    assert(compiled.kind === 'bad');
    assert.match(compiled.mistakes.map(({ text }) => text).join('\n'), message);
    assert(compiled.mistakes.every(({ file }) => file === 'exclusion mine'));
  });
}

test('rules of exclusions are not counted', () => {
  const exclude = ['100', { rule: '101', path: '/a' }];
  const compiled = compileRules([{ name: 'r.conf', text: RULES }], { exclude });
  assert(compiled.kind === 'ok');
  assert.deepEqual(compiled.counts, { read: 4, run: 2 });
});
