import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { suite, test } from 'node:test';
import { ethernetBytes, ipv4Bytes, ipv6Bytes, tcpBytes } from '../../test/support/packets.ts';
import { isFault } from './fault.ts';
import * as frames from './frame.ts';
import { readIp, readIpv4, readIpv6 } from './ip.ts';
import { readTcp, readUdp } from './tcp.ts';

const IP4 = ipv4Bytes({ payload: Buffer.from('payload') });
const IP6 = ipv6Bytes(6, Buffer.from('payload'));
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

suite('readFrame', () => {
  const good: readonly (readonly [string, number, Uint8Array, readonly number[]])[] = [
    ['Ethernet', frames.LINK_ETHERNET, ethernetBytes(0x0800, IP4), []],
    ['Ethernet with a VLAN tag', frames.LINK_ETHERNET, ethernetBytes(0x0800, IP4, [3136]), [3136]],
    ['Ethernet with two VLAN tags', frames.LINK_ETHERNET, ethernetBytes(0x0800, IP4, [1, 4095]), [1, 4095]],
    ['raw IP', frames.LINK_RAW, IP4, []],
    ['raw IP by its old number', 12, IP4, []],
    ['IPv4 only', frames.LINK_IPV4, IP4, []],
    ['Linux cooked', frames.LINK_LINUX_COOKED, Buffer.concat([Buffer.alloc(14), hex('0800'), IP4]), []],
    ['Linux cooked 2', frames.LINK_LINUX_COOKED_2, Buffer.concat([hex('0800'), Buffer.alloc(18), IP4]), []],
    ['Cisco HDLC', frames.LINK_CISCO_HDLC, Buffer.concat([hex('0f00 0800'), IP4]), []],
    ['null, big endian', frames.LINK_NULL, Buffer.concat([hex('00000002'), IP4]), []],
    ['null, little endian', frames.LINK_NULL, Buffer.concat([hex('02000000'), IP4]), []],
    ['loopback', frames.LINK_LOOP, Buffer.concat([hex('00000002'), IP4]), []],
  ];
  for (const [name, linkType, bytes, vlanIds] of good) {
    test(`finds the packet in ${name}`, () => {
      const frame = frames.readFrame(bytes, linkType);
      assert.ok(!isFault(frame));
      assert.deepEqual(frame.vlanIds, vlanIds);
      const packet = readIp(bytes, frame.start, frame.etherType);
      assert.ok(!isFault(packet));
      assert.equal(Buffer.from(packet.payload).toString(), 'payload');
    });
  }

  const bad: readonly (readonly [string, number, Uint8Array, string])[] = [
    ['an unknown link type', 999, IP4, 'link-unknown'],
    ['Ethernet cut in its header', frames.LINK_ETHERNET, Buffer.alloc(13), 'cut'],
    ['Ethernet cut in a tag', frames.LINK_ETHERNET, ethernetBytes(0x8100, Buffer.alloc(3)), 'cut'],
    ['five VLAN tags', frames.LINK_ETHERNET, ethernetBytes(0x0800, IP4, [1, 2, 3, 4, 5]), 'chain-long'],
    ['Linux cooked cut', frames.LINK_LINUX_COOKED, Buffer.alloc(15), 'cut'],
    ['Linux cooked 2 cut', frames.LINK_LINUX_COOKED_2, Buffer.alloc(19), 'cut'],
    ['null cut', frames.LINK_NULL, Buffer.alloc(3), 'cut'],
    ['null of another family', frames.LINK_NULL, hex('00000007'), 'not-ip'],
    ['loopback in the wrong order', frames.LINK_LOOP, Buffer.concat([hex('02000000'), IP4]), 'not-ip'],
    ['nothing at all', frames.LINK_RAW, Buffer.alloc(0), 'cut'],
    ['raw bytes of version 5', frames.LINK_RAW, hex('50'), 'version-bad'],
  ];
  for (const [name, linkType, bytes, fault] of bad) {
    test(`refuses ${name}`, () => assert.equal(frames.readFrame(bytes, linkType), fault));
  }
});

