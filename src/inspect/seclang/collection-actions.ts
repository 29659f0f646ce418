/**
 * Actions that write: `setvar`, `expirevar`, `deprecatevar`, `initcol`, `setuid`, `setsid`, `setrsc`, `setenv`.
 */
import { foldAscii } from '../match/phrase-automaton.ts';
import type { Action, CollectionName } from '../rule/action.ts';
import type { Template } from '../rule/template.ts';

/** Makes a template of text, and tells its mistakes. */
export type MakeTemplate = (text: string) => Template;

/** An action, or why it cannot be read. */
export type ReadEffect = Action | string;

const COLLECTIONS: ReadonlyMap<string, CollectionName> = new Map(
  (['TX', 'IP', 'GLOBAL', 'RESOURCE', 'SESSION', 'USER'] as const).map((name) => [name, name]),
);

/** `tx.a=1`, `tx.a=+1`, `tx.a=-%{tx.b}`, `!tx.a`; `tx.a` alone sets 1. */
export function readSetVar(value: string, make: MakeTemplate): ReadEffect {
  const isUnset = value.startsWith('!');
  const equals = value.indexOf('=');
  const member = readMember((equals < 0 ? value : value.slice(0, equals)).slice(isUnset ? 1 : 0), make);
  if (typeof member === 'string') return member;
  if (isUnset) {
    return equals < 0 ? { do: 'unset-variable', ...member } : 'what is unset takes no value';
  }
  if (equals < 0) return { do: 'set-variable', ...member, change: 'set', value: ['1'] };
  return { do: 'set-variable', ...member, ...readChange(value.slice(equals + 1).trimStart(), make) };
}

/** A sign alone is text. */
function readChange(
  text: string,
  make: MakeTemplate,
): { readonly change: 'set' | 'add' | 'subtract'; readonly value: Template } {
  if (text.length > 1 && text.startsWith('+')) return { change: 'add', value: make(text.slice(1)) };
  if (text.length > 1 && text.startsWith('-')) return { change: 'subtract', value: make(text.slice(1)) };
  return { change: 'set', value: make(text) };
}

/** `ip.name=60`, seconds. */
export function readExpireVar(value: string, make: MakeTemplate): ReadEffect {
  const equals = value.indexOf('=');
  if (equals < 0) return 'it has not the form NAME=SECONDS';
  const member = readMember(value.slice(0, equals), make);
  if (typeof member === 'string') return member;
  const seconds = value.slice(equals + 1).trim();
  if (!/^\d{1,10}$/.test(seconds) && !seconds.includes('%{')) return 'the seconds are no whole number';
  return { do: 'expire-variable', ...member, seconds: make(seconds) };
}

/** `session.score=60/300`: 60 less in 300 seconds. */
export function readDeprecateVar(value: string, make: MakeTemplate): ReadEffect {
  const form = /^([^=]*)=\s*(\d{1,10})\/(\d{1,10})\s*$/.exec(value);
  if (form === null) return 'it has not the form NAME=AMOUNT/SECONDS';
  const [, name = '', amount, seconds] = form;
  if (Number(seconds) === 0) return 'the seconds are 0';
  const member = readMember(name, make);
  if (typeof member === 'string') return member;
  return { do: 'deprecate-variable', ...member, amount: Number(amount), seconds: Number(seconds) };
}

/** `ip=%{REMOTE_ADDR}`. */
export function readInitCol(value: string, make: MakeTemplate): ReadEffect {
  const equals = value.indexOf('=');
  const name = (equals < 0 ? value : value.slice(0, equals)).trim();
  const collection = COLLECTIONS.get(name.toUpperCase());
  if (collection === undefined || collection === 'TX') return `"${name}" is no collection that is kept`;
  const key = equals < 0 ? '' : value.slice(equals + 1).trim();
  return key === '' ? 'the key is missing' : { do: 'open-collection', collection, key: make(key) };
}

/** `setuid:%{REMOTE_USER}`. */
export function readKey(collection: CollectionName, value: string, make: MakeTemplate): ReadEffect {
  return value === '' ? 'the key is missing' : { do: 'open-collection', collection, key: make(value) };
}

/** `setenv:name=value`; `name` alone sets 1, and `!name` sets nothing. */
export function readSetEnv(value: string, make: MakeTemplate): ReadEffect {
  const isUnset = value.startsWith('!');
  const equals = value.indexOf('=');
  const name = (equals < 0 ? value : value.slice(0, equals)).slice(isUnset ? 1 : 0).trim();
  if (!/^[A-Za-z0-9_.-]+$/.test(name))
    return 'the name is missing, or has other characters than letters and digits';
  if (isUnset) return { do: 'set-environment', name, value: [] };
  return { do: 'set-environment', name, value: make(equals < 0 ? '1' : value.slice(equals + 1).trim()) };
}

/** `tx.name`, with macros in the name. */
function readMember(
  text: string,
  make: MakeTemplate,
): { readonly collection: CollectionName; readonly name: Template } | string {
  const form = /^\s*([A-Za-z]+)[.:]([^]*)$/.exec(text);
  if (form === null) return 'it has not the form COLLECTION.NAME';
  const [, word = '', name = ''] = form;
  const collection = COLLECTIONS.get(word.toUpperCase());
  if (collection === undefined) return `"${word}" is no collection that rules can write`;
  const trimmed = name.trim();
  if (trimmed === '') return 'the name of the member is missing';
  return { collection, name: folded(make(trimmed)) };
}

/** Members are found without regard to case. */
function folded(template: Template): Template {
  return template.map((part) => (typeof part === 'string' ? foldAscii(part) : part));
}
