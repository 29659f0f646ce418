/**
 * Actions, each read by its row of the table into what the rule says.
 */
import { transformationNamed, TRANSFORMATION_NAMES } from '../transforms/table.ts';
import { ACTIONS, ACTION_NAMES, REPEATABLE } from './action-table.ts';
import type { ActionContext } from './action-table.ts';
import { reportName } from './names.ts';
import { offsetOf, quoted } from './pieces.ts';
import type { Reading } from './reading.ts';
import type { RuleActions } from './rule-actions.ts';
import type { RuleText } from './rule-text.ts';
import type { ActionPiece } from './split-actions.ts';

/** Reports every mistake; `into` gets what could be read. */
export function readActions(
  reading: Reading,
  text: RuleText,
  pieces: readonly ActionPiece[],
  into: RuleActions,
): void {
  for (const piece of pieces) readAction(reading, text, piece, into);
}

function readAction(reading: Reading, text: RuleText, piece: ActionPiece, into: RuleActions): void {
  const { name, value } = piece;
  warnOfDoubles(text, piece, into);
  if (name === 't') {
    readTransformation(text, piece, into);
    into.given.set(name, piece);
    return;
  }
  const spec = ACTIONS.get(name);
  if (spec === undefined) {
    reportName(text, offsetOf(piece), 'action', name, ACTION_NAMES);
    return;
  }
  const context: ActionContext = { reading, text, piece, into };
  if (spec.value === 'none' && value !== undefined) problem(context, 'it takes no value');
  else if (spec.value === 'needed' && (value === undefined || value === ''))
    problem(context, 'its value is missing');
  else {
    const because = spec.read(context, value ?? '');
    if (because !== undefined) problem(context, because);
  }
  into.given.set(name, piece);
}

function problem({ text, piece }: ActionContext, because: string): void {
  text.report(offsetOf(piece), 'action-argument', `Cannot read action ${quoted(piece.text)}: ${because}`);
}

/** ModSecurity lets the last one win, and so do we. */
function warnOfDoubles(text: RuleText, piece: ActionPiece, into: RuleActions): void {
  const other = into.given.get(piece.name);
  if (other === undefined || REPEATABLE.has(piece.name)) return;
  if (piece.name === 'id' || piece.name === 'phase') {
    if (piece.value === other.value) return;
    const message = `Cannot read action ${quoted(piece.text)}: ${quoted(other.text)} is given as well`;
    text.report(offsetOf(piece), 'action-conflict', message);
    return;
  }
  text.warn(
    offsetOf(piece),
    'action-ignored',
    `Action ${quoted(other.text)} has no effect: it is given again`,
  );
}

function readTransformation(text: RuleText, piece: ActionPiece, into: RuleActions): void {
  const name = piece.value ?? '';
  if (name.toLowerCase() === 'none') {
    into.transformations = [];
    return;
  }
  const transformation = transformationNamed(name);
  if (transformation !== undefined) into.transformations.push(transformation);
  else reportName(text, offsetOf(piece), 'transformation', name, TRANSFORMATION_NAMES);
}
