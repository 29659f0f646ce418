/**
 * A server that is named and not addressed: `app.internal:8080`, or a name of SRV records (RFC 2782), which say the port
 * too: `_http._tcp.app.internal`. Whoever resolves it finds several addresses; `slot` says which of them is meant.
 */
import { parseAddress, parsePort } from './address.ts';
import type { Endpoint } from './address.ts';

export interface NamedEndpoint {
  /** Lower case, without a dot at the end. */
  readonly name: string;
  /** 0 for a name of SRV records. */
  readonly port: number;
  /** From 0. */
  readonly slot: number;
}

/** RFC 1035 §2.3.4, with the underscore that names of services have. */
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const NAME_CHARS_MAX = 253;

export function isNamed(endpoint: Endpoint | NamedEndpoint): endpoint is NamedEndpoint {
  return 'name' in endpoint;
}

/** Reads a name with its port, or of SRV records without. Anything that could be meant as an address is none. */
export function parseNamedEndpoint(text: string): NamedEndpoint | undefined {
  const colon = text.lastIndexOf(':');
  if (colon === -1) {
    const name = nameOf(text);
    return name?.startsWith('_') === true ? { name, port: 0, slot: 0 } : undefined;
  }
  const [name, port] = [nameOf(text.slice(0, colon)), parsePort(text.slice(colon + 1))];
  if (name === undefined || name.startsWith('_') || port === undefined || port === 0) return undefined;
  return { name, port, slot: 0 };
}

function nameOf(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name.length > NAME_CHARS_MAX || parseAddress(name) !== undefined) return undefined;
  const labels = name.split('.');
  // A last label of digits is an address that was not written well (`1.2.3`, `256.0.0.1`).
  if (!labels.every((label) => LABEL.test(label)) || /^[0-9]+$/.test(labels.at(-1) ?? '')) return undefined;
  return name;
}

export function formatNamedEndpoint({ name, port, slot }: NamedEndpoint): string {
  return `${name}${port === 0 ? '' : `:${port}`}${slot === 0 ? '' : `#${slot + 1}`}`;
}
