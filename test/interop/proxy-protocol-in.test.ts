/**
 * PROXY protocol headers of installed servers, read by Sallyport: HAProxy in both versions and with its TLVs, nginx.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { ExchangeRecord } from '../../src/proxy/exchange-record.ts';
import { request, response, valueOf } from '../support/message.ts';
import { startProxy } from '../support/proxy.ts';
import type { TestProxy } from '../support/proxy.ts';
import { answering, scriptedServer } from '../support/scripted-server.ts';
import { until } from '../support/wire.ts';
import { needs, needsIpv6, runProgram, startHaproxy, startNginx } from './daemon.ts';
import { LOOPBACK, visit, VISITOR } from './visitor.ts';
import type { Family } from './visitor.ts';

/** How HAProxy sends its header, and what the listener requires. */
const SENDERS: readonly {
  readonly name: string;
  readonly options: string;
  readonly accepts: 'v1' | 'v2' | 'any';
  readonly version: 1 | 2;
  /** Types of the TLVs that must be there, in order. */
  readonly tlvs: readonly number[];
}[] = [
  { name: 'v1 to v1', options: 'send-proxy', accepts: 'v1', version: 1, tlvs: [] },
  { name: 'v1 to any', options: 'send-proxy', accepts: 'any', version: 1, tlvs: [] },
  { name: 'v2 to v2', options: 'send-proxy-v2', accepts: 'v2', version: 2, tlvs: [] },
  { name: 'v2 to any', options: 'send-proxy-v2', accepts: 'any', version: 2, tlvs: [] },
  {
    name: 'v2 with unique-id and crc32c',
    options: 'send-proxy-v2 proxy-v2-options unique-id,crc32c',
    accepts: 'v2',
    version: 2,
    tlvs: [3, 5],
  },
];

for (const family of [4, 6] as const) {
  for (const protocol of ['http', 'tcp'] as const) {
    for (const sender of SENDERS) {
      const title = `HAProxy names its client to a ${protocol} listener over IPv${family}: ${sender.name}`;
      const skip = needs('haproxy') || (family === 6 && needsIpv6());
      test(title, { skip }, async (t) => {
        const { proxy, port: front } = await behindHaproxy(t, { ...sender, protocol, family });
        const visitor = await visit(t, front, family);
        const { port } = visitor;
        const answer = await visitor.exchange(request('GET /'));
        visitor.close();
        const { client } = await recordOf(proxy, port);
        assert.equal(client.address, VISITOR[family]);
        assert.equal(client.peerAddress, family === 4 ? '127.0.0.1' : '::1');
        assert.equal(client.by, `proxy-v${sender.version}`);
        const header = client.proxyHeader;
        assert.equal(header?.version, sender.version);
        assert.deepEqual(header.tlvs.map(({ type }) => type).sort(), sender.tlvs);
        const id = header.tlvs.find(({ type }) => type === 5);
        if (id !== undefined) assert.equal(Buffer.from(id.value).toString(), `visitor-${port}`);
        if (protocol === 'http') assert.equal(answer.body.toString(), VISITOR[family]);
      });
    }
  }
}

test(
  'each client of HAProxy is itself, on connections that HAProxy opens for each',
  { skip: needs('haproxy') },
  async (t) => {
    const { proxy, port } = await behindHaproxy(t, { ...SENDERS[3]!, protocol: 'http', family: 4 }); // There are more.
    const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.4'];
    for (const address of addresses) {
      const visitor = await visit(t, port, 4, address);
      for (let count = 0; count < 2; count++) {
        assert.equal((await visitor.exchange(request('GET /'))).body.toString(), address);
      }
      visitor.close();
    }
    await proxy.record(2 * addresses.length - 1);
    assert.deepEqual(
      proxy.records.map(({ client }) => client.address),
      addresses.flatMap((address) => [address, address]),
    );
  },
);

const REFUSALS: readonly {
  readonly name: string;
  readonly options: string;
  readonly accepts: 'v1' | 'v2' | 'off';
  readonly because: string;
}[] = [
  { name: 'v1 where v2 is required', options: 'send-proxy', accepts: 'v2', because: 'proxy-header-bad' },
  { name: 'v2 where v1 is required', options: 'send-proxy-v2', accepts: 'v1', because: 'proxy-header-bad' },
  { name: 'none where one is required', options: '', accepts: 'v2', because: 'proxy-header-bad' },
  { name: 'v1 where none is read', options: 'send-proxy', accepts: 'off', because: 'version-bad' },
  { name: 'v2 where none is read', options: 'send-proxy-v2', accepts: 'off', because: 'method-bad' },
  {
    name: 'v2 from an address that is not trusted',
    options: 'send-proxy-v2 source 127.0.0.9',
    accepts: 'v2',
    because: 'method-bad',
  },
];

