/**
 * What a rule does besides its verdict, as data. All of these are carried out each time a value matches, whether the
 * rest of a chain matches or not (ModSecurity's manual, "Actions").
 */
import type { Target } from './target.ts';
import type { Template } from './template.ts';

/** Readers of bodies, as `ctl:requestBodyProcessor` names them. */
export type BodyProcessorName = 'URLENCODED' | 'MULTIPART' | 'JSON' | 'XML';

/** Collections that rules can write. All but TX outlive the exchange. */
export type CollectionName = 'TX' | 'IP' | 'GLOBAL' | 'RESOURCE' | 'SESSION' | 'USER';

export type Action =
  /** `setvar`. `add` and `subtract` read both sides as whole numbers, 0 when they are none. */
  | {
      readonly do: 'set-variable';
      readonly collection: CollectionName;
      readonly name: Template;
      readonly change: 'set' | 'add' | 'subtract';
      readonly value: Template;
    }
  /** `setvar:!tx.name`. */
  | { readonly do: 'unset-variable'; readonly collection: CollectionName; readonly name: Template }
  /** `expirevar:ip.name=60`: the member ends after so many seconds. */
  | {
      readonly do: 'expire-variable';
      readonly collection: CollectionName;
      readonly name: Template;
      readonly seconds: Template;
    }
  /** `deprecatevar:session.score=60/300`: the number sinks by `amount` for every `seconds`. */
  | {
      readonly do: 'deprecate-variable';
      readonly collection: CollectionName;
      readonly name: Template;
      readonly amount: number;
      readonly seconds: number;
    }
  /** `initcol:ip=%{REMOTE_ADDR}`, and `setuid`, `setsid`, `setrsc` for USER, SESSION and RESOURCE. */
  | { readonly do: 'open-collection'; readonly collection: CollectionName; readonly key: Template }
  /** `setenv`: kept for ENV and for the log. */
  | { readonly do: 'set-environment'; readonly name: string; readonly value: Template }
  | { readonly do: 'control'; readonly control: Control };

/** Rule ids `first` to `last`, both included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** Which rules a `ctl` or a `SecRuleRemove*`/`SecRuleUpdate*` means. */
export type RuleChoice =
  | { readonly by: 'id'; readonly ranges: readonly IdRange[] }
  /** `text` is how it is written; `test` is asked for each tag, or for the message. */
  | { readonly by: 'tag' | 'message'; readonly text: string; readonly test: (text: string) => boolean };

/** `ctl`: changes the engine for the rest of this exchange. */
export type Control =
  | { readonly control: 'engine'; readonly mode: 'on' | 'detect' | 'off' }
  | { readonly control: 'response-body-access'; readonly isOn: boolean }
  | { readonly control: 'force-request-body'; readonly isOn: boolean }
  | { readonly control: 'request-body-processor'; readonly processor: BodyProcessorName }
  | { readonly control: 'remove-rules'; readonly rules: RuleChoice }
  | { readonly control: 'remove-targets'; readonly rules: RuleChoice; readonly targets: readonly Target[] }
  /** Controls of logs and limits that are ours to set elsewhere: read, and without effect here. */
  | { readonly control: 'none'; readonly name: string };
