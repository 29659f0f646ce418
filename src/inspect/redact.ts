/**
 * Takes secrets out of what is recorded: credentials in header fields, cookies, and arguments that are called like a
 * password. What is left says that there was something, and how long it was.
 *
 * Names decide. Whoever hides an attack in an argument called `password` hides it from the record and not from the rules.
 * What has no name with it, such as a piece out of the middle of a body, is kept: a record without any matched text would
 * explain nothing. A value that one text of a hit names as secret is taken out of all of them, wherever it stands.
 */
import type { Hit } from '../base/verdict.ts';
import { hidden, isHidden, isPieceOf, isSought, redactText, secretsIn } from './redact-text.ts';
import { isSecretName, isSecretTarget, MAY_BE_SECRET } from './secret-names.ts';
import { urlDecodePercent } from './transforms/url-decode.ts';

/** The same object when nothing in it is secret. */
export function redactHit(hit: Hit): Hit {
  return isSecretTarget(hit.target) ? redactSecretHit(hit) : redactOpenHit(hit);
}

/** All that matched is secret, and rules may put it, or what they have captured of it, into their message and tags. */
function redactSecretHit(hit: Hit): Hit {
  const { matched, data } = hit;
  const known = isSought(matched) ? [matched] : [];
  const isTold = matched !== '' && !isHidden(matched);
  const told = (text: string): string =>
    isTold && text.includes(matched) ? hidden(text) : redactText(withoutPieces(text, known), known);
  return {
    ...hit,
    matched: hidden(matched),
    message: told(hit.message),
    tags: hit.tags.map(told),
    ...(data === undefined ? {} : { data: hidden(data) }),
  };
}

/** Groups that a rule has captured. Words of letters alone are the rule's own: "script" is in many an attack. */
function withoutPieces(text: string, known: readonly string[]): string {
  return text.replace(/[^\s"',;:()[\]]+/g, (word) =>
    /[^a-z]/i.test(word) && isPieceOf(word, known) ? hidden(word) : word,
  );
}

function redactOpenHit(hit: Hit): Hit {
  const texts = [hit.matched, hit.message, hit.data ?? '', ...hit.tags];
  const known = [...new Set(texts.flatMap(secretsIn))];
  const matched = isPieceOf(hit.matched, known) ? hidden(hit.matched) : redactText(hit.matched, known);
  // A piece of a secret in one text is one in all of them.
  const sought = matched !== hit.matched && isPieceOf(hit.matched, known) ? [...known, hit.matched] : known;
  const message = redactText(hit.message, sought);
  const data = hit.data === undefined ? undefined : redactText(hit.data, sought);
  const tags = hit.tags.map((tag) => redactText(tag, sought));
  const isSame =
    matched === hit.matched &&
    message === hit.message &&
    data === hit.data &&
    tags.every((tag, index) => tag === hit.tags[index]);
  return isSame ? hit : { ...hit, matched, message, tags, ...(data === undefined ? {} : { data }) };
}

/** A request target or a URL: without credentials before the host, and without values of secret arguments. */
export function redactTarget(target: string): string {
  const question = target.indexOf('?');
  const query = question < 0 ? '' : target.slice(question + 1);
  const path = question < 0 ? target : target.slice(0, question);
  const ownPath = path.includes('@') ? redactUserInfo(path) : path;
  const ownQuery = MAY_BE_SECRET.test(query) ? redactQuery(query) : query;
  return ownPath === path && ownQuery === query ? target : `${ownPath}${question < 0 ? '' : '?'}${ownQuery}`;
}

/** `http://user:password@host/`: nothing before the `@` of an authority is needed to read a record. */
function redactUserInfo(path: string): string {
  const scheme = path.indexOf('://');
  if (scheme < 0) return path;
  const start = scheme + 3;
  const slash = path.indexOf('/', start);
  const authority = path.slice(start, slash < 0 ? undefined : slash);
  const at = authority.lastIndexOf('@');
  if (at < 0) return path;
  return `${path.slice(0, start)}${hidden(authority.slice(0, at))}${path.slice(start + at)}`;
}

function redactQuery(query: string): string {
  return query.split('&').map(redactPair).join('&');
}

function redactPair(pair: string): string {
  const equals = pair.indexOf('=');
  if (equals < 0 || !isSecretName(urlDecodePercent(pair.slice(0, equals)))) return pair;
  return `${pair.slice(0, equals + 1)}${hidden(pair.slice(equals + 1))}`;
}
