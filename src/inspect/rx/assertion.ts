/**
 * Whether an assertion holds between two bytes. -1 stands for "no byte": before the first, behind the last.
 */
import { isWordByte } from './byte-set.ts';

const LINE_FEED = 0x0a;

/** `assertion` is an index into ASSERTIONS of program.ts. */
export function assertionHolds(assertion: number, before: number, after: number): boolean {
  switch (assertion) {
    case 0:
      return before === -1;
    case 1:
      return after === -1;
    case 2:
      // PCRE: behind a line feed that ends the value no new line begins.
      return before === -1 || (before === LINE_FEED && after !== -1);
    case 3:
      return after === -1 || after === LINE_FEED;
    case 4:
      return isWordAt(before) !== isWordAt(after);
    default:
      return isWordAt(before) === isWordAt(after);
  }
}

function isWordAt(byte: number): boolean {
  return byte !== -1 && isWordByte(byte);
}
