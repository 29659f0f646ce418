/**
 * Authentication of a connection instead of a request: NTLM and Negotiate. Whatever comes on such a connection, the server
 * takes it for a request of the user who has shown there who he is: it must not become a connection for other clients.
 * HAProxy keeps such connections private as well, since its version 2.0.
 */
import type { ResponseHead } from '../http/response-head.ts';

const UNAUTHORIZED = 401;
const PROXY_AUTHENTICATION_REQUIRED = 407;

/** A list of challenges, or the first part of one (RFC 9110 §11.6.1; RFC 4559 §4). */
const SCHEME = /(?:^|,)[ \t]*(?:ntlm|negotiate)(?:$|[ \t,])/i;

/** Whether the server asks for it: from then on the connection belongs to its client. */
export function authenticatesConnection({ status, fields, text }: ResponseHead): boolean {
  if (status !== UNAUTHORIZED && status !== PROXY_AUTHENTICATION_REQUIRED) return false;
  for (let index = 0; index < fields.count; index++) {
    const name = text.slice(fields.nameStart(index), fields.nameEnd(index)).toLowerCase();
    if (name !== 'www-authenticate' && name !== 'proxy-authenticate') continue;
    if (SCHEME.test(text.slice(fields.valueStart(index), fields.valueEnd(index)))) return true;
  }
  return false;
}
