/**
 * Takes secrets out of what is recorded: credentials in header fields, cookies, and arguments that are called like a
 * password. What is left says that there was something, and how long it was.
 *
 * Names decide, since values look like anything. Whoever hides an attack in an argument called `password` hides it from
 * the record and not from the rules. What has no name with it, such as a piece out of the middle of a body, is kept:
 * a record without any matched text would explain nothing.
 */
import type { Hit } from '../base/verdict.ts';
import { urlDecodePercent } from './transforms/url-decode.ts';

/** The same object when nothing in it is secret. */
export function redactHit(hit: Hit): Hit {
  if (isSecretTarget(hit.target)) {
    const { matched, message, tags, data } = hit;
    // Rules may put what matched into their message and tags.
    const holds = (text: string): boolean => matched !== '' && text.includes(matched);
    return {
      ...hit,
      matched: hidden(matched),
      message: holds(message) ? hidden(message) : message,
      tags: tags.map((tag) => (holds(tag) ? hidden(tag) : tag)),
      ...(data === undefined ? {} : { data: hidden(data) }),
    };
  }
  const matched = redactText(hit.matched);
  const message = redactText(hit.message);
  const data = hit.data === undefined ? undefined : redactText(hit.data);
  if (matched === hit.matched && message === hit.message && data === hit.data) return hit;
  return { ...hit, matched, message, ...(data === undefined ? {} : { data }) };
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

/** True for the value of a header field that says who somebody is. The name may be in any case. */
export function isSecretField(name: string): boolean {
  return SECRET_FIELDS.has(name.toLowerCase());
}

/** True for an argument, a form field or a member of JSON that is called like a secret. */
export function isSecretName(name: string): boolean {
  const lower = name.toLowerCase();
  if (SECRET_PARTS.test(lower)) return true;
  return lower.split(/[^a-z0-9]+/).some((word) => SECRET_WORDS.has(word));
}

/** `[redacted:12]`, for twelve bytes. What was hidden before stays as it is, so that redacting twice is redacting once. */
export function hidden(text: string): string {
  return text === '' || /^\[redacted:[0-9]{1,10}\]$/.test(text) ? text : `[redacted:${text.length}]`;
}

const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookie2',
  'set-cookie',
  'set-cookie2',
  'x-api-key',
  'x-auth-token',
  'x-csrf-token',
  'x-xsrf-token',
]);

/** Wherever they stand in a name. */
const SECRET_PARTS =
  /passw|passphrase|passcode|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key/;
/** As a whole word of a name. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  ...['pass', 'pwd', 'pw', 'pin', 'otp', 'totp', 'cvv', 'cvc', 'sid', 'jwt', 'auth', 'ssn'],
  ...['sessionid', 'phpsessid', 'jsessionid', 'signature'],
]);

/** `ARGS:user.password`, `REQUEST_HEADERS:Cookie`, `REQUEST_COOKIES:a`; of Snort `http_cookie`. */
function isSecretTarget(target: string): boolean {
  // What a chain matched before is called MATCHED_VARS:ARGS:password.
  const own = target.startsWith('MATCHED_VARS:') ? target.slice('MATCHED_VARS:'.length) : target;
  const colon = own.indexOf(':');
  const variable = colon < 0 ? own : own.slice(0, colon);
  const member = colon < 0 ? '' : own.slice(colon + 1);
  switch (variable) {
    case 'REQUEST_COOKIES':
      return true;
    case 'REQUEST_HEADERS':
    case 'RESPONSE_HEADERS':
      return isSecretField(member);
    case 'ARGS':
    case 'ARGS_GET':
    case 'ARGS_POST':
    case 'MULTIPART_PART_HEADERS':
      return isSecretName(member);
    default:
      return /^(?:http|snort)_(?:raw_)?cookie/.test(own);
  }
}

/**
 * Values behind secret names in a text of a hit. Such texts have at most 512 bytes, and each expression takes a bounded
 * number of steps at each of them.
 */
function redactText(text: string): string {
  if (!MAY_HOLD_SECRET.test(text)) return text;
  return text
    .replace(
      FIELD_LINE,
      (_all, name: string, between: string, value: string) => name + between + hidden(value),
    )
    .replace(PAIR, (all: string, name: string, between: string, value: string) =>
      isSecretName(name) ? name + between + hidden(value) : all,
    );
}

const MAY_HOLD_SECRET = /[=:]/;
const FIELD_LINE = /((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)(: ?)([^\r\n]+)/gi;
const PAIR = /([A-Za-z0-9_.[\]-]{2,64})(["']? ?[=:] ?["']?)([^&;\s"',}]{1,512})/g;

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

/**
 * A part of every name that `isSecretName` knows, or of a name that is encoded: most queries have none of them anywhere,
 * and need no look at their arguments one by one. It may find what is no secret, and never misses one.
 */
const MAY_BE_SECRET = /pass|pw|pin|otp|cv[cv]|s(?:id|sn|ess|ign|ecret)|jwt|auth|token|credential|key|%/i;

function redactQuery(query: string): string {
  return query.split('&').map(redactPair).join('&');
}

function redactPair(pair: string): string {
  const equals = pair.indexOf('=');
  if (equals < 0 || !isSecretName(urlDecodePercent(pair.slice(0, equals)))) return pair;
  return `${pair.slice(0, equals + 1)}${hidden(pair.slice(equals + 1))}`;
}
