/**
 * Proves that foreign addresses work on this host, by a real connection for each server and each listener.
 *
 * A server: a socket with an address that is for documentation only connects to it. Where the server is on this host and
 * nobody listens there, a listener of our own does for a moment. That the answer comes back is the proof, a refusal too:
 * it is sent to the foreign address like any reply.
 *
 * A listener: a connection to an address that it takes, from a host of our own: a network namespace with one link to this
 * host, which is removed again. If nobody listens there, we do for a moment.
 */
import { createServer, Socket } from 'node:net';
import type { Server } from 'node:net';
import { openSourceSocket, openTransparentListener } from '../../linux/bound-socket.ts';
import { inNamespace } from '../../linux/namespace.ts';
import { explain } from '../../linux/probe.ts';
import { Sockets } from '../../linux/sockets.ts';
import { canonicalAddress, formatEndpoint, parseAddress } from '../../net/address.ts';
import type { Address, Endpoint } from '../../net/address.ts';
import { isAnyAddress, isLoopback } from '../../net/address-kind.ts';
import { askDatagram } from './ask-datagram.ts';
import { hasAddress } from './host-state.ts';
import type { HostState } from './host-state.ts';
import type { Family, ListenNeed, Needs, SourceNeed } from './needs.ts';
import { hasConnectionAt, listeningOn } from './listening.ts';
import { runTool, ToolError } from './tool.ts';

export interface Proof {
  readonly by: string;
  /** What was tried. */
  readonly what: string;
  readonly outcome: 'proven' | 'failed' | 'not-tried';
  /** What came of it. */
  readonly detail: string;
  /** What helps, where the failure says more than what is found besides. */
  readonly mend?: string;
}

/** For documentation only (RFC 5737, RFC 3849): no host has them, and no answer can leave for somebody else. */
const CLIENT: Readonly<Record<Family, Address>> = {
  4: address('203.0.113.254'),
  6: address('2001:db8:ffff::254'),
};
const ANYBODY: Readonly<Record<Family, Address>> = {
  4: address('203.0.113.253'),
  6: address('2001:db8:ffff::253'),
};

/** A link within one host answers in less than a millisecond; another host after two lost packets in this time. */
const ANSWER_MS = 4000;
/** Of one run: beyond it, what is the same for many servers has been seen often enough. */
const SERVERS_MAX = 64;

/** Servers that are tried at once: those that do not answer take the whole time. */
const AT_ONCE = 8;

const GREETING = 'sallyport host verify';

export async function selfTest(needs: Needs, state: HostState, devices: readonly string[]): Promise<Proof[]> {
  let sockets: Sockets;
  try {
    sockets = new Sockets();
  } catch (error) {
    return [{ by: '', what: 'sockets with foreign addresses', outcome: 'failed', detail: explain(error) }];
  }
  const proofs: Proof[] = [];
  const tried = needs.sources.slice(0, SERVERS_MAX);
  for (let start = 0; start < tried.length; start += AT_ONCE) {
    const some = tried.slice(start, start + AT_ONCE);
    proofs.push(...(await Promise.all(some.map((need) => proveSource(need, state, sockets)))));
  }
  const left = needs.sources.length - SERVERS_MAX;
  if (left > 0)
    proofs.push({
      by: '',
      what: `${left} more servers`,
      outcome: 'not-tried',
      detail: `no more than ${SERVERS_MAX} are tried`,
    });
  for (const { network, by } of needs.networks)
    proofs.push({
      by,
      what: `connections to addresses of ${network.text}`,
      outcome: 'not-tried',
      detail: 'which servers there are is not known beforehand',
    });
  proofs.push(...(await proveListeners(needs.listeners, state, devices, sockets)));
  return proofs;
}

async function proveSource(
  { server, by, transport, mark }: SourceNeed,
  state: HostState,
  sockets: Sockets,
): Promise<Proof> {
  const from = CLIENT[server.address.family];
  const isHere = isLoopback(server.address) || hasAddress(state, server.address.text);
  if (transport === 'udp') return proveDatagrams({ server, by, transport, mark }, isHere, sockets);
  const what = `a connection from ${from.text} to ${formatEndpoint(server)}`;
  const listener = isHere ? await listenFor(() => listenAt(server)) : undefined;
  try {
    const fd = openSourceSocket(sockets, {
      family: server.address.family,
      from: { address: from, port: 0 },
      isTransparent: true,
      mark,
    });
    const answer = await exchange(fd, server, listener !== undefined);
    return { by, what, ...judge(answer, listener, from.text, 'peer') };
  } catch (error) {
    return { by, what, outcome: 'failed', detail: explain(error) };
  } finally {
    listener?.close();
  }
}

