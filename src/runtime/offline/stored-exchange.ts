/** An exchange from a file: a request, and the response to it where that is known. */
import { Buffer } from 'node:buffer';

/** Texts are latin1: one character is one byte. */
export interface StoredExchange {
  readonly request: StoredRequest;
  readonly response?: StoredResponse;
  /** What was changed or is missing, each in one sentence. */
  readonly notes: readonly string[];
  /** Why the proxy would not even read it: then nothing is inspected. */
  readonly refused?: { readonly status: number; readonly code: string; readonly text: string };
}

export interface StoredRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly host: string;
  readonly fields: readonly Field[];
  readonly body: Uint8Array;
}

export interface StoredResponse {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: Uint8Array;
}

export type Field = readonly [name: string, value: string];

/** A file that cannot be read as exchanges. The message is for people. */
export class StoredExchangeError extends Error {
  override readonly name = 'StoredExchangeError';
}

/** Exchanges of one file. A session of hours in a browser has some thousands. */
export const EXCHANGES_MAX = 10_000;

export const NO_BYTES: Uint8Array = new Uint8Array();

/** The first value of a field; empty when there is none. */
export function fieldValue(fields: readonly Field[], name: string): string {
  return fields.find(([own]) => own.toLowerCase() === name)?.[1] ?? '';
}

/** Every value of a field, whose name is given in lower case. */
export function fieldValues(fields: readonly Field[], name: string): readonly string[] {
  return fields.flatMap(([own, value]) => (own.toLowerCase() === name ? value : []));
}

/** A text of a file in UTF-8, as the bytes that were on the wire. */
export function latin1Of(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
