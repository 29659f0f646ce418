/** `runtime`: how the process works. Here and not in src/runtime, which reads configurations and so stands above them. */
import type { OptionsOf } from '../base/option.ts';

export type RuntimeOptions = OptionsOf<typeof runtimeOptions>;

export const runtimeOptions = {
  workers: {
    kind: 'integer',
    min: 1,
    max: 64,
    auto: true,
    default: 'auto',
    doc: 'How many threads serve connections. `auto` is one for each processor that the process may use. A reload does not change it.',
  },
  workerMemory: {
    kind: 'size',
    min: '64MiB',
    max: '64GiB',
    default: '1GiB',
    doc: 'The most JavaScript memory of one worker, without the buffers of its connections. A worker that needs more is ended and replaced. A reload changes it for workers that are started later.',
  },
  user: {
    kind: 'text',
    pattern: '[A-Za-z0-9_][A-Za-z0-9_.@-]*',
    expects: 'the name or number of a user',
    lengthMax: 64,
    presence: 'optional',
    doc: 'The user, by name or number, that the process becomes when its sockets are open. Only root can. All threads change, with all groups of the user, and there is no way back: what a reload opens or reads later is opened and read as this user. Log files and the admin socket belong to it. Without it the process stays what it was started as. A reload does not change it.',
  },
  group: {
    kind: 'text',
    pattern: '[A-Za-z0-9_][A-Za-z0-9_.@-]*',
    expects: 'the name or number of a group',
    lengthMax: 64,
    presence: 'optional',
    doc: 'The group that goes with `user`. Without it, it is the one that the system knows for that user. A reload does not change it.',
  },
  stopGrace: {
    kind: 'duration',
    min: '0s',
    max: '1d',
    default: '30s',
    doc: 'How long exchanges and tunnels that are open may take to end after SIGTERM. What is left then is cut.',
  },
} as const;
