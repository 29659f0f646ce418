/**
 * The head of a request as inspection sees it. What few rules ask for is looked up when it is asked for, and costs the
 * others nothing.
 */
import type { HeaderFields, InspectedRequest } from '../inspect/inspector.ts';
import type { Exchange } from './exchange.ts';
import { HeaderView } from './header-view.ts';
import { destinationOf } from './proxy-header.ts';

export class RequestView implements InspectedRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: HeaderFields;
  readonly clientAddress: string;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    const { head } = exchange;
    this.method = head.method;
    this.target = head.target;
    this.version = head.version;
    this.headers = new HeaderView(head);
    this.clientAddress = exchange.client.address;
    this.#exchange = exchange;
  }

  get clientPort(): number {
    return this.#exchange.client.port;
  }

  /** Empty for a UNIX socket, and once the client has gone. */
  get localAddress(): string {
    const { client, connection } = this.#exchange;
    return destinationOf(client, connection.connection)?.address.text ?? '';
  }

  get localPort(): number {
    const { client, connection } = this.#exchange;
    return destinationOf(client, connection.connection)?.port ?? 0;
  }

  get connection(): object {
    return this.#exchange.connection;
  }

  get id(): string {
    return this.#exchange.id;
  }
}
