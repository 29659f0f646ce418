import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostRule, hostState } from '../../../test/support/host-state.ts';
import type { HostState, NftObject } from './host-state.ts';
import { chooseMark, iptablesMarkBits, nftMarkBits, usedMarkBits } from './marks.ts';

const IPTABLES: readonly (readonly [what: string, rule: string, bits: number])[] = [
  ['nothing', '-A PREROUTING -p tcp -j ACCEPT', 0],
  ['a value alone', '-A PREROUTING -m mark --mark 0x7b -j ACCEPT', 0x7b],
  ['a decimal value', '-A PREROUTING -m mark --mark 123 -j ACCEPT', 0x7b],
  ['a value with its mask', '-A FORWARD -m mark --mark 0x40000/0xff0000 -j ACCEPT', 0xff_0000],
  ['a bit that is set', '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000', 0x4000],
  ['a mark that is set whole', '-A DIVERT -j MARK --set-xmark 0x1/0xffffffff', 1],
  ['bits that are joined', '-A X -j MARK --or-mark 0x8000', 0x8000],
  ['a mark of TPROXY', '-A X -p tcp -j TPROXY --on-port 1 --on-ip 0.0.0.0 --tproxy-mark 0x2/0x6', 6],
  ['masks of a copy', '-A X -j CONNMARK --save-mark --nfmask 0xf0 --ctmask 0xf00', 0xff0],
  ['a copy of everything', '-A X -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff', 0],
  ['a number that is no mark', '-A X -p tcp --dport 255 -j ACCEPT', 0],
];

for (const [what, rule, bits] of IPTABLES) {
  test(`bits of iptables: ${what}`, () => assert.equal(iptablesMarkBits(`*mangle\n${rule}\nCOMMIT\n`), bits));
}

const META = { meta: { key: 'mark' } };
const CT = { ct: { key: 'mark' } };

const NFT: readonly (readonly [what: string, expression: unknown, bits: number])[] = [
  ['nothing', { match: { op: '==', left: { meta: { key: 'iif' } }, right: 7 } }, 0],
  ['a port', { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 80 } }, 0],
  ['a value', { match: { op: '==', left: META, right: 0xca6c } }, 0xca6c],
  ['a mask', { match: { op: '==', left: { '&': [META, 0xff0000] }, right: 0x40000 } }, 0xff_0000],
  ['a bit that is set', { mangle: { key: META, value: { '|': [META, 0x4000] } } }, 0x4000],
  ['bits that are cleared', { mangle: { key: CT, value: { '&': [CT, 0xffff_00ff] } } }, 0xff00],
  ['a mark of connections', { mangle: { key: CT, value: 1 } }, 1],
  ['a copy', { mangle: { key: META, value: CT } }, 0],
];

for (const [what, expression, bits] of NFT) {
  test(`bits of nft: ${what}`, () => assert.equal(nftMarkBits(nftRule(expression)), bits));
}

function nftRule(expression: unknown): NftObject {
  return { rule: { family: 'ip', table: 'a', chain: 'b', expr: [expression, { accept: null }] } };
}

test('an object of nft that is nested without end is not followed', () => {
  const ring: Record<string, unknown> = {};
  ring['match'] = ring;
  assert.equal(nftMarkBits({ rule: { expr: [ring] } }), 0);
});

function using(...rules: readonly (readonly [mark: number, mask: number])[]): HostState {
  return hostState({
    rules: rules.map(([mark, mask], index) => hostRule({ family: 4, priority: 100 + index, mark, mask })),
  });
}

const CHOICES: readonly (readonly [
  what: string,
  host: HostState,
  apart: number,
  mark: number | undefined,
])[] = [
  ['the usual one', hostState(), 0, 0x2000],
  ['another one where a rule has the usual one', using([0x2000, 0x2000]), 0, 0x1000],
  ['another one where a mask covers the usual one', using([0, 0xf000]), 0, 0x4],
  ['one apart from the mark of our own sockets', hostState(), 0x2000, 0x1000],
  ['one of a well-known program only when no other is left', using([1, 0x0000_3fff]), 0, 0x4000],
  ['the last one', using([1, 0x7fff_ffff]), 0, 0x8000_0000],
  ['none when all are in use', using([1, 0x7fff_ffff], [0, 0x8000_0000]), 0, undefined],
];

for (const [what, host, apart, mark] of CHOICES) {
  test(`of the bits we take ${what}`, () => assert.equal(chooseMark(host, apart), mark));
}

test('a mark of a policy rule without a mask uses the bits that it has', () => {
  assert.equal(usedMarkBits(using([0xca6c, 0xffff_ffff])), 0xca6c);
});
