/** Every algorithm within tiers: backups are chosen when nobody else is open, and only then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seekerAt } from '../../test/support/balance.ts';
import { seededRandom } from '../../test/support/random.ts';
import { ALGORITHMS } from './algorithms.ts';
import type { BalanceOptions } from './balance-options.ts';
import { DOWN, DRAIN, MAINTENANCE, READY, ServerTable, UP, WEIGHT_UNIT } from './server-table.ts';
import { Tiers } from './tiers.ts';
import type { TierMember } from './tiers.ts';

interface Named extends TierMember {
  readonly name: string;
}

interface Made {
  readonly table: ServerTable;
  readonly tiers: Tiers<Named>;
  readonly members: readonly Named[];
  /** Who is chosen for many clients: their names in order. */
  readonly chosen: (avoid?: Named) => string;
}

/** Servers of one letter each; capitals are backups. */
function make(by: BalanceOptions['by'], names: string, backups: 'first' | 'all' = 'first'): Made {
  const table = ServerTable.create(Math.max(1, names.length), 1);
  const members = Array.from(names, (name, row): Named => {
    table.reset(row);
    table.setWeight(row, WEIGHT_UNIT);
    return { name, row, weight: 1, key: name, isBackup: name !== name.toLowerCase() };
  });
  const random = seededRandom(1);
  const balance: BalanceOptions = { by, key: 'address', name: undefined, bound: undefined };
  const tiers = new Tiers({ balance, backups }, members, table, () => random(0x1_0000_0000) / 0x1_0000_0000);
  return {
    table,
    tiers,
    members,
    chosen: (avoid) => {
      const seen = new Set<string>();
      for (let client = 0; client < 300; client++) {
        const seeker = seekerAt(`10.0.${client >> 8}.${client & 255}`);
        seen.add(tiers.choose(seeker, avoid)?.name ?? '-');
      }
      return [...seen].sort().join('');
    },
  };
}

/** Ways of `a` and `b`, which are rows 0 and 1, to take no new sessions. */
const CLOSED: readonly (readonly [what: string, close: (table: ServerTable, row: number) => void])[] = [
  ['down', (table, row) => table.setState(row, DOWN)],
  ['drained', (table, row) => table.setMode(row, DRAIN)],
  ['in maintenance', (table, row) => table.setMode(row, MAINTENANCE)],
  ['drained by their agents', (table, row) => table.setAgentMode(row, DRAIN)],
  ['of weight 0', (table, row) => table.setWeight(row, 0)],
];

for (const by of Object.keys(ALGORITHMS) as BalanceOptions['by'][]) {
  // `first` takes the first with room, whoever else is there.
  const all = (names: string): string => (by === 'first' ? names.charAt(0) : names);

  test(`${by}: backups are not used while an ordinary server is open`, () => {
    const { table, chosen } = make(by, 'abCD');
    assert.equal(chosen(), all('ab'));
    table.setState(0, DOWN);
    assert.equal(chosen(), 'b');
  });

  for (const [what, close] of CLOSED) {
    test(`${by}: backups are used when all others are ${what}`, () => {
      for (const backups of ['first', 'all'] as const) {
        const { table, tiers, chosen } = make(by, 'abCD', backups);
        close(table, 0);
        close(table, 1);
        assert.equal(chosen(), backups === 'first' ? 'C' : all('CD'), backups);
        assert(tiers.isOpen);
      }
    });
  }

  test(`${by}: the next backup is used when the first is down, and nobody when all are`, () => {
    const { table, tiers, chosen } = make(by, 'aBCD');
    table.setState(0, DOWN);
    assert.equal(chosen(), 'B');
    table.setState(1, DOWN);
    assert.equal(chosen(), 'C');
    table.setState(1, UP);
    assert.equal(chosen(), 'B', 'the first is used again');
    for (const row of [1, 2, 3]) table.setState(row, DOWN);
    assert.equal(chosen(), '-');
    assert(!tiers.isOpen);
  });

  test(`${by}: as soon as an ordinary server is open again the backups are relieved`, () => {
    const { table, chosen } = make(by, 'abCD', 'all');
    for (const row of [0, 1]) table.setState(row, DOWN);
    assert.equal(chosen(), all('CD'));
    table.setState(1, UP);
    assert.equal(chosen(), 'b');
  });

  test(`${by}: servers that are full are waited for, and no backup stands in for them`, () => {
    const { table, tiers, members, chosen } = make(by, 'abC');
    for (const row of [0, 1]) {
      table.setInUseMax(row, 1);
      table.take(row);
    }
    assert.match(chosen(), /^[ab]+$/);
    assert.deepEqual(
      tiers.present.map(({ name }) => name),
      ['a', 'b'],
    );
    assert(!tiers.takes(members[2]!));
  });

  test(`${by}: who has failed at the only ordinary server is not sent to a backup`, () => {
    const { table, members, chosen } = make(by, 'abC');
    table.setState(1, DOWN);
    assert.equal(chosen(members[0]), 'a');
  });

  test(`${by}: who has failed at an ordinary server that is down now has all backups to choose from`, () => {
    const { table, members, chosen } = make(by, 'aBC', 'all');
    table.setState(0, DOWN);
    assert.equal(chosen(members[0]), all('BC'));
    assert.equal(chosen(members[1]), 'C');
  });

  test(`${by}: a pool of backups alone has nobody else, and uses them`, () => {
    assert.equal(make(by, 'AB').chosen(), 'A');
    assert.equal(make(by, 'AB', 'all').chosen(), all('AB'));
    assert.equal(make(by, '').chosen(), '-');
  });
}

test('a server takes new sessions when it is open and nobody comes before it', () => {
  const { table, tiers, members } = make('round-robin', 'aBC');
  const takes = (): string =>
    members
      .filter((member) => tiers.takes(member))
      .map(({ name }) => name)
      .join('');
  assert.equal(takes(), 'a');
  table.setMode(0, DRAIN);
  assert.equal(takes(), 'B');
  table.setMode(0, READY);
  assert.equal(takes(), 'a');
  for (const row of [0, 1]) table.setState(row, DOWN);
  assert.equal(takes(), 'C');
  table.setState(2, DOWN);
  assert.equal(takes(), '');
});
