/**
 * Cases of suricata-verify whose alerts a proxy cannot count, or counts otherwise, by class and with the reason. All
 * others must give the very alerts that Suricata gives.
 */

export interface CaseClass {
  readonly because: string;
  readonly ids: readonly string[];
}

export const CLASSES: Readonly<Record<string, CaseClass>> = {
  'HTTP/2': {
    because: 'the messages are HTTP/2, which the front does not read yet',
    ids: [
      'dns-over-http2-limit',
      'drop-protocol-change',
      'http2-errorcode',
      'http2-header',
      'http2-host',
      'http2-userinfo-authority',
      'http2-window-index',
    ],
  },
  packets: {
    because:
      'a rule without contents alerts for packets, those without bytes and those of ICMP too; a proxy sees bytes',
    ids: [
      'bug-5464-verdict-02',
      'bug-5464-verdict-03',
      'bug-5464-verdict-06',
      'bug-7199',
      'uricontent/detect-uricontent-06',
    ],
  },
  'options of the engine': {
    because:
      'the count comes from a bound of alerts for a packet, a capture filter or a policy for lost packets',
    ids: [
      'alert-max/alert-max-append-higher-priority',
      'alert-max/alert-max-verdict',
      'bpf-command-line',
      'exception-policy-midstream-04',
    ],
  },
  'files that are missing': {
    because: 'the case reads a threshold.config, which the data does not have; what is counted are packets',
    ids: [
      'threshold-config-byrule',
      'threshold/threshold-config-rate-filter-drop-rule',
      'threshold/threshold-config-rate-filter-pass-hostdst',
      'threshold/threshold-config-rate-filter-pass-hostsrc',
      'threshold/threshold-config-rate-filter-pass-pair',
      'threshold/threshold-config-rate-filter-pass-rule',
      'threshold/threshold-config-rate-filter-reject-hostsrc',
      'threshold/threshold-config-rate-filter-reject-rule',
    ],
  },
  'firewall rules': {
    because: 'the rules are of the language of Suricata as a firewall: accept, hooks, a default of drop',
    ids: [
      'firewall/ruletype-firewall-141-ban-bypass-keyword-firewall-rule',
      'firewall/ruletype-firewall-22-http-accept-tx-with-td',
      'firewall/ruletype-firewall-67-accept-flow-td-response-body',
      'firewall/ruletype-firewall-76-config-default-policy-http-accept-tx-td',
    ],
  },
  hooks: {
    because: 'the rules ask for states of the parser (hooks), and are not run',
    ids: ['rule-hooks/http-body-hook-01'],
  },
  'events of the parser': {
    because: 'the rule asks what the parser of Suricata noticed (app-layer-event)',
    ids: [
      'http-auth-bearer',
      'http-auth-unrecognized',
      'http-double-encoded-uri',
      'http-event-chunk',
      'http-multiple-cl',
      'http-not09',
      'protocol-change-failed-event',
    ],
  },
  'unknown codings': {
    because: 'the Content-Encoding is lzma, which has no registration and which no browser decodes',
    ids: ['http-evader/http-evader-116-lzma'],
  },
};

/**
 * Connections that the front refuses or waits in vain for, by its code: no rule would see them. They are read by a
 * tolerant reader and compared all the same. Cases of the classes above are not counted here.
 */
export const REFUSALS: Readonly<Record<string, number>> = {
  'request: bare-lf': 2,
  'request: head-cut': 1,
  'request: length-and-encoding': 1,
  'request: method-bad': 2,
  'request: target-bad': 1,
  'request: version-bad': 1,
  'response: bare-cr': 35,
  'response: bare-lf': 37,
  'response: chunk-size-bad': 14,
  'response: content-length-bad': 8,
  'response: content-length-differs': 1,
  'response: header-name-bad': 16,
  'response: header-name-empty': 1,
  'response: header-value-bad': 15,
  'response: length-and-encoding': 15,
  'response: obs-fold': 20,
  'response: space-before-colon': 15,
  'response: status-bad': 15,
  'response: trailer-bad': 1,
  'response: transfer-encoding-bad': 17,
  'response: transfer-encoding-http10': 1,
  'response: version-bad': 41,
};

/** What alerts may be asked for besides their sid that a count does not depend on: how the event is written. */
export const DETAILS: ReadonlySet<string> = new Set([
  'alert.action',
  'alert.category',
  'alert.severity',
  'app_proto',
  'dest_ip',
  'direction',
  'flow.bytes_toclient',
  'flow.bytes_toserver',
  'flow.dest_ip',
  'flow.dest_port',
  'flow.pkts_toclient',
  'flow.pkts_toserver',
  'flow.src_ip',
  'flow.src_port',
  'flow.start',
  'http',
  'http.hostname',
  'http.http_method',
  'http.http_user_agent',
  'http.length',
  'http.protocol',
  'http.url',
  // What a pattern captured.
  'metadata.flowvars[0].key',
  'metadata.flowvars[1].value',
  'not-has-key',
  'packet_info.linktype_name',
  'pcap_cnt',
  'pkt_src',
  'proto',
  'src_ip',
  'traffic.id[0]',
  'tx_id',
  'vlan[0]',
]);
