/** A tunnel lives for days, over many reloads: it keeps its server, and not the configuration of its first day. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { readConfig } from '../../src/config/read.ts';
import { CONTINUE } from '../../src/base/verdict.ts';
import type { Inspector, Transaction } from '../../src/inspect/inspector.ts';
import type { ExchangeRecord } from '../../src/proxy/exchange-record.ts';
import { copyRecord } from '../../src/proxy/exchange-record.ts';
import { DataPlane } from '../../src/runtime/data-plane.ts';
import type { ListenSocket } from '../../src/runtime/messages.ts';
import { newServers } from '../../src/runtime/servers-in-use.ts';
import type { SnapshotParts } from '../../src/runtime/snapshot.ts';
import { scriptedServer } from '../support/scripted-server.ts';
import { pause, until, Wire } from '../support/wire.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A collection finds what the one before has made free; some things wait for a turn of the event loop. */
async function isGone(reference: WeakRef<object>): Promise<boolean> {
  for (let tries = 0; tries < 50 && reference.deref() !== undefined; tries++) {
    await pause(5);
    collect();
  }
  return reference.deref() === undefined;
}

/** What an inspector of many rules stands for here; a hit, so that something is to be kept. */
function makeInspector(): Inspector {
  const rules = { automata: new Uint8Array(1_000_000) };
  const hits: Transaction['hits'] = [];
  return {
    begin: () => ({
      hits,
      wantsRequestBody: rules.automata.length === 0,
      wantsResponseBody: false,
      requestHead: () => CONTINUE,
      requestBody: () => CONTINUE,
      responseHead: () => CONTINUE,
      responseBody: () => CONTINUE,
      end: () => {},
    }),
  } as unknown as Inspector; // What the proxy calls of it.
}

interface Plane {
  readonly plane: DataPlane;
  readonly port: (listener: string) => number;
  readonly records: readonly ExchangeRecord[];
  /** Another configuration takes the place of the present one; a reference to the inspector of that. */
  readonly reload: () => Promise<WeakRef<object>>;
}

async function startPlane(t: TestContext): Promise<Plane> {
  const server = await scriptedServer((wire) => {
    let isWebSocket = false;
    wire.socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (text.startsWith('POST')) return;
      if (isWebSocket || !text.startsWith('GET')) wire.send(bytes);
      else {
        isWebSocket = true;
        wire.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      }
    });
  });
  t.after(() => server.close());
  const records: ExchangeRecord[] = [];
  const read = readConfig(
    JSON.stringify({
      listeners: {
        web: { bind: '127.0.0.1:0', pool: 'app', inspection: 'on' },
        raw: { bind: '127.0.0.2:0', protocol: 'tcp', pool: 'raw' },
      },
      // Both kinds of persistence: pools live on with their tunnels.
      pools: {
        app: {
          servers: { one: { address: `127.0.0.1:${server.port}`, cookie: 'one' } },
          persistence: { by: 'cookie', cookie: { name: 'S' } },
        },
        raw: {
          servers: [`127.0.0.1:${server.port}`],
          persistence: { by: 'entry', entry: { key: 'address' } },
        },
      },
    }),
    'x.yaml',
    {},
  );
  assert(read.kind === 'ok', read.diagnostics.map(formatDiagnostic).join('\n'));
  const { config } = read;
  const servers = newServers(config);
  let present: WeakRef<object> | undefined;
  // It outlives a configuration: made beside its inspector, it would keep that alive.
  const record = (one: ExchangeRecord): void => {
    records.push(copyRecord(one));
  };
  const makeParts = (): SnapshotParts => {
    const inspector = makeInspector();
    present = new WeakRef(inspector);
    return {
      config,
      inspectorFor: () => inspector,
      decoyAddress: () => undefined,
      servers,
      record,
    };
  };
  const plane = new DataPlane({
    ...makeParts(),
    warn: () => {},
    onDefect: (error) => assert.fail(String(error)),
  });
  t.after(() => plane.stop(0));
  await plane.start();
  const sockets: ListenSocket[] = plane.bound.map((bound, id) => ({ ...bound, id, descriptor: undefined }));
  return {
    plane,
    port: (listener) => plane.bound.find((one) => one.listener === listener)?.port ?? 0,
    records,
    reload: async () => {
      const before = present;
      await plane.listen(sockets, plane.build(makeParts()));
      assert(before !== undefined);
      return before;
    },
  };
}

async function echoes(wire: Wire, text: string): Promise<void> {
  wire.send(text);
  await wire.readUntil(text);
}

test('a configuration without users is free', async (t) => {
  const { plane, reload } = await startPlane(t);
  for (let count = 0; count < 3; count++) assert.ok(await isGone(await reload()), `configuration ${count}`);
  assert.equal(plane.forgetEarlier(), true);
});

test('a WebSocket keeps no rules, and is recorded as the exchange that it was', async (t) => {
  const { plane, port, records, reload } = await startPlane(t);
  const wire = await Wire.connect(port('web'));
  t.after(() => wire.close());
  wire.send('GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await wire.readUntil('\r\n\r\n');
  const first = await reload();
  await echoes(wire, 'one');
  assert.ok(await isGone(first), 'the rules of its first day are gone');
  assert.equal(plane.forgetEarlier(), false, 'and its place at the server is not');
  assert.ok(await isGone(await reload()));
  await echoes(wire, 'two');
  wire.close();
  await until('it is recorded', () => records.length > 0);
  const [record] = records;
  assert.deepEqual(
    [record?.status, record?.target, record?.listener, record?.pool],
    [101, '/chat', 'web', 'app'],
  );
  await until('it is forgotten', () => plane.forgetEarlier());
  const { counts } = plane.host;
  await until('nothing is left', () => Object.values(counts).every((count) => count === 0));
});

test('a TCP connection keeps no configuration', async (t) => {
  const { plane, port, records, reload } = await startPlane(t);
  const wire = await new Promise<Wire>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.2', port: port('raw') });
    socket.once('connect', () => resolve(new Wire(socket)));
    socket.once('error', reject);
  });
  t.after(() => wire.close());
  await echoes(wire, 'one');
  assert.ok(await isGone(await reload()));
  assert.equal(plane.forgetEarlier(), false);
  await echoes(wire, 'two');
  wire.close();
  await until('it is recorded', () => records.length > 0);
  assert.equal(records[0]?.listener, 'raw');
  await until('it is forgotten', () => plane.forgetEarlier());
});

test('an exchange that is on its way keeps the rules that it began with', async (t) => {
  const { plane, port, reload } = await startPlane(t);
  const wire = await Wire.connect(port('web'));
  t.after(() => wire.close());
  wire.send('POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab');
  await until('it has begun', () => plane.host.counts.exchanges > 0);
  const first = await reload();
  assert.equal(await isGone(first), false);
  wire.close();
  await until('it is over', () => plane.host.counts.exchanges === 0);
  await until('it is forgotten', () => plane.forgetEarlier());
  assert.ok(await isGone(first));
});