suite('readIp', () => {
  const changed = (bytes: Uint8Array, at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };

  test('takes no more than the header says: Ethernet pads', () => {
    const packet = readIpv4(Buffer.concat([IP4, Buffer.alloc(9)]), 0);
    assert.ok(!isFault(packet));
    assert.equal(packet.payload.length, 7);
    assert.equal(packet.isCut, false);
  });

  test('takes all there is when the length is 0, and says when it is cut', () => {
    const long = Buffer.from(IP4);
    long.writeUInt16BE(0, 2);
    const whole = readIpv4(long, 0);
    assert.ok(!isFault(whole) && whole.payload.length === 7 && !whole.isCut);
    const cut = readIpv4(IP4.subarray(0, 22), 0);
    assert.ok(!isFault(cut) && cut.payload.length === 2 && cut.isCut);
  });

  test('skips options of IPv4', () => {
    const bytes = Buffer.concat([IP4.subarray(0, 20), Buffer.alloc(4, 1), Buffer.from('payload')]);
    bytes[0] = 0x46;
    bytes.writeUInt16BE(bytes.length, 2);
    const packet = readIpv4(bytes, 0);
    assert.ok(!isFault(packet));
    assert.equal(Buffer.from(packet.payload).toString(), 'payload');
  });

  test('walks extension headers of IPv6', () => {
    const chain = [
      hex('2b00 000000000000'),
      hex('3300 000000000000'),
      hex('3c01 000000000000'),
      hex('0600 000000000000'),
    ];
    const authentication = hex('3c01 0000 00000000 00000000');
    const bytes = ipv6Bytes(
      0,
      Buffer.concat([chain[0]!, chain[1]!, authentication, chain[3]!, Buffer.from('payload')]),
    );
    const packet = readIpv6(bytes, 0);
    assert.ok(!isFault(packet));
    assert.equal(packet.protocol, 6);
    assert.equal(Buffer.from(packet.payload).toString(), 'payload');
  });

  test('takes an atomic fragment for a whole packet', () => {
    const packet = readIpv6(
      ipv6Bytes(44, Buffer.concat([hex('0600 0000 00000001'), Buffer.from('payload')])),
      0,
    );
    assert.ok(!isFault(packet));
    assert.equal(packet.fragment, undefined);
    assert.equal(packet.protocol, 6);
  });

  test('says where a fragment belongs', () => {
    const four = readIpv4(ipv4Bytes({ payload: Buffer.alloc(8), id: 7, offset: 16, hasMore: true }), 0);
    assert.ok(!isFault(four));
    assert.deepEqual(four.fragment, { id: 7, offset: 16, isLast: false });
    const six = readIpv6(ipv6Bytes(44, hex('0600 0010 00000009 00')), 0);
    assert.ok(!isFault(six));
    assert.deepEqual(six.fragment, { id: 9, offset: 16, isLast: true });
  });

  const bad: readonly (readonly [string, Uint8Array, number, string])[] = [
    ['IPv4 of 19 bytes', IP4.subarray(0, 19), frames.ETHER_IPV4, 'cut'],
    ['IPv4 that says version 6', changed(IP4, 0, 0x65), frames.ETHER_IPV4, 'version-bad'],
    ['an IPv4 header of 16 bytes', changed(IP4, 0, 0x44), frames.ETHER_IPV4, 'length-bad'],
    [
      'an IPv4 header longer than what is there',
      changed(IP4.subarray(0, 24), 0, 0x4f),
      frames.ETHER_IPV4,
      'length-bad',
    ],
    ['an IPv4 packet shorter than its header', changed(IP4, 3, 19), frames.ETHER_IPV4, 'length-bad'],
    ['IPv6 of 39 bytes', IP6.subarray(0, 39), frames.ETHER_IPV6, 'cut'],
    ['IPv6 that says version 4', changed(IP6, 0, 0x45), frames.ETHER_IPV6, 'version-bad'],
    ['an extension header that is cut', ipv6Bytes(0, hex('06000000')), frames.ETHER_IPV6, 'cut'],
    [
      'an extension header that says more than there is',
      ipv6Bytes(0, hex('06ff000000000000')),
      frames.ETHER_IPV6,
      'cut',
    ],
    [
      'a chain without end',
      ipv6Bytes(60, Buffer.concat(Array.from({ length: 30 }, () => hex('3c00000000000000')))),
      frames.ETHER_IPV6,
      'chain-long',
    ],
    ['ARP', Buffer.alloc(60), frames.ETHER_ARP, 'not-ip'],
  ];
  for (const [name, bytes, etherType, fault] of bad) {
    test(`refuses ${name}`, () => assert.equal(readIp(bytes, 0, etherType), fault));
  }
});

suite('readTcp and readUdp', () => {
  const TCP = tcpBytes({ sourcePort: 1025, destinationPort: 80, sequence: 0xfffffffe, payload: 'data' });

  test('read ports, numbers and payload', () => {
    const segment = readTcp(TCP);
    assert.ok(!isFault(segment));
    assert.deepEqual([segment.sourcePort, segment.destinationPort, segment.sequence], [1025, 80, 0xfffffffe]);
    assert.equal(Buffer.from(segment.payload).toString(), 'data');
    const datagram = readUdp(hex('0035 1000 000a 0000 6869 ffff'));
    assert.ok(!isFault(datagram));
    assert.equal(Buffer.from(datagram.payload).toString(), 'hi');
  });

  const withOffset = (words: number): Buffer => {
    const copy = Buffer.from(TCP);
    copy[12] = words << 4;
    return copy;
  };
  const bad: readonly (readonly [string, () => unknown, string])[] = [
    ['a segment of 19 bytes', (): unknown => readTcp(TCP.subarray(0, 19)), 'cut'],
    ['a header of 16 bytes', (): unknown => readTcp(withOffset(4)), 'length-bad'],
    ['a header longer than the segment', (): unknown => readTcp(withOffset(15)), 'cut'],
    ['a datagram of 7 bytes', (): unknown => readUdp(Buffer.alloc(7)), 'cut'],
    ['a datagram that says 7 bytes', (): unknown => readUdp(hex('0035100000070000')), 'length-bad'],
    ['a datagram that says more than there is', (): unknown => readUdp(hex('0035100000090000')), 'cut'],
  ];
  for (const [name, read, fault] of bad) test(`refuse ${name}`, () => assert.equal(read(), fault));
});
