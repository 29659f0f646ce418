/** Files of the invented host, for path traversal, file inclusion and `cat`. */
import { Buffer } from 'node:buffer';
import { environmentFile } from './leaked-files.ts';
import type { DecoyAnswer } from './page.ts';
import { scriptAnswer, TEXT } from './page.ts';
import type { Site } from './site.ts';
import { HEX } from './site.ts';

/** What reading a file gives: `denied` for files that the web server may not read. */
export type HostFile =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'denied' | 'missing' };

/** `path` is absolute, or relative to the folder of the site. */
export function readHostFile(site: Site, path: string): HostFile {
  const absolute = path.startsWith('/') ? path : `/${path}`;
  if (DENIED.has(absolute)) return { kind: 'denied' };
  const content = FILES.get(absolute);
  return content === undefined ? { kind: 'missing' } : { kind: 'text', text: content(site) };
}

/** The page of a script that includes a file which the attacker named. */
export function fileAnswer(site: Site, path: string, isBase64: boolean): DecoyAnswer {
  const file = readHostFile(site, path);
  if (file.kind === 'text') {
    return scriptAnswer(
      site,
      200,
      TEXT,
      isBase64 ? Buffer.from(file.text, 'latin1').toString('base64') : file.text,
    );
  }
  const why = file.kind === 'denied' ? 'Permission denied' : 'No such file or directory';
  const printable = path.replace(/[^ -~]/g, '?').slice(0, 120);
  const warning = `Warning: include(${printable}): Failed to open stream: ${why} in ${webRoot(site)}/index.php on line 14`;
  return scriptAnswer(site, 200, TEXT, `\n${warning}\n`);
}

export function webRoot(site: Site): string {
  return `/var/www/${site.slug}`;
}

const DENIED: ReadonlySet<string> = new Set([
  '/etc/shadow',
  '/etc/gshadow',
  '/etc/sudoers',
  '/root/.ssh/id_rsa',
]);

const FILES: ReadonlyMap<string, (site: Site) => string> = new Map([
  ['/etc/passwd', accounts],
  ['/etc/hosts', hosts],
  ['/etc/hostname', (site) => `${site.slug}-web1\n`],
  ['/etc/issue', () => 'Debian GNU/Linux 12 \\n \\l\n\n'],
  ['/etc/os-release', () => 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'],
  ['/etc/machine-id', (site) => `${site.secret('machine id', 32, HEX)}\n`],
  ['/proc/version', () => 'Linux version 6.1.0-18-amd64 (gcc-12 (Debian 12.2.0-14) 12.2.0)\n'],
  ['/proc/self/cmdline', () => 'php-fpm: pool www\0'],
  ['/proc/self/environ', environmentOfProcess],
  ['/.env', environmentFile],
  ['/config.php', configurationSource],
  ['/index.php', () => "<?php\nrequire 'config.php';\ninclude($_GET['page'] ?? 'home.php');\n"],
]);

function accounts(site: Site): string {
  const deploy = site.users[1]?.login ?? 'deploy';
  return [
    'root:x:0:0:root:/root:/bin/bash',
    'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
    'bin:x:2:2:bin:/bin:/usr/sbin/nologin',
    'sys:x:3:3:sys:/dev:/usr/sbin/nologin',
    'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin',
    'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin',
    'backup:x:34:34:backup:/var/backups:/usr/sbin/nologin',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    'sshd:x:101:65534::/run/sshd:/usr/sbin/nologin',
    'mysql:x:104:110:MySQL Server,,,:/nonexistent:/bin/false',
    `${deploy}:x:1000:1000:${site.users[1]?.name ?? ''},,,:/home/${deploy}:/bin/bash`,
    '',
  ].join('\n');
}

function hosts(site: Site): string {
  return `127.0.0.1\tlocalhost\n127.0.1.1\t${site.slug}-web1.${site.host} ${site.slug}-web1\n${site.databaseHost}\tdb1.${site.host} db1\n`;
}

function environmentOfProcess(site: Site): string {
  const variables = [
    'USER=www-data',
    'HOME=/var/www',
    `PWD=${webRoot(site)}`,
    `DB_PASSWORD=${site.databasePassword}`,
  ];
  return `${variables.join('\0')}\0`;
}

function configurationSource(site: Site): string {
  return `<?php
return [
    'db_host' => '${site.databaseHost}',
    'db_name' => '${site.slug}',
    'db_user' => '${site.slug}_app',
    'db_pass' => '${site.databasePassword}',
];
`;
}
