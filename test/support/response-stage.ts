/**
 * What tests of inspected responses share: a proxy with an inspector in front of a server, and bodies in every framing.
 */
import { Buffer } from 'node:buffer';
import type { TestContext } from 'node:test';
import { needleInspector } from './inspector.ts';
import type { NeedleInspector, Needles } from './inspector.ts';
import { chunked, request, response } from './message.ts';
import { answering } from './scripted-server.ts';
import type { Script } from './scripted-server.ts';
import { startWorld } from './world.ts';
import type { Settings, World, WorldOptions } from './world.ts';

export const TRAP: Script = answering(() => response(200, 'decoy'));
export const GET: string = request('GET /');

export type Scene = World & { readonly inspector: NeedleInspector };

export async function stage(
  t: TestContext,
  needles: Needles,
  server: Script,
  options: Omit<WorldOptions, 'server' | 'inspector'> = {},
): Promise<Scene> {
  const inspector = needleInspector(needles);
  return Object.assign(await startWorld(t, { inspector, server, ...options }), { inspector });
}

/** A configuration of `inspection.response`. */
export function holding(settings: Settings, body: Settings = {}): { readonly config: Settings } {
  return { config: { inspection: { response: settings, body } } };
}

/** Sends `bytes` for the first request of each connection; `isOver`: and closes. */
export function sending(bytes: string | Uint8Array, isOver = false): Script {
  return async (wire) => {
    await wire.expectRequest();
    await wire.sendAll(bytes);
    if (isOver) wire.end();
  };
}

export function shownBodies(inspector: NeedleInspector): readonly string[] {
  return inspector.shown.filter((line) => line.startsWith('response body'));
}

/** A body in each framing: the message, and whether the connection ends with it. */
export const FRAMINGS: readonly (readonly [
  string,
  (fields: string, body: Uint8Array) => Buffer,
  isClosed: boolean,
])[] = [
  ['a length', (fields, body) => message(`${fields}Content-Length: ${body.length}\r\n`, body), false],
  ['chunks', (fields, body) => message(`${fields}Transfer-Encoding: chunked\r\n`, chunked(body, 700)), false],
  ['the end of the connection', (fields, body) => message(fields, body), true],
];

export function message(fields: string, body: Uint8Array, status = 200): Buffer {
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} OK\r\n${fields}\r\n`, 'latin1'), body]);
}

export const LEAK: Buffer = Buffer.from(
  `<p>${'x'.repeat(2000)} the secret of the server ${'y'.repeat(2000)}</p>`,
);
export const PAGE: Buffer = Buffer.from(`<p>${'x'.repeat(4000)}</p>`);
