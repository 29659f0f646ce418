/**
 * The access log to the syslog daemon of this machine: a datagram socket, `/dev/log` mostly.
 *
 * A daemon that has enough to do is waited for, and one that is started anew is found again by its path, with the next
 * line. Nothing of it holds up the thread: what comes meanwhile waits in the access log, within its bounds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { wallNow } from '../base/clock.ts';
import { DatagramSender } from '../linux/datagram-sender.ts';
import { SystemError } from '../linux/ffi.ts';
import type { LineSink } from './line-sink.ts';
import type { MessageOptions } from './syslog-message.ts';
import { SyslogMessages } from './syslog-message.ts';

export interface UnixSyslogOptions extends MessageOptions {
  /** A path, or an abstract name that begins with `@`. */
  readonly path: string;
}

/** A daemon that is not there: the next try, and how many before the lines are given up. As for a server over TCP. */
const RETRY_MS = 1000;
const TRIES = 5;
/** There is nobody: not yet, or no more. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED']);

/** The daemon need not be there yet. Throws, with a message for people, where it can never be. */
export function openUnixSyslog(options: UnixSyslogOptions): LineSink {
  return new UnixSink(new DatagramSender(options.path), new SyslogMessages(options));
}

class UnixSink implements LineSink {
  readonly #sender: DatagramSender;
  readonly #messages: SyslogMessages;
  readonly #closing = new AbortController();

  constructor(sender: DatagramSender, messages: SyslogMessages) {
    this.#sender = sender;
    this.#messages = messages;
  }

  async write(lines: Uint8Array): Promise<void> {
    for (const message of this.#messages.of(lines, wallNow())) await this.#send(message);
  }

  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#sender.close();
    return Promise.resolve();
  }

  async #send(message: Uint8Array): Promise<void> {
    for (let tries = 1; ; tries++) {
      if (this.#closing.signal.aborted) throw new Error('the log was closed');
      try {
        await this.#sender.send(message);
        return;
      } catch (error) {
        if (!(error instanceof SystemError && NOBODY.has(error.code)) || tries === TRIES) throw error;
        await sleep(RETRY_MS, undefined, { signal: this.#closing.signal, ref: false });
      }
    }
  }
}
