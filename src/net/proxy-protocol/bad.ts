/**
 * The ways in which a PROXY header can be wrong, and the answer that says so.
 */

/** Stable, for logs and metrics. */
export type ProxyCode =
  /** What arrived is no header of an accepted version. */
  | 'proxy-signature'
  /** Version 1: no CRLF within 107 bytes. Version 2: longer than headerBytesMax. */
  | 'proxy-length'
  /** Version 1: CR or LF alone. */
  | 'proxy-line-end'
  /** Version 1: not TCP4, TCP6 or UNKNOWN. */
  | 'proxy-protocol'
  /** Version 1: not exactly six fields with single spaces between them. */
  | 'proxy-fields'
  | 'proxy-address'
  | 'proxy-port'
  /** Version 2: the high half of byte 13 is not 2. */
  | 'proxy-version'
  /** Version 2: the low half of byte 13 is neither LOCAL nor PROXY. */
  | 'proxy-command'
  /** Version 2: the high half of byte 14 is no known address family. */
  | 'proxy-family'
  /** Version 2: the low half of byte 14 is no known transport, or not one for a family that has addresses. */
  | 'proxy-transport'
  /** Version 2: the length leaves no room for the addresses of the family. */
  | 'proxy-address-length'
  /** Version 2: TLVs that do not fill the rest exactly, or one whose value breaks its own rules. */
  | 'proxy-tlv'
  | 'proxy-tlv-count'
  /** Version 2: a TLV that can only be there once is there twice. */
  | 'proxy-tlv-duplicate'
  | 'proxy-checksum';

/** The `bad` answer of every reader here. */
export interface ProxyBad {
  readonly kind: 'bad';
  readonly code: ProxyCode;
  readonly text: string;
}

/** `problem` completes the sentence; bytes of the network stand in it only in hexadecimal or escaped. */
export function proxyBad(code: ProxyCode, problem: string): ProxyBad {
  return { kind: 'bad', code, text: `Cannot read the PROXY header: ${problem}` };
}
