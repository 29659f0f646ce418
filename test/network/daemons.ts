/**
 * Servers that are installed on the machine, unmodified, in a host of a topology: on loopback, IPv4 and IPv6, with a log
 * that shows the client's address.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findProgram } from '../support/program.ts';
import type { Host } from '../support/topology.ts';
import { until } from '../support/wire.ts';
import { makeFolder } from './sallyport.ts';

export interface DaemonInHost {
  /** What its log says so far. */
  readonly log: () => string;
}

interface Start {
  readonly program: string;
  readonly words: readonly string[];
  readonly log: string;
  readonly ports: readonly number[];
}

/** Apache on port 8001 of 127.0.0.1 and ::1. */
export function startApache(t: TestContext, host: Host): Promise<DaemonInHost> {
  const folder = openFolder(t);
  mkdirSync(join(folder, 'www'));
  writeFileSync(join(folder, 'www', 'index.html'), 'apache\n');
  const modules = ['mpm_event', 'authz_core', 'dir'].map(
    (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
  );
  const file = write(
    folder,
    `ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
${modules.join('\n')}
Listen 127.0.0.1:8001
Listen [::1]:8001
ServerName server.example
User www-data
Group www-data
ErrorLog ${folder}/error.log
LogFormat "client=%a %>s" client
CustomLog ${folder}/access.log client
DocumentRoot ${folder}/www
`,
  );
  return start(t, host, {
    program: 'apache2',
    words: ['-D', 'FOREGROUND', '-f', file],
    log: join(folder, 'access.log'),
    ports: [8001],
  });
}

/** nginx on port 8002. Its pages /2k, /100k and /1000k have these sizes. */
export function startNginxIn(t: TestContext, host: Host, binds?: readonly string[]): Promise<DaemonInHost> {
  const folder = openFolder(t);
  for (const kilobytes of [2, 100, 1000])
    writeFileSync(join(folder, `${kilobytes}k`), 'x'.repeat(kilobytes * 1000));
  const listens = (binds ?? ['127.0.0.1:8002', '[::1]:8002']).map((bind) => `listen ${bind} backlog=4096;`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  );
  const file = write(
    folder,
    `daemon off; master_process off; pid nginx.pid; error_log error.log;
worker_rlimit_nofile 30000;
events { worker_connections 20000; }
http {
  log_format client 'client=$remote_addr port=$remote_port $status';
  access_log access.log client;
  keepalive_requests 1000000;
  ${temporary.join(' ')}
  server { ${listens.join(' ')} root ${folder}; location = / { return 200 "$remote_addr $remote_port\\n"; } }
}
`,
  );
  return start(t, host, {
    program: 'nginx',
    words: ['-e', 'error.log', '-p', folder, '-c', file],
    log: join(folder, 'access.log'),
    ports: binds === undefined ? [8002] : [],
  });
}

/** Exim on port 8003. */
export function startExim(t: TestContext, host: Host): Promise<DaemonInHost> {
  const folder = openFolder(t);
  const file = write(
    folder,
    `primary_hostname = server.example
daemon_smtp_ports = 8003
local_interfaces = <; 127.0.0.1 ; ::1
spool_directory = ${folder}/spool
log_file_path = ${folder}/%s.log
pid_file_path = ${folder}/exim.pid
log_selector = +smtp_connection
rfc1413_query_timeout = 0s
host_lookup =
acl_smtp_rcpt = refuse
begin acl
refuse:
  deny
`,
  );
  return start(t, host, {
    program: 'exim4',
    words: ['-bdf', '-C', file],
    log: join(folder, 'main.log'),
    ports: [8003],
  });
}

/** vsftpd on port 8004 of ::1, or of 127.0.0.1. */
export function startFtp(t: TestContext, host: Host, family: 4 | 6): Promise<DaemonInHost> {
  const folder = openFolder(t);
  mkdirSync(join(folder, 'empty'));
  chmodSync(join(folder, 'empty'), 0o755);
  const listen =
    family === 4
      ? 'listen=YES\nlisten_ipv6=NO\nlisten_address=127.0.0.1'
      : 'listen=NO\nlisten_ipv6=YES\nlisten_address6=::1';
  const file = write(
    folder,
    `${listen}
listen_port=8004
background=NO
anonymous_enable=YES
anon_root=${folder}/empty
secure_chroot_dir=${folder}/empty
xferlog_enable=YES
xferlog_std_format=NO
vsftpd_log_file=${folder}/vsftpd.log
seccomp_sandbox=NO
`,
  );
  return start(t, host, {
    program: 'vsftpd',
    words: [file],
    log: join(folder, 'vsftpd.log'),
    ports: [8004],
  });
}

/** nginx that passes connections on, and says who the client is by PROXY protocol, version 1. */
export function startNginxBalancer(
  t: TestContext,
  host: Host,
  ways: readonly { readonly bind: string; readonly to: string }[],
): Promise<DaemonInHost> {
  const folder = openFolder(t);
  const servers = ways.map(
    ({ bind, to }) => `server { listen ${bind}; proxy_pass ${to}; proxy_protocol on; }`,
  );
  const file = write(
    folder,
    `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; master_process off; pid nginx.pid; error_log error.log;
events { worker_connections 512; }
stream { ${servers.join(' ')} }
`,
  );
  const words = ['-e', 'error.log', '-p', folder, '-c', file];
  const ports = ways.map(({ bind }) => Number(/\d+$/.exec(bind)?.[0]));
  return start(t, host, { program: 'nginx', words, log: join(folder, 'none'), ports });
}

/** HAProxy with these frontends and backends. */
export function startHaproxyIn(
  t: TestContext,
  host: Host,
  configuration: string,
  ports: readonly number[],
): Promise<DaemonInHost> {
  const folder = openFolder(t);
  const file = write(
    folder,
    `global
  nbthread 1
  maxconn 20000
  no strict-limits
  stats socket ${folder}/stats
defaults
  timeout connect 5s
  timeout client 30s
  timeout server 30s
${configuration}`,
  );
  return start(t, host, { program: 'haproxy', words: ['-db', '-f', file], log: join(folder, 'none'), ports });
}

async function start(
  t: TestContext,
  host: Host,
  { program, words, log, ports }: Start,
): Promise<DaemonInHost> {
  const path = findProgram(program);
  assert(path !== undefined, `${program} is not installed`);
  const child = host.spawn(path, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => (said = (said + bytes.toString('latin1')).slice(-4000)));
  await until(`${program} listens`, () => {
    assert(child.exitCode === null, `${program}: ${said}`);
    const { out } = host.try('ss', '-Hltn');
    return ports.every((port) => out.includes(`:${port} `));
  });
  return { log: () => (existsSync(log) ? readFileSync(log, 'latin1') : '') };
}

/** A folder that daemons can use which have become somebody else. */
function openFolder(t: TestContext): string {
  const folder = makeFolder(t);
  chmodSync(folder, 0o777);
  return folder;
}

function write(folder: string, text: string): string {
  const file = join(folder, 'configuration');
  writeFileSync(file, text);
  return file;
}
