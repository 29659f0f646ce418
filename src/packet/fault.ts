/**
 * Why bytes are not the packet that they should be. Readers of packets answer with a view or with one of these; they
 * never throw, whatever the bytes are.
 */
export const PACKET_FAULTS = {
  cut: 'fewer bytes than the header says or needs',
  'length-bad': 'a length that contradicts itself',
  'version-bad': 'the version of IP is another',
  'link-unknown': 'a link type that is not read here',
  'not-ip': 'a frame that carries something other than IP',
  'chain-long': 'more tags or extension headers than anybody honest sends',
} as const;

export type PacketFault = keyof typeof PACKET_FAULTS;

/** True when a reader answered with a fault instead of a view. */
export function isFault(answer: object | PacketFault): answer is PacketFault {
  return typeof answer === 'string';
}
