/** One direction of an exchange of HTTP, as rules are asked about it; made when a rule is evaluated. */
import type { HeaderFields, InspectedRequest } from '../inspector.ts';
import type { FlowEndpoint, FlowState, FlowView, HostBits } from './flow.ts';
import { HTTP } from './message-plan.ts';
import type { Direction } from './rule.ts';

/** What flows of one exchange share. */
export interface ExchangeParts {
  readonly request: InspectedRequest;
  readonly state: FlowState;
  readonly hostBits: HostBits;
  readonly nowMs: number;
}

export class ExchangeFlow implements FlowView {
  readonly direction: Direction;
  readonly client: FlowEndpoint;
  /** An address that the proxy does not tell is empty, and its port 0: rules take them for any. */
  readonly server: FlowEndpoint;
  readonly protocol: string = HTTP;
  readonly state: FlowState;
  readonly hostBits: HostBits;
  readonly nowMs: number;
  readonly #request: InspectedRequest;
  readonly #bodyBytes: number;

  /** `bodyBytes` of this direction. */
  constructor(direction: Direction, parts: ExchangeParts, bodyBytes: number) {
    const { request } = parts;
    this.direction = direction;
    this.client = { address: request.clientAddress, port: request.clientPort ?? 0 };
    this.server = { address: request.localAddress ?? '', port: request.localPort ?? 0 };
    this.state = parts.state;
    this.hostBits = parts.hostBits;
    this.nowMs = parts.nowMs;
    this.#request = request;
    this.#bodyBytes = bodyBytes;
  }

  /** Of this exchange only. */
  get clientBytes(): number {
    const { method, target, version, headers } = this.#request;
    const line = method.length + target.length + version.length + LINE_SIGNS;
    return line + sizeOf(headers) + (this.direction === 'to_server' ? this.#bodyBytes : 0);
  }

  get serverBytes(): number {
    return this.direction === 'to_client' ? this.#bodyBytes : 0;
  }
}

/** Two spaces, the end of the line, and that of the head. */
const LINE_SIGNS = 6;

function sizeOf(fields: HeaderFields): number {
  let size = 0;
  for (let index = 0; index < fields.count; index++)
    size += fields.name(index).length + fields.value(index).length + 4;
  return size;
}