for (const { name, options, accepts, because } of REFUSALS) {
  test(`a header of HAProxy is not guessed: ${name}`, { skip: needs('haproxy') }, async (t) => {
    const { proxy, port, reached } = await behindHaproxy(t, {
      options,
      accepts,
      protocol: 'http',
      family: 4,
    });
    const visitor = await visit(t, port, 4);
    const answer = await visitor.exchange(request('GET /'));
    assert.match(answer.startLine, / (?:400|502) /);
    const record = await proxy.record(0);
    assert.equal(record.because.code, because);
    assert.equal(reached(), 0);
  });
}

test('health checks of HAProxy speak for HAProxy itself', { skip: needs('haproxy') }, async (t) => {
  for (const [options, version] of [
    ['send-proxy-v2', 2],
    ['send-proxy', 1],
  ] as const) {
    const { proxy } = await behindHaproxy(t, {
      options: `${options} check check-send-proxy inter 100ms`,
      backend: 'option httpchk HEAD /health',
      ...{ accepts: 'any', protocol: 'http', family: 4 },
    });
    const record = await proxy.record(0);
    assert.equal(record.target, '/health');
    assert.equal(record.status, 200);
    assert.equal(record.client.address, '127.0.0.1');
    assert.equal(record.client.proxyHeader?.version, version);
    assert.equal(record.client.proxyHeader.command, version === 2 ? 'local' : 'proxy');
    assert.equal(record.client.by, version === 2 ? 'proxy-local' : 'proxy-v1');
  }
});

test(
  'HAProxy tells of TLS: name, version, cipher and certificate',
  { skip: needs('haproxy', 'openssl') },
  async (t) => {
    const { folder } = await startHaproxy(t, 'listen unused\n mode tcp\n bind 127.0.0.1:@unused\n');
    const key = join(folder, 'tls.pem');
    const subject = ['-subj', '/CN=shop.example', '-days', '2', '-nodes', '-keyout', key, '-out', key];
    const made = await runProgram('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject]);
    assert.equal(made.code, 0, made.err);
    const { proxy, port } = await behindHaproxy(t, {
      bind: `ssl crt ${key}`,
      options:
        'send-proxy-v2 proxy-v2-options ssl,ssl-cipher,cert-key,cert-sig,cert-cn,authority,crc32c,unique-id',
      ...{ accepts: 'v2', protocol: 'http', family: 4 },
    });
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      servername: 'shop.example',
      // The certificate is one minute old and signed by itself.
      rejectUnauthorized: false,
    });
    t.after(() => socket.destroy());
    socket.write(request('GET /'));
    const { client } = await proxy.record(0);
    assert.equal(client.address, '127.0.0.1');
    const text = (type: number): string | undefined => {
      const tlv = client.proxyHeader?.tlvs.find((one) => one.type === type);
      return tlv === undefined ? undefined : Buffer.from(tlv.value).toString('latin1');
    };
    assert.equal(text(2), 'shop.example');
    assert.match(text(0x20) ?? '', /TLSv1\.3/);
    assert.match(client.because, /shop\.example/);
  },
);

test(
  'Sallyport, HAProxy, Sallyport: the client and its host come through',
  { skip: needs('haproxy') },
  async (t) => {
    const { proxy, port: middle } = await behindHaproxy(t, {
      bind: 'accept-proxy',
      options: 'send-proxy-v2 proxy-v2-options unique-id,authority,crc32c',
      ...{ accepts: 'v2', protocol: 'http', family: 4 },
    });
    const first = await startProxy(
      JSON.stringify({
        listeners: { front: { bind: '127.0.0.1:0', pool: 'app' } },
        pools: {
          app: {
            servers: [`127.0.0.1:${middle}`],
            proxyProtocol: 'v2',
            proxyProtocolTlvs: ['unique-id', 'authority', 'crc32c'],
          },
        },
      }),
    );
    t.after(() => first.close());
    const visitor = await visit(t, first.port(), 4);
    assert.equal((await visitor.exchange(request('GET /'))).body.toString(), '127.0.0.2');
    const { client } = await proxy.record(0);
    assert.equal(client.address, '127.0.0.2');
    assert.equal(client.port, visitor.port);
    const destination = client.proxyHeader?.destination;
    assert(destination !== undefined && 'port' in destination);
    assert.equal(destination.port, first.port());
    const authority = client.proxyHeader?.tlvs.find(({ type }) => type === 2);
    assert.equal(Buffer.from(authority?.value ?? []).toString(), 'app.example');
  },
);

