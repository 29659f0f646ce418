/** Carries out the actions of a rule on the state of the exchange. */
import { foldAscii } from '../match/phrase-automaton.ts';
import type { CollectionStore } from '../collections.ts';
import { readNumber } from '../operators/numbers.ts';
import type { Action, Control } from '../rule/action.ts';
import { constantOf } from '../rule/template.ts';
import type { Facts } from '../variables/facts.ts';
import { expand, expandSetting } from './expand.ts';

/** What actions need beside the exchange. */
export interface ActionContext {
  readonly store: CollectionStore;
  readonly collectionTimeoutSeconds: number;
}

/** `ctl` of one exchange: a rule that runs for every value must not grow the list without end. */
const REMOVALS_MAX = 256;

export function act(facts: Facts, action: Action, context: ActionContext): void {
  const { state } = facts;
  switch (action.do) {
    case 'set-variable': {
      const name = foldAscii(expandSetting(facts, action.name));
      const value = expandSetting(facts, action.value);
      const isNameMade = constantOf(action.name) === undefined;
      state.change(action.collection, name, isNameMade, (known) => changed(action.change, known, value));
      return;
    }
    case 'unset-variable':
      state.remove(action.collection, foldAscii(expand(facts, action.name)));
      return;
    case 'expire-variable': {
      const seconds = readNumber(expand(facts, action.seconds));
      state.stored(action.collection)?.expire(foldAscii(expand(facts, action.name)), seconds);
      return;
    }
    case 'deprecate-variable':
      state
        .stored(action.collection)
        ?.deprecate(foldAscii(expand(facts, action.name)), action.amount, action.seconds);
      return;
    case 'open-collection': {
      const key = expand(facts, action.key);
      const stored = (state.store ?? context.store).open(
        action.collection,
        key,
        context.collectionTimeoutSeconds,
      );
      state.open(action.collection, key, stored);
      return;
    }
    case 'set-environment':
      state.environment.set(action.name, expand(facts, action.value));
      return;
    case 'control':
      control(facts, action.control);
  }
}

function changed(change: 'set' | 'add' | 'subtract', known: string | undefined, value: string): string {
  if (change === 'set') return value;
  const sum = readNumber(known ?? '') + (change === 'add' ? readNumber(value) : -readNumber(value));
  return String(sum);
}

function control({ state, phase }: Facts, change: Control): void {
  switch (change.control) {
    case 'engine':
      state.mode = change.mode;
      return;
    case 'response-body-access':
      state.isResponseBodyRead = change.isOn;
      return;
    // The body is taken apart once, before phase 2.
    case 'force-request-body':
      if (phase === 1) state.isRequestBodyForced = change.isOn;
      return;
    case 'request-body-processor':
      if (phase === 1) state.bodyProcessor = change.processor;
      return;
    case 'remove-rules':
    case 'remove-targets':
      if (state.removals.length < REMOVALS_MAX) state.addRemoval(change);
      return;
    case 'none':
  }
}
