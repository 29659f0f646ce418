/**
 * nginx as a peer: Debian's package, one worker, kept connections to the server.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { ask, findProgram } from '../machine/programs.ts';
import { fillTemplate, type Job, type Peer, type Place, type Setup } from './peer.ts';

const MISSING = 'nginx was not found (Debian: apt-get install nginx)';
const NO_STREAM = 'nginx has no stream module (Debian: apt-get install libnginx-mod-stream)';

export const NGINX: Peer = {
  name: 'nginx',

  find() {
    const version = nginxVersion();
    return version === undefined ? { missing: MISSING } : { version };
  },

  does: ({ inspection }) => inspection === 'off',
  refuses: (job: Job) => (job.mode === 'tcp' && streamModule() === undefined ? NO_STREAM : undefined),

  prepare(job: Job, place: Place): Setup {
    const accessLogFile = join(place.folder, 'access.log');
    const text = fillTemplate(`nginx.${job.mode}.conf`, {
      LISTEN_PORT: place.listenPort,
      BACKEND_PORT: place.backendPort,
      CONNECTIONS_MAX: job.connectionsMax * 2 + 64,
      USER: nginxUser(),
      ACCESS_LOG: job.accessLog ? `${accessLogFile} combined buffer=64k flush=1s` : 'off',
      LOAD_STREAM: streamModule() ?? '',
    });
    const program = nginxProgram('nginx', place.folder, text);
    return job.accessLog ? { program, accessLogFile } : { program };
  },
};

/** Its version, or undefined when it is not installed. */
export function nginxVersion(): string | undefined {
  const command = findProgram('nginx');
  return command === undefined ? undefined : (/nginx\/(\S+)/.exec(ask(command, ['-v']))?.[1] ?? 'unknown');
}

/** Writes `text` as the configuration into `folder` and says how to start nginx in the foreground on it. */
export function nginxProgram(
  name: string,
  folder: string,
  text: string,
): { name: string; command: string; args: string[] } {
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, text);
  return { name, command: findProgram('nginx') ?? 'nginx', args: ['-p', folder, '-c', file, '-e', 'stderr'] };
}

/** Started by root, workers change to a user that cannot read the folder of the run; else the line would be a warning. */
export function nginxUser(): string {
  return process.getuid?.() === 0 ? 'user root;' : '';
}

/** The line that loads the module in the file `name`, undefined when there is none. */
export function nginxModule(name: string): string | undefined {
  const folder = /--modules-path=(\S+)/.exec(nginxBuild())?.[1] ?? '';
  const file = join(folder, name);
  return isAbsolute(folder) && existsSync(file) ? `load_module ${file};` : undefined;
}

/** The line that loads the stream module, empty when it is built in, undefined when there is none. */
function streamModule(): string | undefined {
  return /--with-stream(?:\s|$)/.test(nginxBuild()) ? '' : nginxModule('ngx_stream_module.so');
}

/** The options that it was built with. */
function nginxBuild(): string {
  return ask(findProgram('nginx') ?? 'nginx', ['-V']);
}
