/**
 * IP addresses and endpoints: text and bytes into one canonical form, and back.
 *
 * Every address that decides something (trust, marks, limits) passes through here, so one address has one text:
 * RFC 5952 for IPv6, and an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4 address it carries. Otherwise
 * a client could leave a list by writing its address in another way. For the same reason the parser is strict: what
 * two programs could read as two addresses (`010.0.0.1`, `1.2.3`, `1..1.1`) is no address. Zone ids (`fe80::1%eth0`)
 * are refused: they mean something on one host only.
 */

export interface Address {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order. Not shared with anything that changes. */
  readonly bytes: Uint8Array;
  /** Canonical text: equal addresses have equal texts. */
  readonly text: string;
}

export interface Endpoint {
  readonly address: Address;
  /** 0–65535. */
  readonly port: number;
}

/** Longest text of an address: `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`. Longer text is not looked at. */
const ADDRESS_CHARS_MAX = 45;

/** Reads an address in text form, IPv4 (RFC 1123 §2.1, four decimal parts) or IPv6 (RFC 4291 §2.2). */
export function parseAddress(text: string): Address | undefined {
  if (text.length > ADDRESS_CHARS_MAX) return undefined;
  const value = ipv4Value(text);
  if (value >= 0) return { family: 4, bytes: ipv4Bytes(value), text };
  const bytes = parseIpv6(text);
  return bytes === undefined ? undefined : addressFromBytes(bytes);
}

/** Makes an address of 4 or 16 bytes in network order. The bytes are copied. */
export function addressFromBytes(bytes: Uint8Array): Address {
  // Not slice() for the copies: that of a Buffer is a view of it.
  if (bytes.length === 4) return makeIpv4(new Uint8Array(bytes));
  if (bytes.length !== 16) {
    throw new RangeError(`Cannot make an address: ${bytes.length} bytes given, 4 or 16 expected`);
  }
  if (isIpv4Mapped(bytes)) return makeIpv4(new Uint8Array(bytes.subarray(12)));
  return { family: 6, bytes: new Uint8Array(bytes), text: formatIpv6(bytes) };
}

/**
 * Canonical text of an address that `node:net` reported. For the text of a socket only: unlike parseAddress it cuts a
 * zone id (Node adds one to link-local peers) and returns what it does not know unchanged.
 */
export function canonicalAddress(text: string): string {
  // Node prints IPv4, and IPv6 as RFC 5952 asks, except where an IPv4 address is embedded.
  if (!text.includes(':')) return text;
  if (text.startsWith('::ffff:') && text.includes('.')) return text.slice(7);
  if (!text.includes('.') && !text.includes('%')) return text;
  const zone = text.indexOf('%');
  const address = zone < 0 ? text : text.slice(0, zone);
  return parseAddress(address)?.text ?? text;
}

/** Reads `192.0.2.1:80` or `[2001:db8::1]:80`. An IPv6 address without brackets is refused: its port is a guess. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return undefined;
  const port = parsePort(text.slice(colon + 1));
  if (port === undefined) return undefined;
  const isBracketed = text.startsWith('[') && text[colon - 1] === ']';
  const host = isBracketed ? text.slice(1, colon - 1) : text.slice(0, colon);
  if (host.includes(':') !== isBracketed) return undefined;
  const address = parseAddress(host);
  return address === undefined ? undefined : { address, port };
}

/** Reads a port: decimal, no sign, no leading zero, 0–65535. */
export function parsePort(text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,4})$/.test(text)) return undefined;
  const port = Number(text);
  return port > 65_535 ? undefined : port;
}

export function formatEndpoint(endpoint: Endpoint): string {
  const { text, family } = endpoint.address;
  return family === 4 ? `${text}:${endpoint.port}` : `[${text}]:${endpoint.port}`;
}

/**
 * The key under which a client is remembered: the address for IPv4, its /64 for IPv6 (as `2001:db8:1:2::/64`).
 *
 * One IPv6 customer holds at least a /64 and takes a new address of it for every request, if that pays.
 */
export function networkKey(address: Address): string {
  if (address.family === 4) return address.text;
  const network = new Uint8Array(16);
  network.set(address.bytes.subarray(0, 8));
  return `${formatIpv6(network)}/64`;
}

/** The IPv4 address in `text` as an unsigned 32-bit number, or -1 when it is none. Allocates nothing. */
export function ipv4Value(text: string): number {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit >= 0 && digit <= 9) {
      // A zero that is followed by a digit: `010` is 8 to some programs and 10 to others.
      if (octet === 0) return -1;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    } else {
      if (text.charCodeAt(index) !== 0x2e || octet < 0 || dots === 3) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots++;
    }
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
}

function ipv4Bytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

function makeIpv4(bytes: Uint8Array): Address {
  return { family: 4, bytes, text: bytes.join('.') };
}

/** `::ffff:0:0/96` (RFC 4291 §2.5.5.2). */
function isIpv4Mapped(bytes: Uint8Array): boolean {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const gap = text.indexOf('::');
  if (gap < 0) {
    const groups = parseGroups(text, true);
    return groups?.length === 8 ? bytesOfGroups(groups, []) : undefined;
  }
  const head = parseGroups(text.slice(0, gap), false);
  const tail = parseGroups(text.slice(gap + 2), true);
  // `::` stands for at least one group (RFC 4291 §2.2). A second `::` is an empty group, which parseGroups refuses.
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  return bytesOfGroups(head, tail);
}

/** The 16-bit groups of one side of `::`; the last 32 bits may be written as an IPv4 address. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && part.includes('.')) {
      const value = ipv4Value(part);
      if (value < 0) return undefined;
      groups.push(value >>> 16, value & 0xffff);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

/** `head` at the front, `tail` at the back, zeros between. */
function bytesOfGroups(head: readonly number[], tail: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [index, group] of head.entries()) view.setUint16(2 * index, group);
  for (const [index, group] of tail.entries()) view.setUint16(16 - 2 * (tail.length - index), group);
  return bytes;
}

/** RFC 5952 §4: lower case, no leading zeros, the longest run of two or more zero groups as `::`, the first if equal. */
function formatIpv6(bytes: Uint8Array): string {
  const groups: string[] = [];
  let runStart = -1;
  let bestStart = 0;
  let bestCount = 1;
  for (let index = 0; index < 8; index++) {
    // In range: formatIpv6 is called with 16 bytes only.
    const group = bytes[2 * index]! * 256 + bytes[2 * index + 1]!;
    groups.push(group.toString(16));
    if (group !== 0) {
      runStart = -1;
      continue;
    }
    if (runStart < 0) runStart = index;
    if (index + 1 - runStart > bestCount) {
      bestStart = runStart;
      bestCount = index + 1 - runStart;
    }
  }
  if (bestCount === 1) return groups.join(':');
  return `${groups.slice(0, bestStart).join(':')}::${groups.slice(bestStart + bestCount).join(':')}`;
}