async function proveDatagrams(
  { server, by, mark }: SourceNeed,
  isHere: boolean,
  sockets: Sockets,
): Promise<Proof> {
  const from = CLIENT[server.address.family];
  const what = `a datagram from ${from.text} to ${formatEndpoint(server)}`;
  const notTried = (detail: string): Proof => ({ by, what, outcome: 'not-tried', detail });
  if (!isHere) return notTried('whether a server elsewhere answers to a datagram is not known beforehand');
  try {
    const answer = await askDatagram(sockets, server, from, mark, ANSWER_MS);
    if (answer === 'in-use')
      return notTried('somebody listens there, and whether they answer is not known beforehand');
    if (answer === 'silent') return { by, what, ...judge('silent', undefined, from.text, 'peer') };
    if ('error' in answer) return { by, what, outcome: 'failed', detail: answer.error };
    if (answer.seen !== from.text)
      return { by, what, outcome: 'failed', detail: `the server saw ${answer.seen} and not ${from.text}` };
    const detail = `a server of our own saw ${from.text} and its answer came back`;
    return { by, what, outcome: 'proven', detail };
  } catch (error) {
    return { by, what, outcome: 'failed', detail: explain(error) };
  }
}

type Answer = 'connected' | 'refused' | 'silent' | { readonly said: string } | { readonly error: string };

/** `side` is the end of the connection that should have had the foreign address, as our own listener saw it. */
function judge(
  answer: Answer,
  listener: Server | undefined,
  wanted: string,
  side: 'peer' | 'destination',
): Pick<Proof, 'outcome' | 'detail'> {
  if (answer === 'silent') return { outcome: 'failed', detail: `no answer within ${ANSWER_MS / 1000} s` };
  if (answer === 'refused' && listener === undefined && side === 'peer')
    return { outcome: 'proven', detail: 'nobody listens there, and that answer came back' };
  if (answer === 'refused')
    return { outcome: 'failed', detail: 'it was refused, so it never came to the listener' };
  if (answer === 'connected') return { outcome: 'proven', detail: 'whoever listens there has accepted it' };
  if ('error' in answer) return { outcome: 'failed', detail: answer.error };
  const [, peer, destination] = answer.said.split('|');
  const seen = side === 'peer' ? peer : destination;
  if (seen === wanted)
    return { outcome: 'proven', detail: `a listener of our own saw ${wanted} and its answer came back` };
  return { outcome: 'failed', detail: `the listener saw ${seen ?? 'nothing'} and not ${wanted}` };
}

/** Connects the socket; with `hearsGreeting`, waits for what our own listener says. */
function exchange(
  fd: number,
  to: Endpoint,
  hearsGreeting: boolean,
  isHere: () => boolean = () => true,
): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = new Socket({ fd });
    let said = '';
    const end = (answer: Answer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end('silent'), ANSWER_MS);
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(
        error.code === 'ECONNREFUSED'
          ? 'refused'
          : error.code === 'ETIMEDOUT'
            ? 'silent'
            : { error: error.message },
      ),
    );
    socket.setEncoding('latin1').on('data', (text: string) => (said += text.slice(0, 200)));
    socket.once('end', () => {
      if (hearsGreeting) end(said.startsWith(GREETING) ? { said } : { error: 'somebody else answered' });
    });
    socket.once('connect', () => {
      if (!hearsGreeting) end(isHere() ? 'connected' : { error: ELSEWHERE });
    });
    socket.connect({ host: to.address.text, port: to.port });
  });
}

const ELSEWHERE = 'it was accepted by another host: this one has passed it on';

/** Says who has connected, and to what. */
function greet(socket: Socket): void {
  socket.on('error', () => {});
  const peer = canonicalAddress(socket.remoteAddress ?? '');
  socket.end(`${GREETING}|${peer}|${canonicalAddress(socket.localAddress ?? '')}`);
}

/** Undefined where somebody listens already: then the connection is for them. */
async function listenFor(start: () => Promise<Server>): Promise<Server | undefined> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

function listenAt({ address: { text }, port }: Endpoint): Promise<Server> {
  return listening(createServer(greet), (server) => server.listen({ host: text, port }));
}

function listening(server: Server, start: (server: Server) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => resolve(server));
    start(server);
  });
}

async function proveListeners(
  needs: readonly ListenNeed[],
  state: HostState,
  devices: readonly string[],
  sockets: Sockets,
): Promise<Proof[]> {
  const tried = needs.filter(
    ({ bind }) => isAnyAddress(bind.address) || !hasAddress(state, bind.address.text),
  );
  if (tried.length === 0) return [];
  if (devices.length > 0) {
    const detail = `only what comes on ${devices.join(', ')} is taken, and nothing can be sent there from here`;
    return tried.map(({ by, bind }) => ({
      by,
      what: `a connection to ${formatEndpoint(bind)}`,
      outcome: 'not-tried',
      detail,
    }));
  }
  const peer = `sallyport-verify-${process.pid}`;
  try {
    await makePeer(peer);
    const proofs: Proof[] = [];
    for (const need of tried) proofs.push(await proveListener(need, peer, sockets));
    return proofs;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return tried.map(({ by, bind }) => ({
      by,
      what: `a connection to ${formatEndpoint(bind)}`,
      outcome: 'not-tried',
      detail: `no network namespace to connect from: ${error.message}`,
    }));
  } finally {
    await removePeer(peer);
  }
}

