/**
 * Options that exist in one of the languages and are not run, each with the reason: a rule that has one is not loaded, and
 * that is told. Names that are in no table are mistakes.
 */

/** Why an option is not run; undefined for one that is not known to be such. `name` is in lower case. */
export function whyNotRun(name: string): string | undefined {
  if (Object.hasOwn(NOT_RUN, name)) return NOT_RUN[name];
  return PROTOCOL_OPTION.test(name) ? DECODER : undefined;
}

const PACKET = 'it is a field of IP, TCP, UDP or ICMP packets, which a proxy does not see';
const FLOW = 'it measures packets, bytes or the age of a flow, which is not done here';
const DECODER = 'it needs a decoder of a protocol that is not HTTP';
const FILES = 'files are not identified here';
const OUTSIDE = 'it needs data or programs beside the rules';
export const DIGEST_ONLY = 'bytes of which only the digest is known are not looked for';
const COUNTS = 'it counts parts of a message that the buffers do not tell';

const NOT_RUN: Readonly<Record<string, string>> = {
  ...reasons(
    PACKET,
    'ack flags fragbits fragoffset icmp_id icmp_seq icode id ip_proto ipopts itype seq tos ttl',
  ),
  ...reasons(
    PACKET,
    'window tcp.flags tcp.hdr tcp.mss ipv4.hdr ipv6.hdr udp.hdr icmpv4.hdr icmpv6.hdr icmpv6.mtu',
  ),
  ...reasons(PACKET, 'tcp.ack tcp.seq tcp.window tcp.wscale decode-event stream-event ip_rep l3_csum'),
  ...reasons(PACKET, 'cvs stream_reassemble igmp.type igmp.hdr ether.hdr l3_proto vlan.id vlan.layers mpls'),
  ...reasons(
    PACKET,
    'ipv4-csum tcpv4-csum tcpv6-csum udpv4-csum udpv6-csum icmpv4-csum icmpv6-csum igmp-csum engine-event',
  ),
  ...reasons(
    FLOW,
    'flow.age flow.bytes flow.bytes_toserver flow.bytes_toclient flow.elephant flow.pkts flow.pkts_toserver',
  ),
  ...reasons(FLOW, 'flow.pkts_toclient'),
  ...reasons(DECODER, 'asn1 rpc modbus ftpbounce ftpdata_command frame vba_data ber_data ber_skip'),
  ...reasons(
    FILES,
    'filemagic file.magic filemd5 filesha1 filesha256 fileext filename filesize file_type file_group file_meta',
  ),
  ...reasons(
    OUTSIDE,
    'lua luajit luaxform dataset datarep iprep geoip sd_pattern so appid appids cip_attribute entropy config',
  ),
  ...reasons(DIGEST_ONLY, 'hash length md5 sha256 sha512'),
  ...reasons('what is kept by a pattern is not kept here', 'flowvar pktvar'),
  ...reasons('states of the parser are not told here', 'app-layer-state'),
  ...reasons('the transform is not run here', 'gunzip zlib_deflate'),
  ...reasons('patterns of Hyperscan are not run here', 'regex'),
  ...reasons('its action alone says whether a rule alerts', 'alert'),
  ...reasons('rules are switched on and off by who loads them', 'enable'),
  ...reasons('the script is not decoded here', 'script_data'),
  ...reasons(
    COUNTS,
    'http_num_headers http_num_cookies http_num_trailers http_version_match http_header_test http_trailer_test',
  ),
  ...reasons(COUNTS, 'http_max_header_line http_max_trailer_line http.urilen http2_stream_id'),
};

/** Protocols with options of their own: `tls.sni`, `dce_iface`, `ja3_hash`. There are more of them with every version. */
const PROTOCOL_OPTION = new RegExp(
  `^(?:${[
    'bittorrent|cip|dce|dcerpc|dhcp|dnp3|dns|email|enip|ftp|gtp|hassh|http2|iec104|ike|ja3s?|ja4s?|krb5|ldap|llmnr',
    'mdns|mms|modbus|mqtt|nfs|ntp|opcua|pgsql|pop3|quic|rdp|rfb|s7commplus|sctp|sdp|sip|smb|smtp|snmp|socks|ssh|ssl',
    'tftp|tls|websocket',
  ].join('|')})[._]`,
);

function reasons(because: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, because]));
}
