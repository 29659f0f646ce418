/** What every option table must hold to, checked over the whole configuration. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Option, OptionTable, OptionsOf } from '../base/option.ts';
import { readDuration, readSize } from '../base/units.ts';
import type { CidrSet } from '../net/cidr.ts';
import type { Endpoint } from '../net/address.ts';
import type { NamedEndpoint } from '../net/named-endpoint.ts';
import type { Config } from './config.ts';
import { defaultOf, defaultsOf } from './defaults.ts';
import { configOptions } from './schema.ts';

/** What a timer of the runtime can hold: beyond it, it fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const SURROUNDINGS = { folder: '/etc/sallyport', names: {} };

/** Fails to compile where Config and the tables part. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Read = OptionsOf<
  typeof configOptions,
  { readonly endpoint: Endpoint; readonly named: NamedEndpoint; readonly cidrs: CidrSet }
>;
const isSame: Same<Read, Config> = true;

const options = collect('', configOptions);

test('the tables are walked', () => {
  assert.ok(isSame);
  assert.ok(options.length > 80, `only ${options.length} options`);
});

test('every option has prose that is a sentence', () => {
  for (const [path, { doc }] of options) assert.match(doc, /^.{4,}[.]$/, path);
});

test('every option is either required, optional, or has a default that can be read', () => {
  for (const [path, option] of options) {
    const hasDefault = 'default' in option || option.kind === 'section' || option.kind === 'map';
    const isExclusive = option.kind === 'map' || hasDefault !== (option.presence !== undefined);
    assert.ok(isExclusive, path);
    assert.doesNotThrow(() => defaultOf(option, SURROUNDINGS), path);
  }
});

test('a default that a user could not write is an error', () => {
  const doc = 'A test.';
  const bad: readonly Option[] = [
    { kind: 'duration', min: '1s', max: '5s', default: '6s', doc },
    { kind: 'duration', min: '1s', max: '5s', default: '3', doc },
    { kind: 'duration', min: '1s', max: '5s', doc },
    { kind: 'size', min: '1', max: '5', default: '0', doc },
    { kind: 'integer', min: 1, max: 5, default: 6, doc },
    { kind: 'choice', values: ['a'], default: 'b', doc },
    { kind: 'cidrs', countMax: 1, default: ['10.0.0.1/8'], doc },
    { kind: 'path', default: '', doc },
  ];
  for (const option of bad) assert.throws(() => defaultOf(option, SURROUNDINGS), /Cannot read the default/);
});

test('every range can be read, and no duration is beyond what a timer can hold', () => {
  let count = 0;
  for (const [path, option] of options) {
    if (option.kind !== 'duration' && option.kind !== 'size') continue;
    const read = option.kind === 'duration' ? readDuration : readSize;
    const [min, max] = [read(option.min), read(option.max)];
    assert.ok(min !== undefined && max !== undefined && min < max, path);
    assert.ok(option.kind !== 'duration' || max <= TIMER_MS_MAX, path);
    count++;
  }
  assert.ok(count > 15, `only ${count} ranges`);
});

test('every pattern is a regular expression that does not match nothing at all', () => {
  let count = 0;
  for (const [path, option] of options) {
    const item = option.kind === 'list' ? option.of : option;
    if (item.kind !== 'text') continue;
    assert.ok(!new RegExp(`^(?:${item.pattern})$`, 'u').test(''), path);
    count++;
  }
  assert.ok(count > 50, `only ${count} patterns`);
});

test('every reference names a map', () => {
  const maps = new Set(options.flatMap(([path, { kind }]) => (kind === 'map' ? [path] : [])));
  for (const [path, option] of options) {
    const item = option.kind === 'list' ? option.of : option;
    if (item.kind === 'reference') assert.ok(maps.has(item.to), path);
  }
});

test('what is written nowhere has every key', () => {
  const defaults = defaultsOf(configOptions, SURROUNDINGS);
  assert.deepEqual(Object.keys(defaults), Object.keys(configOptions));
});

/** Every option with its path, sections and the things in maps included. */
function collect(path: string, table: OptionTable): (readonly [string, Option])[] {
  return Object.entries(table).flatMap(([key, option]) => {
    const here = `${path}${key}`;
    const inner =
      option.kind === 'section'
        ? collect(`${here}.`, option.table)
        : option.kind === 'map'
          ? collect(`${here}.*.`, option.of.table)
          : [];
    return [[here, option] as const, ...inner];
  });
}
