/**
 * For a rule: buffers and a connection that it alerts on, and the same with one content changed.
 */
import type { CompiledRule } from '../../../src/inspect/snort/compile.ts';
import { evaluate } from '../../../src/inspect/snort/evaluate.ts';
import { FlowState } from '../../../src/inspect/snort/flow.ts';
import type { FlowEndpoint, FlowView, HostBits } from '../../../src/inspect/snort/flow.ts';
import { foldAscii } from '../../../src/inspect/match/phrase-automaton.ts';
import { MessageBuffers } from '../../../src/inspect/snort/message-buffers.ts';
import type { AddressTerm, BufferGroup, Condition, PortTerm } from '../../../src/inspect/snort/rule.ts';
import { givenBuffers, givenFlow } from './given.ts';
import { HAND_MADE } from './hand-made.ts';
import { makeText } from './made-text.ts';
import type { Pick } from './pattern-sample.ts';

export interface MadeMessage {
  readonly values: ReadonlyMap<string, string>;
  readonly flow: FlowView;
}

/** Guesses for one rule; nearly all rules take a few. */
const GUESSES_MAX = 2000;

/** A message that the rule alerts on, or undefined when none was found. */
export function messageFor(compiled: CompiledRule): MadeMessage | undefined {
  const handMade = HAND_MADE[compiled.rule.sid];
  if (handMade !== undefined) {
    const message = { values: new Map(Object.entries(handMade)), flow: flowFor(compiled) };
    return alerts(compiled, message) ? message : undefined;
  }
  for (let guess = 0; guess < GUESSES_MAX; guess++) {
    const pick = pickFrom(compiled.rule.sid * 1000 + guess, guess);
    const message = { values: guessValues(compiled, pick), flow: flowFor(compiled) };
    if (alerts(compiled, message)) return message;
  }
  return undefined;
}

export function alerts(compiled: CompiledRule, message: MadeMessage): boolean {
  const match = evaluate(compiled, buffersOf(message), message.flow);
  return match?.isExhausted === false && match.rule.rule.sid === compiled.rule.sid;
}

/** Values are kept by `kind` or `kind:name`, before any transform. */
export function buffersOf(message: MadeMessage): MessageBuffers {
  const plain = Object.fromEntries([...message.values].filter(([key]) => !key.includes(':')));
  const named = Object.fromEntries([...message.values].filter(([key]) => key.includes(':')));
  return new MessageBuffers(givenBuffers(plain, named));
}

/** The same message without one of the contents or patterns that the rule needs: it must not alert. */
export function withOneChanged(compiled: CompiledRule, message: MadeMessage): MadeMessage | undefined {
  for (const group of compiled.rule.groups) {
    const content = group.options.find((option) => option.kind === 'content' && !option.isNegated);
    const key = keyOf(group);
    const value = message.values.get(key);
    if (value === undefined || group.whenAbsent !== 'fails') continue;
    if (content?.kind === 'content' && group.buffer.transforms.length === 0) {
      return changed(message, key, broken(value, content.bytes));
    }
  }
  // Without a content of its own the buffer goes as a whole.
  const group = compiled.rule.groups.find(({ whenAbsent }) => whenAbsent === 'fails');
  if (group === undefined) return undefined;
  const values = new Map(message.values);
  values.delete(keyOf(group));
  return { ...message, values };
}

function changed(message: MadeMessage, key: string, value: string): MadeMessage {
  return { ...message, values: new Map([...message.values, [key, value]]) };
}

/** Changes the first byte of every place where the literal stands, in any case, until there is none. */
function broken(value: string, literal: string): string {
  const needle = foldAscii(literal);
  const other = needle.includes('\x7f') ? '\x02' : '\x7f';
  let text = value;
  for (let at = foldAscii(text).indexOf(needle); at >= 0; at = foldAscii(text).indexOf(needle)) {
    text = text.slice(0, at) + other + text.slice(at + 1);
  }
  return text;
}

function keyOf(group: BufferGroup): string {
  const { kind, name } = group.buffer;
  return name === undefined ? kind : `${kind}:${name}`;
}

/** Groups on one buffer share its value; the evaluator says whether they stand each other's company. */
function guessValues(compiled: CompiledRule, pick: Pick): ReadonlyMap<string, string> {
  const groups = compiled.rule.groups.filter(({ whenAbsent }) => whenAbsent !== 'only');
  const byKey = Map.groupBy(groups, keyOf);
  return new Map(
    [...byKey].map(([key, sharing]) => {
      const text = makeText(
        sharing.map(({ options }) => options),
        pick,
      );
      return [key, sharing[0] === undefined ? text : beforeTransforms(sharing[0], text)];
    }),
  );
}

