/** Records of datagrams that were refused: one a second for each reason at most, with how many there were since. */
import { identifyConnection } from '../identity/identify.ts';
import type { DatagramPeer } from '../net/datagram-socket.ts';
import type { ListenerContext } from './context.ts';
import { recordRefusedArrival } from './refused-arrival.ts';

const EVERY_MS = 1000;

type Code = 'peer-untrusted' | 'proxy-header-bad';

export class RefusalLog {
  readonly #context: () => ListenerContext;
  readonly #last = new Map<Code, { at: number; unsaid: number }>();

  constructor(context: () => ListenerContext) {
    this.#context = context;
  }

  tell(code: Code, peer: DatagramPeer, text: string): void {
    const context = this.#context();
    const at = context.host.clock();
    const last = this.#last.get(code);
    if (last !== undefined && at - last.at < EVERY_MS) {
      last.unsaid++;
      return;
    }
    const unsaid = last?.unsaid ?? 0;
    this.#last.set(code, { at, unsaid: 0 });
    const client = identifyConnection({ ...context.identity, proxyProtocol: 'off' }, peer, undefined);
    const more = unsaid === 0 ? '' : `; ${unsaid} more datagrams were refused for this since the last line`;
    recordRefusedArrival(context, NO_BYTES, client, at, { code, text: text + more }, 'udp');
  }
}

const NO_BYTES = { bytesIn: 0, bytesOut: 0 };
