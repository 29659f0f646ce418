/** The door for `sallyport status`, `sallyport attackers` and the other commands that talk to a running Sallyport. */
import type { OptionsOf } from '../base/option.ts';
import type { Endpoint } from '../net/address.ts';

/** `admin` at the top of the configuration. */
export type AdminOptions = OptionsOf<typeof adminOptions, { readonly endpoint: Endpoint }>;

export const adminOptions = {
  socket: {
    kind: 'path',
    words: ['off'],
    default: '.sallyport/admin.sock',
    doc: 'The UNIX socket of the admin API, or `off`. Whoever can open it can do everything: keep its folder closed to others.',
  },
  listen: {
    kind: 'endpoint',
    presence: 'optional',
    doc: 'Where the admin API listens for TCP besides, such as `127.0.0.1:9600`. Missing means: nowhere. It speaks HTTP in clear text, so that an address other than loopback belongs into a network of its own.',
  },
  token: {
    kind: 'text',
    pattern: '[!-~]{16,256}',
    expects: '16 to 256 printable characters without a space',
    lengthMax: 256,
    isSecret: true,
    presence: 'optional',
    doc: 'What requests over TCP have to show, as `Authorization: Bearer TOKEN`. Take it from the environment (`${NAME}`), or from a file with `tokenFile`; one of them is needed with `listen`.',
  },
  tokenFile: {
    kind: 'path',
    presence: 'optional',
    doc: 'A file with the token on its first line. Other users must not be able to read it.',
  },
  metrics: {
    kind: 'choice',
    values: ['token', 'open'],
    default: 'token',
    doc: 'Whether `GET /metrics` needs the token over TCP, too. `open` shows metrics, and nothing else, to whoever can connect.',
  },
} as const;

/** Whether there is an admin API at all: without one nothing is counted, because nobody could ask. */
export function hasAdmin({ socket, listen }: AdminOptions): boolean {
  return socket !== 'off' || listen !== undefined;
}
