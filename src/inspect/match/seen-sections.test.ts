import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeaderFields } from '../inspector.ts';
import { listedFields } from '../listed-fields.ts';
import { SectionNotes, SeenSection, SeenSections } from './seen-sections.ts';

/** The fields of a message with this section. */
function message(section?: string): HeaderFields {
  return listedFields([], section);
}

test('a section is kept from the second message on that has it, however many ask about each', () => {
  const sections = new SeenSections();
  const first = message('A: b\r\n\r\n');
  assert.equal(sections.of(first), undefined);
  assert.equal(sections.of(first), undefined, 'the same message');
  const second = message('A: b\r\n\r\n');
  const kept = sections.of(second);
  assert.equal(kept?.text, 'A: b\r\n\r\n');
  assert.equal(sections.of(second), kept);
  assert.equal(sections.of(message('A: c\r\n\r\n')), undefined);
  assert.equal(sections.of(message('A: b\r\n\r\n')), kept);
});

test('an object that has other fields than before is another message', () => {
  const sections = new SeenSections();
  const changing = { ...message(), section: 'A: b\r\n\r\n' };
  for (let turn = 0; turn < 2; turn++) sections.of(message('A: b\r\n\r\n'));
  assert.equal(sections.of(changing)?.text, 'A: b\r\n\r\n');
  changing.section = 'A: c\r\n\r\n';
  assert.equal(sections.of(changing), undefined);
});

const NEVER_KEPT = [
  ['is not known', undefined],
  ['is not at hand', ''],
  ['is longer than 4 KiB', `A: ${'b'.repeat(4090)}\r\n\r\n`],
] as const;

for (const [what, section] of NEVER_KEPT) {
  test(`a section that ${what} is never kept`, () => {
    const sections = new SeenSections();
    for (let turn = 0; turn < 3; turn++) assert.equal(sections.of(message(section)), undefined);
  });
}

test('when the bytes are too many, all sections are forgotten', () => {
  const sections = new SeenSections();
  const notes = new SectionNotes<string>(sections);
  const keep = (text: string, bytes: number): void => {
    sections.of(message(text));
    const section = sections.of(message(text));
    assert(section !== undefined);
    notes.keep(section, text, bytes);
  };
  const isKept = (text: string): boolean => {
    const section = sections.of(message(text));
    return section !== undefined && notes.of(section) === text;
  };
  keep('A: 1\r\n\r\n', 6 * 1024 * 1024);
  keep('A: 2\r\n\r\n', 5 * 1024 * 1024);
  assert.deepEqual([isKept('A: 1\r\n\r\n'), isKept('A: 2\r\n\r\n')], [true, true]);
  keep('A: 3\r\n\r\n', 1024 * 1024);
  assert.deepEqual([isKept('A: 1\r\n\r\n'), isKept('A: 2\r\n\r\n')], [false, false]);
});

test('when rules are loaded, all sections are forgotten', () => {
  const sections = new SeenSections();
  for (let turn = 0; turn < 2; turn++) sections.of(message('A: b\r\n\r\n'));
  const before = sections.of(message('A: b\r\n\r\n'));
  assert.equal(sections.of(message('A: b\r\n\r\n')), before);
  new SectionNotes(sections);
  assert.notEqual(sections.of(message('A: b\r\n\r\n')), before);
});

test('what rule sets know of a section is apart, and that of many is forgotten', () => {
  const section = new SeenSection('A: b\r\n\r\n');
  const owners = Array.from({ length: 11 }, () => new SectionNotes<number>());
  const known = (): readonly (number | undefined)[] => owners.map((owner) => owner.of(section));
  for (const [index, owner] of owners.slice(0, 10).entries()) owner.keep(section, index, 1);
  assert.deepEqual(known(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, undefined]);
  owners[1]?.keep(section, 11, 1);
  owners[10]?.keep(section, 10, 1);
  assert.deepEqual(known(), [0, 11, ...Array.from({ length: 8 }, () => undefined), 10]);
});
