/**
 * PROXY protocol version 1: one line of text (§2.1).
 *
 *     PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n
 *     PROXY UNKNOWN anything\r\n
 *
 * The line is read to the letter: one space between fields, CRLF at the end, addresses of the family it announces.
 */
import { Buffer } from 'node:buffer';
import { NEED } from '../../base/read.ts';
import type { Read } from '../../base/read.ts';
import type { Address, Endpoint } from '../address.ts';
import { parseAddress, parsePort } from '../address.ts';
import type { ProxyBad, ProxyCode } from './bad.ts';
import { proxyBad } from './bad.ts';
import type { ProxyHeader } from './header.ts';

/** Longest line with its CRLF (§2.1): "PROXY UNKNOWN", two full IPv6 addresses, two ports. */
export const V1_LINE_BYTES_MAX = 107;

const PREFIX = Buffer.from('PROXY ', 'latin1');
const CR = 0x0d;
const LF = 0x0a;

const UNKNOWN: ProxyHeader = Object.freeze({
  version: 1,
  command: 'proxy',
  transport: 'unspec',
  source: undefined,
  destination: undefined,
  tlvs: Object.freeze([]),
});

/**
 * Reads a version 1 header from the front of `input`.
 *
 * It answers `need` until the line is complete, at most 107 bytes: the fields are looked at only then, as §2.1 asks, so
 * `need` can be the answer for a line that is already wrong inside.
 */
export function readProxyV1(input: Uint8Array): Read<ProxyHeader, ProxyCode> {
  const known = Math.min(input.length, PREFIX.length);
  if (PREFIX.compare(input, 0, known, 0, known) !== 0) {
    return proxyBad('proxy-signature', 'it does not begin with "PROXY "');
  }
  const lineEnd = findLineEnd(input);
  if (typeof lineEnd !== 'number') return lineEnd;
  const line = Buffer.from(input.buffer, input.byteOffset, lineEnd).toString('latin1');
  const value = readFields(line.slice(PREFIX.length));
  return 'kind' in value ? value : { kind: 'ok', value, end: lineEnd + 2 };
}

/**
 * Writes a version 1 header. Addresses of two families are both written as IPv6, IPv4 in its mapped form: receivers
 * give back the IPv4 address, and the line has one family as it must.
 */
export function writeProxyV1(endpoints: { source: Endpoint; destination: Endpoint } | 'unknown'): Uint8Array {
  if (endpoints === 'unknown') return Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
  const { source, destination } = endpoints;
  const family = source.address.family === 4 && destination.address.family === 4 ? 4 : 6;
  const addresses = `${printAddress(source.address, family)} ${printAddress(destination.address, family)}`;
  return Buffer.from(`PROXY TCP${family} ${addresses} ${source.port} ${destination.port}\r\n`, 'latin1');
}

/** The offset of the CR that ends the line. The first CR or LF decides: neither may stand alone (§2.1). */
function findLineEnd(input: Uint8Array): number | ProxyBad | typeof NEED {
  const searched = Math.min(input.length, V1_LINE_BYTES_MAX - 1);
  for (let index = 0; index < searched; index++) {
    const byte = input[index];
    if (byte === LF) return proxyBad('proxy-line-end', 'its line ends in LF without CR');
    if (byte !== CR) continue;
    if (index + 1 === input.length) return NEED;
    return input[index + 1] === LF ? index : proxyBad('proxy-line-end', 'CR stands in its line without LF');
  }
  if (searched < V1_LINE_BYTES_MAX - 1) return NEED;
  return proxyBad('proxy-length', `its line has no CRLF within ${V1_LINE_BYTES_MAX} bytes`);
}

/** What follows "PROXY " without the CRLF. */
function readFields(text: string): ProxyHeader | ProxyBad {
  // The rest of an UNKNOWN line must be ignored, whatever it is (§2.1).
  if (text === 'UNKNOWN' || text.startsWith('UNKNOWN ')) return UNKNOWN;
  const fields = text.split(' ');
  const [protocol = '', source = '', destination = '', sourcePort = '', destinationPort = ''] = fields;
  if (protocol !== 'TCP4' && protocol !== 'TCP6') {
    return proxyBad('proxy-protocol', 'its protocol is not TCP4, TCP6 or UNKNOWN');
  }
  if (fields.length !== 5) {
    return proxyBad(
      'proxy-fields',
      'it does not have two addresses and two ports with one space before each',
    );
  }
  const from = readEndpoint(protocol, source, sourcePort);
  if ('kind' in from) return from;
  const to = readEndpoint(protocol, destination, destinationPort);
  if ('kind' in to) return to;
  return { version: 1, command: 'proxy', transport: 'stream', source: from, destination: to, tlvs: [] };
}

function readEndpoint(protocol: 'TCP4' | 'TCP6', addressText: string, portText: string): Endpoint | ProxyBad {
  const address = parseAddress(addressText);
  // The text decides, not the address: `::ffff:192.0.2.1` is of TCP6, although it stands for an IPv4 address.
  if (address === undefined || addressText.includes(':') !== (protocol === 'TCP6')) {
    return proxyBad('proxy-address', `an address is not one of ${protocol}`);
  }
  const port = parsePort(portText);
  return port === undefined
    ? proxyBad('proxy-port', 'a port is not a number from 0 to 65535')
    : { address, port };
}

function printAddress(address: Address, family: 4 | 6): string {
  return address.family === family ? address.text : `::ffff:${address.text}`;
}
