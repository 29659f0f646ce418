/**
 * Listening sockets that a service manager opened and handed over, and which listener each of them is for.
 *
 * They outlive this process: while it is started anew, connections wait in them, and none is refused.
 */
import { closeDescriptor, duplicate } from '../linux/descriptor.ts';
import { SystemError } from '../linux/ffi.ts';
import { SocketFacts } from '../linux/socket-facts.ts';
import type { ListeningFacts } from '../linux/socket-facts.ts';
import { addressFromBytes } from '../net/address.ts';
import type { HandedDescriptor } from './service-manager.ts';
import { hostPort } from './status.ts';

export interface InheritedSocket {
  /** What the service manager calls it. */
  readonly name: string;
  readonly descriptor: number;
  /** Canonical text. */
  readonly host: string;
  readonly port: number;
  /** Its address is IPv6, and it takes IPv4, too. */
  readonly isDual: boolean;
  readonly isTransparent: boolean;
}

/** An address of a listener for which there is no socket yet. */
export interface WantedSocket {
  readonly listener: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Takes what was handed over: from then on it belongs to this process and to no program that it starts. Throws, with a
 * message for people, when something of it is no TCP socket that listens.
 */
export function takeInherited(handed: readonly HandedDescriptor[]): readonly InheritedSocket[] {
  if (handed.length === 0) return [];
  const facts = new SocketFacts();
  // All are looked at before one is taken: what was closed by mistake could be anything.
  const found = handed.map((one) => ({ ...one, ...listeningFacts(facts, one) }));
  return found.map(({ name, descriptor, address, port, isDual, isTransparent }) => {
    const own = duplicate(descriptor);
    closeDescriptor(descriptor);
    return { name, descriptor: own, host: addressFromBytes(address).text, port, isDual, isTransparent };
  });
}

function listeningFacts(facts: SocketFacts, { descriptor, name }: HandedDescriptor): ListeningFacts {
  let found: ListeningFacts | undefined;
  let why = '';
  try {
    found = facts.listening(descriptor);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    why = ` (${error.message})`;
  }
  if (found !== undefined) return found;
  throw new Error(
    `Cannot use descriptor ${descriptor} (${JSON.stringify(name)}) of the service manager: it is no TCP socket that listens${why}; a socket unit needs ListenStream with a port, and Accept=no`,
  );
}

/**
 * Which socket each wanted address gets, in the order of `wanted`; undefined for those that it has to open itself.
 *
 * First by address. A socket for both families is one for `0.0.0.0` and for `[::]` of the same listener. Then by name: what
 * is left and called like a listener serves the first address of that listener which has no socket.
 */
export function matchInherited(
  wanted: readonly WantedSocket[],
  inherited: readonly InheritedSocket[],
): readonly (InheritedSocket | undefined)[] {
  const matched = wanted.map(({ host, port }) =>
    inherited.find((socket) => socket.host === host && socket.port === port),
  );
  for (const [index, { listener, host, port }] of wanted.entries()) {
    if (matched[index] !== undefined || host !== '0.0.0.0') continue;
    const dual = inherited.find((socket) => socket.isDual && socket.host === '::' && socket.port === port);
    const isOthers = wanted.some((other, at) => matched[at] === dual && other.listener !== listener);
    if (!isOthers) matched[index] = dual;
  }
  for (const [index, { listener }] of wanted.entries()) {
    matched[index] ??= inherited.find((socket) => socket.name === listener && !matched.includes(socket));
  }
  return matched;
}

/** How messages call one. */
export function inheritedText({ name, host, port }: InheritedSocket): string {
  return `socket ${JSON.stringify(name)} (${hostPort(host, port)}) of the service manager`;
}
