/**
 * Which rules depend on nothing that a client sends: those that only look at TX and only write TX. Rule sets are full of
 * them: they set defaults, switch paranoia levels, and add up scores.
 */
import type { Action, Control } from '../rule/action.ts';
import type { Link, Rule } from '../rule/sec-rule.ts';
import type { Target } from '../rule/target.ts';
import type { Template } from '../rule/template.ts';

export function isStatic(rule: Rule): boolean {
  return (
    rule.links.every(isStaticLink) &&
    (rule.disruption.do !== 'redirect' || isStaticText(rule.disruption.location))
  );
}

function isStaticLink(link: Link): boolean {
  if (link.isCapturing) return false;
  return (
    link.targets.every(isStaticTarget) &&
    (link.test.kind === 'ready' || isStaticText(link.test.argument)) &&
    link.actions.every(isStaticAction)
  );
}

/** Captures are set by whatever rule ran before; all else in TX has a name that tells who wrote it. */
function isStaticTarget({ variable, selector }: Target): boolean {
  return variable.name === 'TX' && selector?.kind === 'name' && !isCaptureName(selector.name);
}

function isStaticText(template: Template): boolean {
  return template.every(
    (part) =>
      typeof part === 'string' ||
      (part.variable.name === 'TX' && part.member !== undefined && !isCaptureName(part.member)),
  );
}

function isStaticAction(action: Action): boolean {
  switch (action.do) {
    case 'set-variable':
      return action.collection === 'TX' && isStaticText(action.name) && isStaticText(action.value);
    case 'unset-variable':
      return action.collection === 'TX' && isStaticText(action.name);
    case 'control':
      return isOfBase(action.control);
    case 'expire-variable':
    case 'deprecate-variable':
    case 'open-collection':
    case 'set-environment':
      return false;
  }
}

/** Whether the base of an exchange holds what it changes (BaseState): anything else has to be done in each exchange. */
function isOfBase({ control }: Control): boolean {
  switch (control) {
    case 'engine':
    case 'remove-rules':
    case 'remove-targets':
    case 'none':
      return true;
    case 'response-body-access':
    case 'force-request-body':
    case 'request-body-processor':
      return false;
  }
}

/** TX.0 to TX.9. */
export function isCaptureName(name: string): boolean {
  return name.length === 1 && name >= '0' && name <= '9';
}
