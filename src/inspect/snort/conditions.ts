/**
 * What a rule asks of the connection, and what a match changes there.
 */
import { bitOwnerKey, destinationOf, sourceOf } from './flow.ts';
import type { FlowState, FlowView } from './flow.ts';
import type { Amount, BitExpression, Comparison, Condition, Effect } from './rule.ts';

export function conditionHolds(condition: Condition, flow: FlowView): boolean {
  switch (condition.kind) {
    case 'flow':
      // A proxy sees bytes of accepted connections only: each is established, and each byte is reassembled.
      return (
        (condition.direction === undefined || condition.direction === flow.direction) &&
        condition.state !== 'not_established'
      );
    case 'flowbits':
      return hasBits(condition.bits, flow.state) === (condition.test === 'isset');
    case 'xbits':
      return hasHostBit(condition, flow) === (condition.test === 'isset');
    case 'flowint':
      return testInteger(condition, flow.state);
    case 'stream_size':
      return testStreamSize(condition, flow);
    case 'app_protocol':
      return (flow.protocol === condition.name) !== condition.isNegated;
    case 'same_ip':
      return sourceOf(flow).address === destinationOf(flow).address;
  }
}

/** `a&b` is set when both are, `a|b` when one is; `isnotset` is the opposite. */
function hasBits(bits: BitExpression, state: FlowState): boolean {
  return bits.isAny
    ? bits.names.some((name) => state.hasBit(name))
    : bits.names.every((name) => state.hasBit(name));
}

function hasHostBit(condition: Condition & { readonly kind: 'xbits' }, flow: FlowView): boolean {
  if (condition.track === 'tx') return flow.state.hasBit(`tx ${condition.name}`);
  const key = bitOwnerKey(flow, condition.track, condition.name);
  return flow.hostBits?.isSet(key, flow.nowMs) === true;
}

function testInteger(condition: Condition & { readonly kind: 'flowint' }, state: FlowState): boolean {
  const value = state.integer(condition.name);
  if (condition.test === 'isset') return value !== undefined;
  if (condition.test === 'isnotset') return value === undefined;
  return value !== undefined && compares(value, condition.test, amountOf(condition.value, state));
}

/** A number, or what the integer of that name is: 0 when it is not set. */
function amountOf(amount: Amount, state: FlowState): number {
  return typeof amount === 'number' ? amount : (state.integer(amount) ?? 0);
}

function testStreamSize(condition: Condition & { readonly kind: 'stream_size' }, flow: FlowView): boolean {
  const client = compares(flow.clientBytes, condition.operator, condition.size);
  const server = compares(flow.serverBytes, condition.operator, condition.size);
  switch (condition.side) {
    case 'client':
      return client;
    case 'server':
      return server;
    case 'both':
      return client && server;
    case 'either':
      return client || server;
  }
}

function compares(value: number, operator: Comparison, against: number): boolean {
  switch (operator) {
    case '<':
      return value < against;
    case '>':
      return value > against;
    case '<=':
      return value <= against;
    case '>=':
      return value >= against;
    case '=':
      return value === against;
    case '!=':
      return value !== against;
  }
}

export function applyEffect(effect: Effect, flow: FlowView): void {
  switch (effect.kind) {
    case 'flowbits':
      for (const name of effect.names) changeBit(flow.state, name, effect.change);
      return;
    case 'xbits':
      changeHostBit(effect, flow);
      return;
    case 'flowint':
      changeInteger(effect, flow.state);
  }
}

/** Integers have 32 bits without a sign. One that is not set can be added to, and not taken from. */
function changeInteger(effect: Effect & { readonly kind: 'flowint' }, state: FlowState): void {
  const amount = amountOf(effect.value, state);
  const before = state.integer(effect.name);
  if (effect.change === '=') state.setInteger(effect.name, amount);
  else if (effect.change === '+') state.setInteger(effect.name, ((before ?? 0) + amount) >>> 0);
  else if (before !== undefined) state.setInteger(effect.name, (before - amount) >>> 0);
}

function changeBit(state: FlowState, name: string, change: 'set' | 'unset' | 'toggle'): void {
  if (change === 'set' || (change === 'toggle' && !state.hasBit(name))) state.setBit(name);
  else state.unsetBit(name);
}

function changeHostBit(effect: Effect & { readonly kind: 'xbits' }, flow: FlowView): void {
  if (effect.track === 'tx') {
    changeBit(flow.state, `tx ${effect.name}`, effect.change);
    return;
  }
  const key = bitOwnerKey(flow, effect.track, effect.name);
  const untilMs = flow.nowMs + 1000 * effect.expireSeconds;
  switch (effect.change) {
    case 'set':
      flow.hostBits?.set(key, untilMs);
      return;
    case 'unset':
      flow.hostBits?.unset(key);
      return;
    case 'toggle':
      flow.hostBits?.toggle(key, untilMs);
  }
}