for (const family of [4, 6] as const) {
  for (const protocol of ['http', 'tcp'] as const) {
    const skip = needs('nginx', 'libnginx-mod-stream') || (family === 6 && needsIpv6());
    test(`nginx names its client to a ${protocol} listener over IPv${family}`, { skip }, async (t) => {
      const { proxy } = await sallyport(t, { protocol, accepts: 'any', family });
      const { ports } = await startNginx(t, {
        stream: `server {
          listen 127.0.0.1:@front;
          ${family === 6 ? 'listen [::1]:@front;' : ''}
          proxy_protocol on;
          proxy_pass ${LOOPBACK[family]}:${proxy.port()};
        }`,
      });
      const visitor = await visit(t, ports['front'] ?? 0, family);
      const { port } = visitor;
      const answer = await visitor.exchange(request('GET /'));
      visitor.close();
      const { client } = await recordOf(proxy, port);
      assert.equal(client.address, VISITOR[family]);
      assert.equal(client.by, 'proxy-v1');
      if (protocol === 'http') assert.equal(answer.body.toString(), VISITOR[family]);
    });
  }
}

interface Front {
  readonly options: string;
  readonly accepts: 'v1' | 'v2' | 'any' | 'off';
  readonly protocol: 'http' | 'tcp';
  readonly family: Family;
  /** More of HAProxy's bind line. */
  readonly bind?: string;
  /** Another line for HAProxy's backend. */
  readonly backend?: string;
}

/** A server, Sallyport in front of it, and HAProxy in front of Sallyport. */
async function behindHaproxy(
  t: TestContext,
  front: Front,
): Promise<{ readonly proxy: TestProxy; readonly port: number; readonly reached: () => number }> {
  const { protocol, family, options, bind = '', backend = '' } = front;
  const { proxy, reached } = await sallyport(t, front);
  const { ports } = await startHaproxy(
    t,
    `
listen front
    mode ${protocol}
    bind 127.0.0.1:@front ${bind}
    ${family === 6 ? `bind [::1]:@front ${bind}` : ''}
    unique-id-format visitor-%cp
    ${backend}
    server s ${LOOPBACK[family]}:${proxy.port()} ${options}
`,
  );
  return { proxy, reached, port: ports['front'] ?? 0 };
}

/** The record of what came from this port of a visitor. Others are of those who looked whether somebody listens. */
async function recordOf(proxy: TestProxy, port: number): Promise<ExchangeRecord> {
  const find = (): ExchangeRecord | undefined => proxy.records.find(({ client }) => client.port === port);
  await until(`there is a record of port ${port}`, () => find() !== undefined);
  const record = find();
  assert(record !== undefined);
  return record;
}

/** A server that answers with the X-Forwarded-For that it gets, and Sallyport that reads PROXY headers. */
async function sallyport(
  t: TestContext,
  { protocol, accepts, family }: Pick<Front, 'protocol' | 'accepts' | 'family'>,
): Promise<{ readonly proxy: TestProxy; readonly reached: () => number }> {
  const server = await scriptedServer(
    answering((got) => {
      const body = valueOf(got, 'X-Forwarded-For') ?? 'nobody';
      return got.startLine.startsWith('HEAD ') ? response(200, '') : response(200, body);
    }),
  );
  const proxy = await startProxy(
    JSON.stringify({
      listeners: {
        front: {
          bind: `${LOOPBACK[family]}:0`,
          protocol,
          pool: 'app',
          identity: { trust: ['127.0.0.1', '::1'], proxyProtocol: accepts },
        },
      },
      pools: { app: { servers: [`127.0.0.1:${server.port}`] } },
    }),
  );
  t.after(async () => {
    await proxy.close();
    await server.close();
  });
  return { proxy, reached: () => server.connections.length };
}
