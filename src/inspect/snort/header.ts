/**
 * The header of a rule against a connection: addresses and ports of both ends, direction, application protocol.
 */
import { addressFromBytes, parseAddress } from '../../net/address.ts';
import type { Address } from '../../net/address.ts';
import { CidrSet, networkOf } from '../../net/cidr.ts';
import { destinationOf, sourceOf } from './flow.ts';
import type { FlowEndpoint, FlowView } from './flow.ts';
import { OptionError, quotedText } from './mistake.ts';
import type { AddressTerm, PortTerm, RuleHeader, SnortRule } from './rule.ts';
import type { SnortVariables } from './variables.ts';

export type HeaderTest = (flow: FlowView) => boolean;

/** Variables within variables: as deep as anybody nests them, and an end to those that name themselves. */
const DEPTH_MAX = 16;

/** `undefined` when every connection satisfies it. Throws OptionError for a variable that is not known. */
export function compileHeader(header: RuleHeader, variables: SnortVariables): HeaderTest | undefined {
  const source = compileEnd(header.source, header.sourcePorts, variables);
  const destination = compileEnd(header.destination, header.destinationPorts, variables);
  if (source === undefined && destination === undefined) return undefined;
  const forward: HeaderTest = (flow) =>
    (source === undefined || source(sourceOf(flow))) &&
    (destination === undefined || destination(destinationOf(flow)));
  if (header.direction === '->') return forward;
  return (flow) =>
    forward(flow) ||
    ((source === undefined || source(destinationOf(flow))) &&
      (destination === undefined || destination(sourceOf(flow))));
}

/** Protocols of the header that are carried by TCP whatever is in it. */
const ANY_TCP: ReadonlySet<string> = new Set(['tcp', 'ip', 'tcp-pkt', 'tcp-stream', 'file', 'user']);

/** Whether a proxy can ever see what the header's protocol names. */
export function isProtocolSeen(protocol: string): boolean {
  return ANY_TCP.has(protocol) || isHttp(protocol);
}

function isHttp(protocol: string): boolean {
  return protocol === 'http' || protocol === 'http1' || protocol === 'http2';
}

/**
 * Whether the rule is about connections that carry this protocol. Snort's `service` narrows a `tcp` rule; on a plain TCP
 * listener nobody has said what is in the bytes, so that there rules of other services than HTTP are about them, too.
 */
export function isAboutProtocol(rule: SnortRule, protocol: string | undefined): boolean {
  const named = rule.header.protocol;
  if (isHttp(named) && !isSameHttp(named, protocol)) return false;
  if (rule.services.length === 0) return true;
  if (protocol === undefined) return !rule.services.every((service) => isHttp(service));
  return rule.services.some((service) => isHttp(service) && isSameHttp(service, protocol));
}

function isSameHttp(named: string, protocol: string | undefined): boolean {
  if (named === 'http') return protocol === 'http' || protocol === 'http1' || protocol === 'http2';
  return named === 'http1' ? protocol === 'http' || protocol === 'http1' : protocol === named;
}

/** `undefined` when every address is in the term. Throws OptionError for a variable that is not known. */
export function compileAddresses(
  term: AddressTerm,
  variables: SnortVariables,
): ((address: string) => boolean) | undefined {
  return compileTerm(term, (leaf) => compileAddress(leaf, variables), 0, variables.address);
}

type EndTest = (end: FlowEndpoint) => boolean;

function compileEnd(addresses: AddressTerm, ports: PortTerm, variables: SnortVariables): EndTest | undefined {
  const address = compileAddresses(addresses, variables);
  const port = compileTerm(ports, compilePort, 0, variables.port);
  if (address === undefined && port === undefined) return undefined;
  return (end) => (port === undefined || port(end.port)) && (address === undefined || address(end.address));
}

/** A test, or `undefined` for "any". */
type Test<Value> = ((value: Value) => boolean) | undefined;

/** Both kinds of terms have the same shape around their leaves. */
function compileTerm<Value, Leaf extends AddressTerm | PortTerm>(
  term: Leaf,
  leaf: (term: Leaf) => Test<Value>,
  depth: number,
  lookUp: (name: string) => AddressTerm | PortTerm | undefined,
): Test<Value> {
  if (depth > DEPTH_MAX) {
    throw new OptionError(`Cannot read rule: variables nest deeper than ${DEPTH_MAX}`, 'variable-form');
  }
  const test = compilePositive(term, leaf, depth, lookUp);
  // `!any` is nobody: Snort refuses it, Suricata does as well. A variable that is `any` makes it easily.
  if (test === undefined) return term.isNegated ? () => false : undefined;
  const signed: Test<Value> = term.isNegated ? (value) => !test(value) : test;
  const known: AddressTerm | PortTerm = term;
  return known.kind === 'variable' ? (value) => isUnknown(value) || signed(value) : signed;
}

