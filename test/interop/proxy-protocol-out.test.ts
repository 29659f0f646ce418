/**
 * PROXY protocol headers of Sallyport, read by installed servers: HAProxy with `accept-proxy`, nginx with
 * `listen … proxy_protocol`. They say what they read in their answers.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { request } from '../support/message.ts';
import { startProxy } from '../support/proxy.ts';
import type { TestProxy } from '../support/proxy.ts';
import { needs, needsIpv6, startHaproxy, startNginx } from './daemon.ts';
import { LOOPBACK, visit, VISITOR } from './visitor.ts';
import type { Family } from './visitor.ts';

type TlvName = 'unique-id' | 'authority' | 'crc32c';

/** What Sallyport sends. */
const HEADERS: readonly {
  readonly name: string;
  readonly version: 'v1' | 'v2';
  readonly tlvs: readonly TlvName[];
}[] = [
  { name: 'v1', version: 'v1', tlvs: [] },
  { name: 'v2', version: 'v2', tlvs: [] },
  { name: 'v2 with crc32c', version: 'v2', tlvs: ['crc32c'] },
  { name: 'v2 with all TLVs', version: 'v2', tlvs: ['unique-id', 'authority', 'crc32c'] },
];

/** The families of the client, and of the server: what the header says is of the client's. */
const FAMILIES: readonly (readonly [client: Family, server: Family])[] = [
  [4, 4],
  [6, 6],
  [6, 4],
  [4, 6],
];

/** A server that says in its answers what it read: source, destination, authority and unique id. */
interface Reader {
  readonly name: string;
  readonly skip: string | false;
  readonly start: (t: TestContext) => Promise<number>;
  /** Whether it tells TLVs too. */
  readonly tellsTlvs: boolean;
  /** It answers before anything is asked, and closes: nothing for HTTP. */
  readonly speaksFirst: boolean;
}

const READERS: readonly Reader[] = [
  {
    name: 'HAProxy',
    skip: needs('haproxy') || needsIpv6(),
    start: async (t) => {
      const says = '%[src] %[src_port] %[dst] %[dst_port] <%[fc_pp_authority]> <%[fc_pp_unique_id]>';
      const { ports } = await startHaproxy(
        t,
        `
frontend app
    mode http
    bind 127.0.0.1:@app accept-proxy
    bind [::1]:@app accept-proxy
    http-request return status 200 content-type text/plain lf-string "${says}"
`,
      );
      return ports['app'] ?? 0;
    },
    tellsTlvs: true,
    speaksFirst: false,
  },
  {
    name: 'nginx',
    skip: needs('nginx') || needsIpv6(),
    start: async (t) => {
      const from = '$proxy_protocol_addr $proxy_protocol_port';
      const to = '$proxy_protocol_server_addr $proxy_protocol_server_port';
      const { ports } = await startNginx(t, {
        http: `server {
          listen 127.0.0.1:@app proxy_protocol;
          listen [::1]:@app proxy_protocol;
          default_type text/plain;
          return 200 "${from} ${to} <> <>";
        }`,
      });
      return ports['app'] ?? 0;
    },
    tellsTlvs: false,
    speaksFirst: false,
  },
  {
    name: 'nginx, as a stream',
    skip: needs('nginx', 'libnginx-mod-stream') || needsIpv6(),
    start: async (t) => {
      const from = '$proxy_protocol_addr $proxy_protocol_port';
      const to = '$proxy_protocol_server_addr $proxy_protocol_server_port';
      const { ports } = await startNginx(t, {
        stream: `server {
          listen 127.0.0.1:@app proxy_protocol;
          listen [::1]:@app proxy_protocol;
          return "${from} ${to} <> <>";
        }`,
      });
      return ports['app'] ?? 0;
    },
    tellsTlvs: false,
    speaksFirst: true,
  },
];

for (const reader of READERS) {
  test(`${reader.name} learns who the client is`, { skip: reader.skip }, async (t) => {
    const port = await reader.start(t);
    for (const [client, server] of FAMILIES) {
      for (const protocol of reader.speaksFirst ? (['tcp'] as const) : (['http', 'tcp'] as const)) {
        for (const header of HEADERS) {
          const title = `IPv${client} over IPv${server}, ${protocol}, ${header.name}`;
          const told = { ...header, protocol, client, app: `${LOOPBACK[server]}:${port}` };
          await t.test(title, (inner) => tells(inner, told, reader));
        }
      }
    }
  });
}

test(
  'a connection to nginx is used again by its client, and by no other',
  { skip: needs('nginx') },
  async (t) => {
    const { ports } = await startNginx(t, {
      http: `server {
      listen 127.0.0.1:@app proxy_protocol;
      return 200 "$proxy_protocol_addr:$proxy_protocol_port $connection_requests";
    }`,
    });
    const app = `127.0.0.1:${ports['app'] ?? 0}`;
    const proxy = await naming(t, { protocol: 'http', client: 4, app, version: 'v2', tlvs: [] });
    const visitors = [
      await visit(t, proxy.port(), 4, '127.0.0.2'),
      await visit(t, proxy.port(), 4, '127.0.0.3'),
    ];
    for (const count of [1, 2, 3]) {
      for (const visitor of visitors) {
        const answer = await visitor.exchange(request('GET /'));
        assert.equal(answer.body.toString(), `${visitor.socket.localAddress ?? ''}:${visitor.port} ${count}`);
      }
    }
  },
);

async function tells(t: TestContext, told: Naming, reader: Reader): Promise<void> {
  const { client, protocol, tlvs } = told;
  const proxy = await naming(t, told);
  const visitor = await visit(t, proxy.port(), client);
  const { port } = visitor;
  if (!reader.speaksFirst) visitor.send(request('GET /'));
  const answer = reader.speaksFirst ? await visitor.readToEnd() : (await visitor.readResponse()).body;
  visitor.close();
  const [, addresses, authority, uniqueId] = /^(.*) <(.*)> <(.*)>$/.exec(answer.toString()) ?? [];
  assert.equal(addresses, `${VISITOR[client]} ${port} ${client === 4 ? '127.0.0.1' : '::1'} ${proxy.port()}`);
  if (!reader.tellsTlvs) return;
  const { id } = await proxy.record(0);
  assert.equal(authority, protocol === 'http' && tlvs.includes('authority') ? 'app.example' : '');
  assert.equal(uniqueId, tlvs.includes('unique-id') ? id : '');
}

interface Naming {
  readonly protocol: 'http' | 'tcp';
  readonly client: Family;
  readonly app: string;
  readonly version: 'v1' | 'v2';
  readonly tlvs: readonly TlvName[];
}

/** Sallyport that tells `app` who its clients are. */
async function naming(t: TestContext, { protocol, client, app, version, tlvs }: Naming): Promise<TestProxy> {
  const proxy = await startProxy(
    JSON.stringify({
      listeners: { front: { bind: `${LOOPBACK[client]}:0`, protocol, pool: 'app' } },
      pools: { app: { servers: [app], proxyProtocol: version, proxyProtocolTlvs: tlvs } },
    }),
  );
  t.after(() => proxy.close());
  return proxy;
}
