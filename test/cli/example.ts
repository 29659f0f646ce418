/**
 * A configuration of examples/, running: its listeners on free ports of loopback, and for each server that it names one
 * that says what it is called there.
 */
import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { scriptedServer } from '../support/scripted-server.ts';
import type { Script, ScriptedServer } from '../support/scripted-server.ts';
import type { Wire } from '../support/wire.ts';
import { Command, makeFolder } from './command.ts';
import { startOrigin } from './web.ts';

export interface Example {
  readonly folder: string;
  readonly command: Command;
  port(listener: string): Promise<number>;
}

export interface ExampleOptions {
  /** Texts of the example, each of which must be in it, and what stands in their place. */
  readonly instead?: Readonly<Record<string, string>>;
  /** What servers of these addresses do instead of answering requests. */
  readonly scripts?: Readonly<Record<string, Script>>;
}

const FOLDER = new URL('../../examples/', import.meta.url);

/** Starts an example. Answers of its servers begin with their address in the example. */
export async function startExample(
  t: TestContext,
  name: string,
  options: ExampleOptions = {},
): Promise<Example> {
  let text = readFileSync(new URL(name, FOLDER), 'utf8');
  for (const [wanted, instead] of Object.entries(options.instead ?? {})) {
    assert(text.includes(wanted), `${name} has no ${wanted}`);
    text = text.replaceAll(wanted, instead);
  }
  text = text.replaceAll(/bind: '[^']*'/g, "bind: '127.0.0.1:0'");
  const addresses = new Set(text.match(/(?<=')10\.[0-9.]+:[0-9]+(?=')/g));
  assert(addresses.size > 0, `${name} names no servers`);
  for (const address of addresses) {
    const script = options.scripts?.[address];
    const { port } = script === undefined ? await startOrigin(t, address) : await startScripted(t, script);
    text = text.replaceAll(`'${address}'`, `'127.0.0.1:${port}'`);
  }
  // Each worker takes servers in turns of its own, and these tests count turns.
  text += '\nruntime: { workers: 1 }\n';
  const folder = makeFolder(t, { [name]: text });
  const command = new Command(t, ['run', '-c', name], { cwd: folder });
  return { folder, command, port: (listener) => command.port(listener) };
}

/** Sends back what comes, byte by byte. */
export function echo(wire: Wire): void {
  wire.socket.on('data', (bytes: Buffer) => wire.send(bytes));
  wire.socket.on('end', () => wire.end());
}

async function startScripted(t: TestContext, script: Script): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  t.after(() => server.close());
  return server;
}
