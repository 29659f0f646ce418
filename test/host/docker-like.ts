/**
 * Rules as Docker, kube-proxy and a VPN of WireGuard leave them on a host: a bridge with a container behind it, chains of
 * NAT, marks of their own. Written for these tests.
 */
import type { Host } from '../support/topology.ts';

const NAT = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
`;

const NFT = `table inet filter_of_host {
  chain input {
    type filter hook input priority filter; policy accept;
    meta mark & 0x00ff0000 == 0x00040000 accept
  }
}
`;

/** Makes the host one that runs containers. The mark that we usually take is in use there. */
export function makeDockerLike(host: Host): void {
  host.ip('link', 'add', 'docker0', 'type', 'bridge');
  host.ip('address', 'add', '172.17.0.1/16', 'dev', 'docker0');
  host.ip('link', 'set', 'docker0', 'up');
  host.run('sh', '-c', `iptables-restore <<END\n${NAT}END`);
  host.nft(NFT);
  host.ip('rule', 'add', 'priority', '5210', 'fwmark', '0x80000/0xff0000', 'table', 'main');
  host.ip('rule', 'add', 'priority', '5270', 'fwmark', '0x2000/0x2000', 'table', '230');
  host.ip('route', 'add', 'unreachable', 'default', 'table', '230');
  host.sysctl('net.ipv4.ip_forward', 1);
  host.sysctl('net.ipv4.conf.docker0.route_localnet', 1);
}
