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
  stopGrace: {
    kind: 'duration',
    min: '0s',
    max: '1d',
    default: '30s',
    doc: 'How long exchanges and tunnels that are open may take to end after SIGTERM. What is left then is cut.',
  },
} as const;
