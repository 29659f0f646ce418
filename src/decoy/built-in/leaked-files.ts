/**
 * Files that should not be reachable and, on this site, are: what scanners ask for first.
 *
 * Every credential in them is made of the seed: it opens nothing anywhere, and shows up nowhere else.
 */
import type { DecoyAnswer } from './page.ts';
import { answerWith, BYTES, errorPage, HTML, TEXT } from './page.ts';
import type { Site } from './site.ts';
import { ALPHANUMERIC, BASE32, HEX } from './site.ts';

/** The file at `path`, if it is one of these. */
export function leakedFile(site: Site, path: string): DecoyAnswer | undefined {
  const file = FILES.get(path);
  if (file !== undefined) return answerWith(site, 200, file.type, file.content(site));
  if (path === '/backup') return answerWith(site, 200, HTML, folderListing());
  return /^\/\.(?:git|svn|hg|ht|ssh)/.test(path) ? errorPage(site, 403) : undefined;
}

export function environmentFile(site: Site): string {
  return `APP_NAME="${site.name}"
APP_ENV=production
APP_KEY=base64:${site.secret('app key', 43, ALPHANUMERIC)}=
APP_DEBUG=false
APP_URL=https://www.${site.host}

DB_CONNECTION=mysql
DB_HOST=${site.databaseHost}
DB_PORT=3306
DB_DATABASE=${site.slug}
DB_USERNAME=${site.slug}_app
DB_PASSWORD=${site.databasePassword}

MAIL_HOST=mail.${site.host}
MAIL_USERNAME=shop@${site.host}
MAIL_PASSWORD=${site.secret('mail password', 14, ALPHANUMERIC)}

AWS_ACCESS_KEY_ID=${cloudKey(site)}
AWS_SECRET_ACCESS_KEY=${cloudSecret(site)}
AWS_DEFAULT_REGION=eu-central-1
JWT_SECRET=${site.secret('token secret', 64, HEX)}
`;
}

interface LeakedFile {
  readonly type: string;
  readonly content: (site: Site) => string;
}

const text = (content: (site: Site) => string): LeakedFile => ({ type: TEXT, content });
const bytes = (content: (site: Site) => string): LeakedFile => ({ type: BYTES, content });

const FILES: ReadonlyMap<string, LeakedFile> = new Map([
  ['/.env', bytes(environmentFile)],
  ['/.env.bak', bytes(environmentFile)],
  ['/.env.production', bytes(environmentFile)],
  ['/.git/HEAD', bytes(() => 'ref: refs/heads/main\n')],
  ['/.git/config', bytes(repositoryConfiguration)],
  ['/.git/refs/heads/main', bytes((site) => `${site.secret('commit', 40, HEX)}\n`)],
  ['/.aws/credentials', bytes(cloudCredentials)],
  ['/wp-config.php.bak', bytes(blogConfiguration)],
  ['/wp-config.php~', bytes(blogConfiguration)],
  ['/backup/shop.sql', bytes(databaseDump)],
  ['/backup.sql', bytes(databaseDump)],
  ['/dump.sql', bytes(databaseDump)],
  [
    '/robots.txt',
    text(() => 'User-agent: *\nDisallow: /admin/\nDisallow: /backup/\nDisallow: /phpmyadmin/\n'),
  ],
  ['/favicon.ico', { type: 'image/x-icon', content: smallIcon }],
]);

function repositoryConfiguration(site: Site): string {
  return `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
[remote "origin"]
\turl = https://deploy:${site.secret('repository', 20, ALPHANUMERIC)}@git.${site.host}/web/${site.slug}.git
\tfetch = +refs/heads/*:refs/remotes/origin/*
[branch "main"]
\tremote = origin
\tmerge = refs/heads/main
`;
}

/** The form of such keys; the prefix says what kind of key it is. */
function cloudKey(site: Site): string {
  return `AKIA${site.secret('cloud key', 16, BASE32)}`;
}

function cloudSecret(site: Site): string {
  return site.secret('cloud secret', 40, `${ALPHANUMERIC}+/`);
}

function cloudCredentials(site: Site): string {
  return `[default]\naws_access_key_id = ${cloudKey(site)}\naws_secret_access_key = ${cloudSecret(site)}\n`;
}

function blogConfiguration(site: Site): string {
  const settings = [
    ['DB_NAME', `${site.slug}_blog`],
    ['DB_USER', `${site.slug}_blog`],
    ['DB_PASSWORD', site.secret('blog password', 16, ALPHANUMERIC)],
    ['DB_HOST', site.databaseHost],
    ['AUTH_KEY', site.secret('blog key', 64, ALPHANUMERIC)],
  ];
  return `<?php\n${settings.map(([name, value]) => `define( '${name}', '${value}' );`).join('\n')}\n$table_prefix = 'wp_';\n`;
}

function databaseDump(site: Site): string {
  const rows = site.users.map((user) => `(${user.id},'${user.login}','${user.mail}','${user.passwordHash}')`);
  return `CREATE TABLE \`users\` (
  \`id\` int NOT NULL AUTO_INCREMENT,
  \`login\` varchar(64) NOT NULL,
  \`mail\` varchar(190) NOT NULL,
  \`password\` varchar(72) NOT NULL,
  PRIMARY KEY (\`id\`)
);
INSERT INTO \`users\` VALUES
${rows.join(',\n')};
`;
}

function folderListing(): string {
  return '<html>\n<head><title>Index of /backup/</title></head>\n<body>\n<h1>Index of /backup/</h1><hr><pre><a href="/">../</a>\n<a href="/backup/shop.sql">shop.sql</a></pre><hr></body>\n</html>\n';
}

/** An icon of 16 × 16 pixels in one colour of the seed, 24 bits a pixel: ICONDIR, BITMAPINFOHEADER, pixels, mask. */
function smallIcon(site: Site): string {
  const word = (value: number): string => String.fromCharCode(value & 0xff, value >> 8);
  const long = (value: number): string => word(value & 0xffff) + word(value >> 16);
  const pixelBytes = 16 * 16 * 3;
  const maskBytes = 16 * 4;
  const size = 40 + pixelBytes + maskBytes;
  const directory = word(0) + word(1) + word(1) + '\x10\x10\0\0' + word(1) + word(24) + long(size) + long(22);
  const header = long(40) + long(16) + long(32) + word(1) + word(24) + long(0).repeat(6);
  const colour = site.secret('colour', 3, ALPHANUMERIC);
  return directory + header + colour.repeat(16 * 16) + '\0'.repeat(maskBytes);
}
