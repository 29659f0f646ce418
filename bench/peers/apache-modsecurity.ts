/**
 * Apache with ModSecurity 2 as a peer: Debian's packages, one process of many threads, the same rules as Sallyport.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ask, findProgram } from '../machine/programs.ts';
import { doesCrs, refusesCrs, writeModsecurity } from './modsecurity.ts';
import { fillTemplate, type Job, type Peer, type Place, type Setup } from './peer.ts';

const MISSING =
  'apache2 or its module was not found (Debian: apt-get install apache2 libapache2-mod-security2)';
/** Where Debian has them; the program does not say. */
const MODULES = '/usr/lib/apache2/modules';
const THREADS = 128;

export const APACHE_MODSECURITY: Peer = {
  name: 'apache+modsecurity',

  find() {
    const command = findProgram('apache2');
    if (command === undefined || !existsSync(join(MODULES, 'mod_security2.so'))) return { missing: MISSING };
    const version = /Apache\/(\S+)/.exec(ask(command, ['-v']))?.[1] ?? 'unknown';
    return { version: `${version} with ModSecurity ${moduleVersion()}` };
  },

  does: doesCrs,
  refuses: refusesCrs,

  prepare(_job: Job, place: Place): Setup {
    const file = join(place.folder, 'apache.conf');
    const text = fillTemplate('apache.modsecurity.conf', {
      FOLDER: place.folder,
      LISTEN_PORT: place.listenPort,
      BACKEND_PORT: place.backendPort,
      MODULES,
      THREADS,
      USER: process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : '',
      RULES_FILE: writeModsecurity(2, place.folder),
    });
    writeFileSync(file, text);
    const program = {
      name: 'apache with ModSecurity',
      command: findProgram('apache2') ?? 'apache2',
      args: ['-D', 'FOREGROUND', '-f', file],
    };
    return { program };
  },
};

/** As the package has it: the module says its version only in the log. */
function moduleVersion(): string {
  const query = ['--show', '--showformat=${Version}', 'libapache2-mod-security2'];
  return /^(?:\d+:)?([\d.]+)/.exec(ask('dpkg-query', query))?.[1] ?? 'unknown';
}
