/**
 * What an attacker is trying, as far as the decoy plays along. This is theatre and no detection: what it does not
 * recognise gets an ordinary page.
 *
 * The patterns run on untrusted text of some ten kilobytes: each is linear, with bounded repetition and no nesting.
 */

export type Payload =
  /** Reading a file of the host. `path` is absolute or relative to the site; `isBase64` for php://filter. */
  | { readonly kind: 'file'; readonly path: string; readonly isBase64: boolean }
  /** Running a command: its word, and its arguments as written. */
  | { readonly kind: 'command'; readonly name: string; readonly rest: string }
  /** Speaking to the database: `rows` where it asks for rows, `error` where it only breaks the query. */
  | { readonly kind: 'database'; readonly wants: 'rows' | 'error'; readonly near: string };

/** The first text that holds something, and in it the most valuable thing. */
export function findPayload(texts: readonly string[]): Payload | undefined {
  for (const text of texts) {
    const payload = fileIn(text) ?? commandIn(text) ?? databaseIn(text);
    if (payload !== undefined) return payload;
  }
  return undefined;
}

const FILTER = /^php:\/\/filter\/[a-z0-9_.|/-]{0,80}resource=([^\0&]{1,200})/i;
const CLIMB = /\.\.(?:\/|%2f)/i;
const HOST_FILE = /(?:^|\/)((?:etc|proc|var\/log|home|root)\/[a-z0-9_./-]{1,100})/i;

function fileIn(text: string): Payload | undefined {
  const filter = FILTER.exec(text);
  if (filter !== null)
    return { kind: 'file', path: cleanPath(filter[1] ?? ''), isBase64: text.includes('base64') };
  const slashes = text.replaceAll('\\', '/');
  const climbs = CLIMB.test(slashes);
  const named = HOST_FILE.exec(slashes);
  // A parameter with an absolute path, as in `?file=/etc/passwd`, climbs nowhere and means the same.
  if (named !== null && (climbs || /^(?:file:\/\/)?\/{1,9}(?:etc|proc)\//.test(slashes))) {
    return { kind: 'file', path: `/${cleanPath(named[1] ?? '')}`, isBase64: false };
  }
  if (!climbs) return undefined;
  return { kind: 'file', path: cleanPath(slashes.slice(slashes.lastIndexOf('../') + 3)), isBase64: false };
}

/** Up to the NUL that cuts off an extension, without doubled slashes and without climbing. */
function cleanPath(path: string): string {
  const end = path.indexOf('\0');
  const cut = (end < 0 ? path : path.slice(0, end)).slice(0, 200);
  return cut
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
}

const COMMAND =
  /(?:[;|&`\n]|\$\(|^\(\) \{ :; ?\};) {0,9}(?:\/(?:usr\/)?bin\/)?(id|whoami|uname|hostname|pwd|ls|cat|echo|ps|env|ifconfig|wget|curl|ping|nc|bash|sh)(?![a-z0-9_=-])([^;|&`)\n]{0,120})/;

function commandIn(text: string): Payload | undefined {
  const command = COMMAND.exec(text);
  if (command === null) return undefined;
  return { kind: 'command', name: command[1] ?? '', rest: (command[2] ?? '').trim() };
}

const ASKS_FOR_ROWS =
  /\bunion\b[ (]{1,9}(?:all |distinct )?[ (]{0,9}select\b|['") ](?:or|\|\|)[ (]{1,9}['"]?(\w{1,20})['"]? {0,9}(?:=|like) {0,9}['"]?\1\b/i;
const BREAKS_THE_QUERY =
  /['"] {0,9}(?:--|#|;|and\b|or\b|order by\b|group by\b|having\b)|\b(?:sleep|benchmark|extractvalue|updatexml|pg_sleep)\(|\bwaitfor delay\b|\binformation_schema\b|^-?\d{1,9}['"]{1,2}\)?$/i;

function databaseIn(text: string): Payload | undefined {
  // Comments and other white space stand for spaces, as attackers know.
  const plain = text.replace(/\/\*[^*]{0,100}\*\/|[\t\n\r\v\f]/g, ' ');
  if (ASKS_FOR_ROWS.test(plain)) return { kind: 'database', wants: 'rows', near: '' };
  const broken = BREAKS_THE_QUERY.exec(plain);
  if (broken === null) return undefined;
  return { kind: 'database', wants: 'error', near: plain.slice(broken.index, broken.index + 60) };
}
