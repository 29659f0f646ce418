/**
 * Plays systemd: sockets that listen before the service is there, a watchdog, and somebody who is told.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { closeDescriptor, duplicate } from '../../src/linux/descriptor.ts';
import { openSocket } from '../../src/runtime/listen-sockets.ts';
import { Command } from '../cli/command.ts';
import type { CommandOptions } from '../cli/command.ts';
import { receiveAt, socketFolder } from './unix-receiver.ts';
import { pause } from './wire.ts';

/** Tells a process its own number, as the service manager does after fork(2). */
const AS_SERVICE = ['/bin/sh', '-c', 'export LISTEN_PID=$$ WATCHDOG_PID=$$; exec "$@"', 'sh'];

/** A command takes some seconds to start on a busy machine. No wait comes near this, unless it is in vain. */
const WAIT_MS = 30_000;

/** What was told in one notice, by name. */
export type Notice = Readonly<Record<string, string>>;

export interface ServiceOptions extends CommandOptions {
  readonly watchdogMs?: number;
  /** Names of sockets, in order; all of them are passed on. */
  readonly names?: readonly string[];
}

export class ServiceManager {
  readonly #t: TestContext;
  readonly #receiver: ReturnType<typeof receiveAt>;
  readonly #descriptors: number[] = [];

  /** `address`: where it hears notices; a path of its own when left out. */
  constructor(t: TestContext, address: string = join(socketFolder(t), 'notify')) {
    this.#t = t;
    this.#receiver = receiveAt(t, address);
    t.after(() => {
      for (const descriptor of this.#descriptors) closeDescriptor(descriptor);
    });
  }

  /** Listens, and accepts nothing. Answers the port. */
  async listen(host: string, port = 0): Promise<number> {
    const opened = await openSocket(host, port, false);
    this.#descriptors.push(opened.descriptor);
    return opened.port;
  }

  /** Listens on every address of both families, as a socket unit with a port alone does. */
  async listenDual(): Promise<number> {
    const server = createServer().listen({ host: '::', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // Not a pipe: it listens on a port.
    this.#descriptors.push(
      duplicate((server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd),
    );
    server.close();
    return port;
  }

  /** Something else than a socket. */
  openFile(path: string): void {
    this.#descriptors.push(openSync(path, 'r'));
  }

  /** Starts a service with everything that there is for it. */
  start(args: readonly string[], options: ServiceOptions = {}): Command {
    const { watchdogMs, names } = options;
    return new Command(this.#t, args, {
      prefix: AS_SERVICE,
      descriptors: this.#descriptors,
      ...options,
      env: {
        NOTIFY_SOCKET: this.#receiver.path,
        LISTEN_FDS: String(this.#descriptors.length),
        ...(watchdogMs === undefined ? {} : { WATCHDOG_USEC: String(watchdogMs * 1000) }),
        ...(names === undefined ? {} : { LISTEN_FDNAMES: names.join(':') }),
        ...options.env,
      },
    });
  }

  get notices(): readonly Notice[] {
    return this.#receiver.received.map((text) =>
      Object.fromEntries(
        text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      ),
    );
  }

  /** What was told besides a status and a sign of life. */
  get states(): readonly string[] {
    return this.notices.flatMap((notice) =>
      ['READY', 'RELOADING', 'STOPPING'].filter((name) => notice[name] === '1'),
    );
  }

  /** Resolves with the `count`th notice that has `name`. */
  async told(name: string, count = 1): Promise<Notice> {
    const found = (): readonly Notice[] => this.notices.filter((notice) => notice[name] !== undefined);
    const endAt = Date.now() + WAIT_MS;
    while (found().length < count) {
      const told = JSON.stringify(this.notices);
      assert(Date.now() < endAt, `waited in vain until it is told ${name} ${count} times: ${told}`);
      await pause(5);
    }
    return found()[count - 1] ?? {};
  }
}
