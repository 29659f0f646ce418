/** What an operator sees and does through the admin socket of a Sallyport in the test's own process. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { adminRequest } from '../../src/admin/client.ts';
import type { ServerTraffic, TrafficView } from '../../src/admin/traffic-view.ts';
import type { StatusView } from '../../src/admin/views.ts';
import { until } from './wire.ts';

export class Operator {
  readonly socket: string;

  constructor(t: TestContext) {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-operator-'));
    t.after(() => rmSync(folder, { recursive: true }));
    this.socket = join(folder, 'admin.sock');
  }

  /** Answers of our own API, which promises their shapes. */
  async status(): Promise<StatusView> {
    return (await this.#ask('GET', '/v1/status')) as StatusView;
  }

  async server(pool: string, name: string): Promise<ServerTraffic> {
    const { servers } = (await this.#ask('GET', '/v1/traffic')) as TrafficView;
    const server = servers.find((one) => one.pool === pool && one.name === name);
    assert(server !== undefined, `there is no server ${pool}/${name}`);
    return server;
  }

  /** Looks at a server until it is as it should be. */
  async until(
    what: string,
    pool: string,
    name: string,
    isTrue: (server: ServerTraffic) => boolean,
  ): Promise<ServerTraffic> {
    let server = await this.server(pool, name);
    await until(`${what}; it is ${JSON.stringify(server)}`, async () => {
      server = await this.server(pool, name);
      return isTrue(server);
    });
    return server;
  }

  async setMode(pool: string, name: string, mode: ServerTraffic['mode']): Promise<void> {
    await this.#ask('PATCH', `/v1/pools/${pool}/servers/${name}`, { mode });
  }

  /** The value of a series; fails when it is not shown. */
  async metric(series: string): Promise<number> {
    const text = await this.#metrics();
    const line = text.split('\n').find((one) => one.startsWith(`${series} `));
    assert(line !== undefined, `no ${series} in\n${text}`);
    return Number(line.slice(series.length + 1));
  }

  async #ask(method: 'GET' | 'PATCH', path: string, body?: unknown): Promise<unknown> {
    const result = await adminRequest(this.socket, method, path, body);
    assert(result.kind === 'ok', JSON.stringify(result));
    return result.value;
  }

  #metrics(): Promise<string> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ socketPath: this.socket, path: '/metrics', agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => resolve(body));
        response.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }
}
