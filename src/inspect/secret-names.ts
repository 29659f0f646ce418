/**
 * Which fields, arguments and members hold secrets: names decide, since values look like anything. Names that are too wide
 * hide a little of a record; names that are too narrow write passwords down.
 */

/** True for the value of a header field that says who somebody is. The name may be in any case. */
export function isSecretField(name: string): boolean {
  return SECRET_FIELDS.has(name.toLowerCase());
}

/** True for an argument, a form field or a member of JSON that is called like a secret. */
export function isSecretName(name: string): boolean {
  const lower = name.toLowerCase();
  if (SECRET_PARTS.test(lower) || SESSION.test(lower)) return true;
  return lower.split(/[^a-z0-9]+/).some((word) => SECRET_WORDS.has(word));
}

/**
 * A part of every name that `isSecretName` knows, or of a name that is encoded: most queries have none of them anywhere,
 * and need no look at their arguments one by one. It may find what is no secret, and never misses one.
 */
export const MAY_BE_SECRET: RegExp =
  /pass|pw|pin|otp|cv[cv]|s(?:id|sn|ess|ign|ecret)|jwt|auth|bearer|cookie|token|credential|key|%/i;

/** `ARGS:user.password`, `REQUEST_HEADERS:Cookie`, `REQUEST_COOKIES:a`; of Snort `http_cookie`. */
export function isSecretTarget(target: string): boolean {
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
/** `session`, `user[session]`, `session_id`; not `session.use_cookies`, which is a setting of PHP. */
const SESSION = /(?:^|[^a-z])session(?:[^a-z]?(?:id|key)(?![a-z])|[^a-z]*$)/;

/** As a whole word of a name. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  ...['pass', 'pwd', 'pw', 'pin', 'otp', 'totp', 'cvv', 'cvc', 'sid', 'jwt', 'auth', 'ssn'],
  ...['sessionid', 'phpsessid', 'jsessionid', 'signature'],
  ...['authorization', 'bearer', 'cookie'],
]);
