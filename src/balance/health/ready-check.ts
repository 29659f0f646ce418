/** A definition with what is compiled or read for it once, and not for each check. */
import { readFileSync } from 'node:fs';
import { parseAddress } from '../../net/address.ts';
import type { CheckDefinition } from './definition.ts';
import { readStatusSet } from './status-set.ts';

/** Makes a matcher of a regular expression. The engine stands in another folder, and is handed in. */
export type PatternCompiler = (source: string) => (latin1: string) => boolean;

export interface ReadyCheck {
  readonly definition: CheckDefinition;
  readonly wantsBody: boolean;
  /** The name for TLS, undefined where there is only an address. */
  readonly serverName: string | undefined;
  readonly ca: string | undefined;
  /** What is wrong with a response, or undefined. */
  readonly judge: (status: number, body: string) => string | undefined;
}

/** Throws when a pattern cannot be compiled or a certificate cannot be read: the configuration was checked for both. */
export function readyCheck(definition: CheckDefinition, compile: PatternCompiler): ReadyCheck {
  const { status: statusText, text, pattern } = definition.expect;
  const statuses = readStatusSet(statusText);
  if (typeof statuses === 'string') throw new Error(`A status set passed the checks and ${statuses}`);
  const matches = pattern === undefined ? undefined : compile(pattern);
  return {
    definition,
    wantsBody: text !== undefined || pattern !== undefined,
    serverName: serverNameOf(definition),
    ca: definition.tls.ca === 'system' ? undefined : readFileSync(definition.tls.ca, 'utf8'),
    judge: (status, body) => {
      if (!statuses.has(status)) return `status ${status}, expected ${statusText}`;
      if (text !== undefined && !body.includes(text)) return `status ${status}, the text is not in the body`;
      if (matches !== undefined && !matches(body))
        return `status ${status}, the pattern does not match the body`;
      return undefined;
    },
  };
}

function serverNameOf({ tls, request }: CheckDefinition): string | undefined {
  if (tls.serverName !== undefined) return tls.serverName;
  const host = request.host?.replace(/:[0-9]+$/, '') ?? '';
  const isName = host !== '' && !host.startsWith('[') && parseAddress(host) === undefined;
  return isName ? host : undefined;
}