/** What becomes the text by the transforms of the group, for those that can be turned around. */
function beforeTransforms(group: BufferGroup, text: string): string {
  let before = text;
  for (const { name } of group.buffer.transforms.toReversed()) {
    if (name === 'dotprefix') before = before.replace(/^\./, '');
    if (name === 'url_decode') before = before.replaceAll('%', '%25').replaceAll('+', '%2b');
  }
  return before;
}

function flowFor(compiled: CompiledRule): FlowView {
  const { header, conditions, services } = compiled.rule;
  const flow = conditions.find((condition) => condition.kind === 'flow');
  const direction = flow?.kind === 'flow' && flow.direction === 'to_client' ? 'to_client' : 'to_server';
  const source = endpointFor(header.source, header.sourcePorts, '192.0.2.1', 40_000);
  const destination = endpointFor(header.destination, header.destinationPorts, '198.51.100.1', 80);
  const [client, server] = direction === 'to_server' ? [source, destination] : [destination, source];
  const isHttp = header.protocol.startsWith('http') || services.includes('http');
  const protocol =
    header.protocol === 'http2' ? 'http2' : isHttp ? 'http' : services.length > 0 ? undefined : 'http';
  const hasSameIp = conditions.some(({ kind }) => kind === 'same_ip');
  return givenFlow({
    direction,
    client,
    server: hasSameIp ? { ...server, address: client.address } : server,
    protocol: protocolFor(conditions, protocol),
    state: stateFor(conditions),
    hostBits: hostBitsFor(conditions),
    ...sizesFor(conditions),
  });
}

function protocolFor(conditions: readonly Condition[], otherwise: string | undefined): string | undefined {
  const asked = conditions.find((condition) => condition.kind === 'app_protocol');
  if (asked?.kind !== 'app_protocol') return otherwise;
  return asked.isNegated ? undefined : asked.name;
}

function endpointFor(
  address: AddressTerm,
  port: PortTerm,
  otherAddress: string,
  otherPort: number,
): FlowEndpoint {
  return { address: addressIn(address) ?? otherAddress, port: portIn(port) ?? otherPort };
}

/** An address of the term, where it names one; those of variables are any. */
function addressIn(term: AddressTerm): string | undefined {
  if (term.isNegated) return undefined;
  if (term.kind === 'list') return term.terms.map(addressIn).find((found) => found !== undefined);
  return term.kind === 'address' ? term.text.replace(/[/-].*/, '') : undefined;
}

const VARIABLE_PORTS: Readonly<Record<string, number>> = {
  FTP_PORTS: 21,
  MAIL_PORTS: 110,
  ORACLE_PORTS: 1521,
  SIP_PORTS: 5060,
  SSH_PORTS: 22,
  GTP_PORTS: 2123,
};

function portIn(term: PortTerm): number | undefined {
  if (term.kind === 'list') return term.terms.map(portIn).find((found) => found !== undefined);
  if (term.isNegated) return undefined;
  if (term.kind === 'range') return term.last;
  return term.kind === 'variable' ? VARIABLE_PORTS[term.name] : undefined;
}

function stateFor(conditions: readonly Condition[]): FlowState {
  const state = new FlowState();
  for (const condition of conditions) {
    if (condition.kind === 'flowbits' && condition.test === 'isset') {
      for (const name of condition.bits.names) state.setBit(name);
    }
    if (
      condition.kind === 'flowint' &&
      typeof condition.value === 'number' &&
      condition.test !== 'isnotset'
    ) {
      const step = condition.test === '>' ? 1 : condition.test === '<' ? -1 : 0;
      state.setInteger(condition.name, condition.value + step);
    }
  }
  return state;
}

function hostBitsFor(conditions: readonly Condition[]): HostBits {
  const names = conditions.flatMap((condition) =>
    condition.kind === 'xbits' && condition.test === 'isset' ? [condition.name] : [],
  );
  return { isSet: (key) => names.some((name) => key.startsWith(name)), set() {}, unset() {}, toggle() {} };
}

function sizesFor(conditions: readonly Condition[]): {
  readonly clientBytes: number;
  readonly serverBytes: number;
} {
  for (const condition of conditions) {
    if (condition.kind !== 'stream_size') continue;
    const step = condition.operator === '>' ? 1 : condition.operator === '<' ? -1 : 0;
    return { clientBytes: condition.size + step, serverBytes: condition.size + step };
  }
  return { clientBytes: 100, serverBytes: 100 };
}

/** A generator of its own, so that every run makes the same messages; the first guess takes the plainest choices. */
function pickFrom(seed: number, guess: number): Pick {
  if (guess === 0) return () => 0;
  let state = seed >>> 0;
  return (count) => {
    // Mulberry32: neighbouring seeds give numbers that have nothing to do with each other.
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count);
  };
}
