/**
 * What lies around an IP packet: link headers of captures, VLAN tags.
 *
 * Link types are those of https://www.tcpdump.org/linktypes.html; the ones here are what Ethernet interfaces, tunnels,
 * loopback and `any` of Linux give.
 */
import type { PacketFault } from './fault.ts';
import { readUint16, readUint32, readUint32Little } from './integers.ts';

export const LINK_NULL = 0;
export const LINK_ETHERNET = 1;
export const LINK_RAW = 101;
export const LINK_CISCO_HDLC = 104;
export const LINK_LOOP = 108;
export const LINK_LINUX_COOKED = 113;
export const LINK_IPV4 = 228;
export const LINK_IPV6 = 229;
export const LINK_LINUX_COOKED_2 = 276;
/** What raw IP was called by some systems before it had a number of its own. */
const LINK_RAW_OLD: readonly number[] = [12, 14];

export const ETHER_IPV4 = 0x0800;
export const ETHER_ARP = 0x0806;
export const ETHER_IPV6 = 0x86dd;

/** IEEE 802.1Q, 802.1ad, and the type that was used for doubled tags before. */
const VLAN_TYPES: readonly number[] = [0x8100, 0x88a8, 0x9100];
/** More than two tags are rare; three are allowed by some switches. */
const VLAN_TAGS_MAX = 4;
const VLAN_TAG_BYTES = 4;
const VLAN_ID_MASK = 0x0fff;

export interface Frame {
  readonly etherType: number;
  /** Where its payload begins. */
  readonly start: number;
  /** Outermost first. */
  readonly vlanIds: readonly number[];
}

/** Finds the network packet in a frame of a capture. */
export function readFrame(bytes: Uint8Array, linkType: number): Frame | PacketFault {
  switch (linkType) {
    case LINK_ETHERNET:
      return readTyped(bytes, 12, 14);
    case LINK_LINUX_COOKED:
      return readTyped(bytes, 14, 16);
    case LINK_LINUX_COOKED_2:
      return readTyped(bytes, 0, 20);
    case LINK_CISCO_HDLC:
      return readTyped(bytes, 2, 4);
    case LINK_NULL:
    case LINK_LOOP:
      return readFamily(bytes, linkType);
    case LINK_RAW:
    case LINK_IPV4:
    case LINK_IPV6:
      return readBare(bytes, 0);
    default:
      return LINK_RAW_OLD.includes(linkType) ? readBare(bytes, 0) : 'link-unknown';
  }
}

/** A header that says the type of what follows at `typeAt`; tags may follow it. */
function readTyped(bytes: Uint8Array, typeAt: number, headerBytes: number): Frame | PacketFault {
  if (bytes.length < headerBytes) return 'cut';
  let etherType = readUint16(bytes, typeAt);
  let start = headerBytes;
  if (!VLAN_TYPES.includes(etherType)) return { etherType, start, vlanIds: NO_TAGS };
  const vlanIds: number[] = [];
  while (VLAN_TYPES.includes(etherType)) {
    if (vlanIds.length === VLAN_TAGS_MAX) return 'chain-long';
    if (bytes.length < start + VLAN_TAG_BYTES) return 'cut';
    vlanIds.push(readUint16(bytes, start) & VLAN_ID_MASK);
    etherType = readUint16(bytes, start + 2);
    start += VLAN_TAG_BYTES;
  }
  return { etherType, start, vlanIds };
}

const NO_TAGS: readonly number[] = [];

/** BSD loopback: the address family in 4 bytes, in the order of the machine that captured (LOOP: network order). */
function readFamily(bytes: Uint8Array, linkType: number): Frame | PacketFault {
  if (bytes.length < 4) return 'cut';
  const network = readUint32(bytes, 0);
  // A family is a small number: in the wrong order it is a huge one.
  const family = linkType === LINK_NULL && network > 0xffff ? readUint32Little(bytes, 0) : network;
  if (!FAMILIES.includes(family)) return 'not-ip';
  return readBare(bytes, 4);
}

/** AF_INET everywhere, AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
const FAMILIES: readonly number[] = [2, 10, 24, 28, 30];

/** No type at all: the packet itself says its version. */
function readBare(bytes: Uint8Array, start: number): Frame | PacketFault {
  if (bytes.length <= start) return 'cut';
  const version = bytes[start]! >> 4; // Its length was checked above.
  if (version === 4) return { etherType: ETHER_IPV4, start, vlanIds: NO_TAGS };
  if (version === 6) return { etherType: ETHER_IPV6, start, vlanIds: NO_TAGS };
  return 'version-bad';
}
