/**
 * nginx with ModSecurity 3 as a peer: Debian's packages, one worker, the same rules as Sallyport.
 */
import { realpathSync } from 'node:fs';

import { findLibrary } from '../machine/programs.ts';
import { doesCrs, refusesCrs, writeModsecurity } from './modsecurity.ts';
import { nginxModule, nginxProgram, nginxUser, nginxVersion } from './nginx.ts';
import { fillTemplate, type Job, type Peer, type Place, type Setup } from './peer.ts';

const MISSING =
  'nginx or its module was not found (Debian: apt-get install nginx libnginx-mod-http-modsecurity)';
const MODULE = 'ngx_http_modsecurity_module.so';

export const NGINX_MODSECURITY: Peer = {
  name: 'nginx+modsecurity',

  find() {
    const version = nginxVersion();
    if (version === undefined || nginxModule(MODULE) === undefined) return { missing: MISSING };
    return { version: `${version} with ModSecurity ${libraryVersion()}` };
  },

  does: doesCrs,
  refuses: refusesCrs,

  prepare(job: Job, place: Place): Setup {
    const text = fillTemplate('nginx.modsecurity.conf', {
      LISTEN_PORT: place.listenPort,
      BACKEND_PORT: place.backendPort,
      CONNECTIONS_MAX: job.connectionsMax * 2 + 64,
      USER: nginxUser(),
      LOAD_MODSECURITY: nginxModule(MODULE) ?? '',
      RULES_FILE: writeModsecurity(3, place.folder),
    });
    return { program: nginxProgram('nginx with ModSecurity', place.folder, text) };
  },
};

/** The library is where its version is: libmodsecurity.so.3 is a link to libmodsecurity.so.3.0.9. */
function libraryVersion(): string {
  const file = findLibrary('libmodsecurity.so.3');
  return file === undefined ? 'unknown' : (/\.so\.([\d.]+)$/.exec(realpathSync(file))?.[1] ?? 'unknown');
}
