/**
 * HAProxy as a peer: Debian's package, one thread, kept connections to the server shared by all clients.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ask, findProgram } from '../machine/programs.ts';
import { fillTemplate, type Job, type Peer, type Place, type Setup } from './peer.ts';

const MISSING = 'haproxy was not found (Debian: apt-get install haproxy)';

export const HAPROXY: Peer = {
  name: 'haproxy',

  find() {
    const command = findProgram('haproxy');
    if (command === undefined) return { missing: MISSING };
    return { version: /version (\S+)/.exec(ask(command, ['-v']))?.[1] ?? 'unknown' };
  },

  does: ({ inspection }) => inspection === 'off',
  refuses: () => undefined,

  prepare(job: Job, place: Place): Setup {
    const file = join(place.folder, 'haproxy.cfg');
    const text = fillTemplate(`haproxy.${job.mode}.cfg`, {
      LISTEN_PORT: place.listenPort,
      BACKEND_PORT: place.backendPort,
      CONNECTIONS_MAX: job.connectionsMax,
      LOG: job.accessLog ? 'log stdout format raw local0' : 'no log',
      LOG_FORMAT: job.accessLog ? 'option httplog' : '# no access log',
    });
    writeFileSync(file, text);
    const program = {
      name: 'haproxy',
      command: findProgram('haproxy') ?? 'haproxy',
      args: ['-db', '-f', file],
    };
    if (!job.accessLog) return { program };
    const accessLogFile = join(place.folder, 'access.log');
    return { program: { ...program, stdoutFile: accessLogFile }, accessLogFile };
  },
};