/**
 * The address or port of an end that nobody has told. It may be one of `$HOME_NET`, so that no rule is switched off by
 * that; but it is none that a rule names itself, or rules about other services would be about every connection.
 */
function isUnknown(value: unknown): boolean {
  return value === '' || value === 0;
}

function compilePositive<Value, Leaf extends AddressTerm | PortTerm>(
  term: Leaf,
  leaf: (term: Leaf) => Test<Value>,
  depth: number,
  lookUp: (name: string) => AddressTerm | PortTerm | undefined,
): Test<Value> {
  const known: AddressTerm | PortTerm = term;
  switch (known.kind) {
    case 'any':
      return undefined;
    case 'variable': {
      const value = lookUp(known.name);
      if (value === undefined) {
        throw new OptionError(
          `Cannot read rule: variable ${quotedText(known.name)} is not known`,
          'variable-unknown',
        );
      }
      // Address variables hold address terms and port variables port terms; each table has its own kind.
      return compileTerm(value as Leaf, leaf, depth + 1, lookUp);
    }
    case 'list':
      return compileList(known.terms as readonly Leaf[], leaf, depth, lookUp);
    case 'address':
    case 'range':
      return leaf(term);
  }
}

/** In a list: one of the terms without `!` (or there is none), and none of those with it. */
function compileList<Value, Leaf extends AddressTerm | PortTerm>(
  terms: readonly Leaf[],
  leaf: (term: Leaf) => Test<Value>,
  depth: number,
  lookUp: (name: string) => AddressTerm | PortTerm | undefined,
): Test<Value> {
  const tests = terms.map((term) => ({
    isNegated: term.isNegated,
    test: compileTerm(term, leaf, depth + 1, lookUp),
  }));
  const positive = tests.filter(({ isNegated }) => !isNegated);
  const negative = tests.filter(({ isNegated }) => isNegated);
  const isAny = positive.length === 0 || positive.some(({ test }) => test === undefined);
  if (isAny && negative.length === 0) return undefined;
  return (value) =>
    (isAny || positive.some(({ test }) => test?.(value) === true)) &&
    negative.every(({ test }) => test === undefined || test(value));
}

function compilePort(term: PortTerm): Test<number> {
  if (term.kind !== 'range') return undefined;
  const { first, last } = term;
  return first === 0 && last === 65_535 ? undefined : (port) => port >= first && port <= last;
}

function compileAddress(term: AddressTerm, variables: SnortVariables): Test<string> {
  if (term.kind !== 'address') return undefined;
  const known = variables.compiled.get(term.text);
  if (known !== undefined) return known;
  const test = compileAddressText(term.text);
  // Sets of rules name the same few networks thousands of times.
  variables.compiled.set(term.text, test);
  return test;
}

function compileAddressText(text: string): (address: string) => boolean {
  const [first = '', last] = text.split('-');
  if (last !== undefined) return rangeTest(addressOf(first.trim()), addressOf(last.trim()));
  const [host = '', prefix] = text.split('/');
  const address = addressOf(host);
  const set = CidrSet.of([networkOf(address, prefixOf(address, prefix))]);
  return (value) => set.hasText(value);
}

/** The reader of the header has checked every address. */
function addressOf(text: string): Address {
  return parseAddress(text) ?? addressFromBytes(new Uint8Array(4));
}

function prefixOf(address: Address, prefix: string | undefined): number {
  if (prefix === undefined) return 8 * address.bytes.length;
  if (/^\d+$/.test(prefix)) return Number(prefix);
  const mask = parseAddress(prefix);
  return mask === undefined ? 32 : [...mask.bytes].reduce((sum, byte) => sum + bitsOf(byte), 0);
}

function bitsOf(byte: number): number {
  return byte === 0 ? 0 : (byte & 1) + bitsOf(byte >> 1);
}

function rangeTest(first: Address, last: Address): (address: string) => boolean {
  return (text) => {
    const address = parseAddress(text);
    return (
      address !== undefined &&
      address.family === first.family &&
      compareBytes(address.bytes, first.bytes) >= 0 &&
      compareBytes(address.bytes, last.bytes) <= 0
    );
  };
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  for (const [index, byte] of left.entries()) {
    const difference = byte - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
