/** The door for `sallyport status`, `sallyport attackers` and the other commands that talk to a running Sallyport. */
import type { OptionsOf } from '../base/option.ts';

/** `admin` at the top of the configuration. */
export type AdminOptions = OptionsOf<typeof adminOptions>;

export const adminOptions = {
  socket: {
    kind: 'path',
    words: ['off'],
    default: '.sallyport/admin.sock',
    doc: 'The UNIX socket of the admin API, or `off`. Whoever can open it can do everything: keep its folder closed to others.',
  },
} as const;
