/** What a route of the admin API is given, and what it answers. */
import type { Attackers } from '../decoy/attackers.ts';
import type { Sample } from '../record/metrics/family.ts';
import type { LogLevel } from '../record/program-log.ts';
import type { ServerTraffic, TrafficView } from './traffic-view.ts';
import type { ErrorView, ExchangeView, StatusView } from './views.ts';

/** What the API shows and changes. */
export interface AdminServices {
  readonly attackers: Attackers;
  /** A recent exchange by its id. Workers are asked, so it takes a moment; undefined when none of them knows it. */
  readonly explain: (id: string) => Promise<ExchangeView | undefined>;
  readonly status: () => Promise<StatusView>;
  readonly metrics: () => Promise<readonly Sample[]>;
  readonly traffic: () => Promise<TrafficView>;
  /** Reads the configuration anew. What is wrong with it is the answer, and then nothing has changed. */
  readonly reload: () => Promise<ReloadAnswer>;
  readonly servers: ServerControl;
  /** The least serious events of the program that are written; may be set. */
  readonly log: { level: LogLevel };
}

/** Texts are for people, and may have several lines. */
export type ReloadAnswer =
  | { readonly kind: 'ok'; readonly warnings: readonly string[] }
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** A server as paths name it. */
export interface ServerPath {
  readonly kind: 'pool' | 'decoy';
  readonly pool: string;
  readonly server: string;
}

export interface ServerChange {
  readonly mode?: 'ready' | 'drain' | 'maintenance';
  /** In place of the configured weight; null gives that its say again. */
  readonly weight?: number | null;
}

export interface ServerControl {
  /** Undefined for a server that is not in the configuration. */
  view(path: ServerPath): ServerTraffic | undefined;
  /** The same, after the change. */
  change(path: ServerPath, change: ServerChange): ServerTraffic | undefined;
}

export interface AdminRequest {
  readonly method: string;
  /** The request target: path and query. */
  readonly target: string;
  readonly body: string;
  /** The `Accept` header, or nothing. */
  readonly accept: string;
}

export interface AdminAnswer {
  readonly status: number;
  /** Written as JSON, unless there is a type: then it is text of that media type. */
  readonly body: unknown;
  readonly type?: string;
}

export interface Call {
  /** What stands in the places of `*` in the path, decoded, and the first of them; empty when there is none. */
  readonly names: readonly string[];
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly accept: string;
}

export type Handler = (call: Call, services: AdminServices) => AdminAnswer | Promise<AdminAnswer>;

/** What a method of a path does, in words and in code. The description of the API is made of the words. */
export interface Method {
  readonly does: string;
  readonly run: Handler;
  /** The keys of the JSON object that it takes, as JSON Schemas. */
  readonly body?: Readonly<Record<string, object>>;
}

export interface Route {
  /** Each `*` stands for one name. */
  readonly path: string;
  /** What the names are, in order. */
  readonly names?: readonly string[];
  readonly methods: Readonly<Record<string, Method>>;
}

export function failure(status: number, code: string, message: string): AdminAnswer {
  return { status, body: { error: { code, message } } satisfies ErrorView };
}

export type ReadBody =
  | { readonly kind: 'ok'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly kind: 'bad'; readonly answer: AdminAnswer };

/** The JSON object in a body. `what` completes "Cannot …". */
export function readObject(body: string, what: string): ReadBody {
  const value = parseJson(body);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return { kind: 'ok', value: value as Readonly<Record<string, unknown>> }; // Nothing is known of its keys.
  return { kind: 'bad', answer: failure(400, 'bad-body', `Cannot ${what}: the body is not a JSON object`) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
