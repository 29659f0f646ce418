import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Roster } from './roster.ts';
import type { Rostered } from './roster.ts';

interface Guest extends Rostered {
  readonly name: string;
}

function guest(name: string): Guest {
  return { name, rosterIndex: -1 };
}

function names(roster: Roster<Guest>): string {
  return roster
    .all()
    .map(({ name }) => name)
    .sort()
    .join('');
}

describe('Roster', () => {
  it('has everybody who came and has not left, whoever leaves first', () => {
    for (const leaving of ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']) {
      const roster = new Roster<Guest>();
      const guests = new Map(['a', 'b', 'c'].map((name) => [name, guest(name)]));
      for (const one of guests.values()) roster.add(one);
      let left = 'abc';
      for (const name of leaving) {
        assert(roster.remove(guests.get(name)!));
        left = left.replace(name, '');
        assert.equal(names(roster), left);
        assert.equal(roster.size, left.length);
      }
    }
  });

  it('counts nobody twice', () => {
    const roster = new Roster<Guest>();
    const one = guest('a');
    roster.add(one);
    roster.add(one);
    assert.equal(roster.size, 1);
  });

  it('says that somebody is not here', () => {
    const roster = new Roster<Guest>();
    const [one, other] = [guest('a'), guest('b')];
    assert(!roster.remove(one), 'who was never here');
    roster.add(one);
    assert(!roster.remove(other));
    assert(roster.remove(one));
    assert(!roster.remove(one), 'who has left');
  });

  it('does not take out somebody for a member of another roster', () => {
    const [here, there] = [new Roster<Guest>(), new Roster<Guest>()];
    const [one, other] = [guest('a'), guest('b')];
    here.add(one);
    there.add(other);
    assert(!here.remove(other));
    assert.equal(names(here), 'a');
    assert.equal(names(there), 'b');
  });

  it('takes back who has left', () => {
    const roster = new Roster<Guest>();
    const one = guest('a');
    roster.add(one);
    roster.remove(one);
    roster.add(one);
    assert.equal(names(roster), 'a');
  });

  it('lets everybody leave while it is gone through', () => {
    const roster = new Roster<Guest>();
    for (const name of ['a', 'b', 'c']) roster.add(guest(name));
    const seen: string[] = [];
    for (const one of roster.all()) {
      seen.push(one.name);
      roster.remove(one);
    }
    assert.equal(seen.join(''), 'abc');
    assert.equal(roster.size, 0);
  });
});