async function proveListener({ bind, by }: ListenNeed, peer: string, sockets: Sockets): Promise<Proof> {
  const { family } = bind.address;
  const to: Endpoint = isAnyAddress(bind.address) ? { address: ANYBODY[family], port: bind.port } : bind;
  const what = `a connection from another host to ${formatEndpoint(to)}`;
  let listener: Server | undefined;
  try {
    listener = await listenFor(() =>
      listening(createServer(greet), (server) =>
        server.listen({ fd: openTransparentListener(sockets, bind, false) }),
      ),
    );
    const fd = inNamespace(`/run/netns/${peer}`, () =>
      openSourceSocket(sockets, { family, from: undefined, isTransparent: false, mark: 0 }),
    );
    const answer = await exchange(fd, to, listener !== undefined, () => hasConnectionAt(to));
    const judged = judge(answer, listener, to.address.text, 'destination');
    return {
      by,
      what,
      ...judged,
      ...(judged.outcome === 'failed' ? await explainListener(bind, listener) : {}),
    };
  } catch (error) {
    return { by, what, outcome: 'failed', detail: explain(error) };
  } finally {
    listener?.close();
  }
}

/** Why nobody has accepted the connection, as far as the sockets of this host tell. */
async function explainListener(
  bind: Endpoint,
  own: Server | undefined,
): Promise<Partial<Pick<Proof, 'detail' | 'mend'>>> {
  const port = String(bind.port);
  if (own !== undefined)
    return {
      mend: `mend what is found above; a firewall of this host may also drop what comes from others to port ${port} (nft list ruleset)`,
    };
  if ((await listeningOn(bind)) !== 'plain') return {};
  return {
    detail: `a program listens on port ${port} and its socket is not transparent, so that no connection to a foreign address is for it`,
    mend: `set "transparent: true" for the listener and start Sallyport anew, or stop the other program (ss -ltnp sport = :${port})`,
  };
}

/** Networks for tests of network devices (RFC 2544, RFC 5180): nobody uses them for anything else. */
const LINK = {
  here: ['198.18.255.253/30', '2001:2:0:ffff::253/120'],
  there: ['198.18.255.254/30', '2001:2:0:ffff::254/120'],
  via: ['198.18.255.253', '2001:2:0:ffff::253'],
} as const;

/** Another host: a namespace whose default gateway is this one. */
async function makePeer(name: string): Promise<void> {
  const device = deviceOf(name);
  await runTool('ip', ['netns', 'add', name]);
  await runTool('ip', ['link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name]);
  for (const [index, family] of (['-4', '-6'] as const).entries()) {
    const noDelay = family === '-6' ? ['nodad'] : [];
    try {
      await runTool('ip', [family, 'address', 'add', LINK.here[index] ?? '', 'dev', device, ...noDelay]);
      await runTool('ip', [
        family,
        '-n',
        name,
        'address',
        'add',
        LINK.there[index] ?? '',
        'dev',
        'eth0',
        ...noDelay,
      ]);
    } catch (error) {
      // A host without IPv6 has no listener of it either.
      if (family === '-4') throw error;
    }
  }
  await runTool('ip', ['link', 'set', device, 'up']);
  await runTool('ip', ['-n', name, 'link', 'set', 'eth0', 'up']);
  await runTool('ip', ['-n', name, 'route', 'add', 'default', 'via', LINK.via[0]]);
  await runTool('ip', ['-n', name, '-6', 'route', 'add', 'default', 'via', LINK.via[1]]).catch(ignoreTool);
}

async function removePeer(name: string): Promise<void> {
  await runTool('ip', ['link', 'delete', deviceOf(name)]).catch(ignoreTool);
  await runTool('ip', ['netns', 'delete', name]).catch(ignoreTool);
}

function ignoreTool(error: unknown): void {
  if (!(error instanceof ToolError)) throw error;
}

/** At most 15 characters: IFNAMSIZ of Linux. */
function deviceOf(name: string): string {
  return `spv${/[0-9]+$/.exec(name)?.[0] ?? ''}`;
}

function address(text: string): Address {
  const found = parseAddress(text);
  if (found === undefined) throw new Error(`${text} is no address`);
  return found;
}
