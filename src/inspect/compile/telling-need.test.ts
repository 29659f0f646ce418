import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRules } from '../build.ts';

/** The variables of the link that is asked for first. */
function askedFirst(text: string): readonly string[] {
  const compiled = compileRules([{ name: 'r.conf', text }]);
  assert(compiled.kind === 'ok' && compiled.plan.fast !== undefined);
  const { naming, phaseOf } = compiled.plan.fast;
  const asked = naming.links.filter(({ id }) => phaseOf[id] !== 0);
  assert(naming.links.length > 1 && asked.length === 1, `${asked.length} of ${naming.links.length}`);
  return asked.flatMap(({ planned }) => planned.link.targets.map(({ variable }) => variable.name));
}

const ROWS: readonly (readonly [first: string, second: string, asked: string])[] = [
  ['RESPONSE_STATUS "!@rx ^404$"', 'RESPONSE_BODY x', 'RESPONSE_BODY'],
  ['REQUEST_METHOD "@streq GET"', 'ARGS x', 'ARGS'],
  ['ARGS "!@rx y"', 'REQUEST_COOKIES x', 'REQUEST_COOKIES'],
  ['&REQUEST_COOKIES "@eq 0"', 'REQUEST_METHOD "@streq POST"', 'REQUEST_METHOD'],
  ['ARGS x', 'REQUEST_COOKIES y', 'ARGS'],
  ['&ARGS "@eq 0"', '&REQUEST_COOKIES "@eq 0"', 'ARGS'],
  ['REQUEST_METHOD|ARGS x', 'REQUEST_PROTOCOL x', 'REQUEST_METHOD ARGS'],
];

for (const [first, second, asked] of ROWS) {
  test(`of ${first} and ${second}, ${asked} is asked for`, () => {
    const rules = `SecRule ${first} "id:1,phase:4,chain"\nSecRule ${second}`;
    assert.deepEqual(askedFirst(rules).join(' '), asked);
  });
}
