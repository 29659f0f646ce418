/** What commands print on the invented host. Nothing runs: each is a text. */
import { readHostFile, webRoot } from './host-files.ts';
import type { DecoyAnswer } from './page.ts';
import { scriptAnswer, TEXT } from './page.ts';
import type { Site } from './site.ts';

/** The page of a script that passes what it got to a shell. Text, so that nothing in it is markup. */
export function commandAnswer(site: Site, name: string, rest: string): DecoyAnswer {
  const output = OUTPUTS.get(name);
  return scriptAnswer(site, 200, TEXT, output === undefined ? '' : output(site, rest.slice(0, 120)));
}

type Output = (site: Site, rest: string) => string;

/** Commands that reach out (wget, curl, ping, nc) print nothing, as behind a firewall. */
const OUTPUTS: ReadonlyMap<string, Output> = new Map<string, Output>([
  ['id', () => 'uid=33(www-data) gid=33(www-data) groups=33(www-data)\n'],
  ['whoami', () => 'www-data\n'],
  ['hostname', (site) => `${site.slug}-web1\n`],
  ['pwd', (site) => `${webRoot(site)}\n`],
  ['uname', (site, rest) => (rest.startsWith('-a') ? `Linux ${site.slug}-web1 ${KERNEL}\n` : 'Linux\n')],
  ['ls', listFolder],
  ['cat', printFile],
  ['echo', (_site, rest) => `${rest.replace(/[^ -~]|["']/g, '')}\n`],
  ['env', (site) => `USER=www-data\nHOME=/var/www\nPWD=${webRoot(site)}\n`],
  [
    'ps',
    () =>
      '    PID TTY          TIME CMD\n    812 ?        00:00:04 php-fpm8.2\n   4711 ?        00:00:00 sh\n',
  ],
]);

const KERNEL = '6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64 GNU/Linux';
const SITE_FILES = [
  'backup',
  'config.php',
  'contact.php',
  'index.php',
  'login.php',
  'product.php',
  'robots.txt',
  'search.php',
];

function listFolder(site: Site, rest: string): string {
  const folder = rest.split(' ').find((word) => word.startsWith('/')) ?? webRoot(site);
  if (folder === '/')
    return `${['bin', 'boot', 'dev', 'etc', 'home', 'lib', 'proc', 'root', 'run', 'srv', 'tmp', 'usr', 'var'].join('\n')}\n`;
  return folder.startsWith(webRoot(site)) ? `${SITE_FILES.join('\n')}\n` : '';
}

function printFile(site: Site, rest: string): string {
  const file = readHostFile(site, rest.split(' ')[0] ?? '');
  return file.kind === 'text' ? file.text : '';
}
