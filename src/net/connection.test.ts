import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import dns from 'node:dns';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { content } from '../../test/support/message.ts';
import { scriptedServer } from '../../test/support/scripted-server.ts';
import type { Script, ScriptedServer } from '../../test/support/scripted-server.ts';
import { pause, until } from '../../test/support/wire.ts';
import { Connection, NOBODY } from './connection.ts';
import type { ConnectionHost, ConnectionOwner } from './connection.ts';
import { Deadlines } from './deadlines.ts';
import { GatheredWrites } from './gathered-writes.ts';
import { CopyBuffers } from './copy-buffers.ts';
import { READ_BYTES, ReadBuffers } from './read-buffers.ts';
import { TurnEnd } from './turn-end.ts';

interface Scene {
  readonly host: ConnectionHost;
  readonly server: ScriptedServer;
  readonly connection: Connection;
  /** What the owner was told, in order; bytes as `bytes N`. */
  readonly told: string[];
  readonly defects: unknown[];
  /** All bytes that came. */
  bytes(): Buffer;
  /** Resolves when the owner was told that. */
  hears(what: string): Promise<void>;
}

/** A connection to a scripted server, with an owner that writes everything down. */
async function open(t: TestContext, script: Script, owner: Partial<ConnectionOwner> = {}): Promise<Scene> {
  const server = await scriptedServer(script);
  const told: string[] = [];
  const pieces: Buffer[] = [];
  const defects: unknown[] = [];
  const host: ConnectionHost = {
    buffers: new ReadBuffers(),
    copies: new CopyBuffers(),
    deadlines: new Deadlines(() => performance.now()),
    clock: () => performance.now(),
    onDefect: (error) => defects.push(error),
  };
  const connection = Connection.connect(
    host,
    {
      onConnect: () => {
        told.push('connect');
        owner.onConnect?.();
      },
      onBytes: (bytes, end) => {
        told.push(`bytes ${end}`);
        pieces.push(Buffer.from(bytes.subarray(0, end)));
        owner.onBytes?.(bytes, end);
      },
      onEnd: () => {
        told.push('end');
        owner.onEnd?.();
      },
      onDrain: () => {
        told.push('drain');
        owner.onDrain?.();
      },
      onDeadline: () => {
        told.push('deadline');
        owner.onDeadline?.();
      },
      onClose: (error) => {
        told.push(`close${error === undefined ? '' : ` ${(error as NodeJS.ErrnoException).code}`}`);
        owner.onClose?.(error);
      },
    },
    { host: '127.0.0.1', port: server.port },
  );
  t.after(async () => {
    connection.destroy();
    await until('it is closed', () => connection.isClosed);
    assert.equal(host.deadlines.count, 0, 'a closed connection is not watched');
    assert.equal(told.filter((what) => what.startsWith('close')).length, 1, 'onClose is called once');
    assert.match(told.at(-1) ?? '', /^close/, 'nothing is told after onClose');
    await server.close();
  });
  return {
    host,
    server,
    connection,
    told,
    defects,
    bytes: () => Buffer.concat(pieces),
    hears: (what) => until(`it hears "${what}"`, () => told.includes(what)),
  };
}

const BIG = content(8 * 1024 * 1024);

test('it tells of the connection, the bytes, the end and the close, in this order', async (t) => {
  const scene = await open(t, async (wire) => {
    wire.send('hello');
    wire.end();
    assert.equal((await wire.readToEnd()).toString(), 'bye');
  });
  await scene.hears('end');
  assert.deepEqual(scene.told, ['connect', 'bytes 5', 'end']);
  // The end of the other side is not ours.
  scene.connection.writeText('bye');
  scene.connection.closeAfterWrites();
  await scene.hears('close');
  assert.equal(scene.connection.bytesIn, 5);
  assert.equal(scene.connection.bytesOut, 3);
});

test('a connection that cannot be made is closed with the error of the system', async (t) => {
  const scene = await open(t, () => {});
  await scene.hears('connect');
  const { port } = scene.server;
  await scene.server.close();
  let error: Error | undefined;
  Connection.connect(
    scene.host,
    { ...NOBODY, onClose: (cause) => (error = cause) },
    { host: '127.0.0.1', port },
  );
  await until('it is refused', () => error !== undefined);
  assert.match(String(error), /ECONNREFUSED/);
});

test('a reset of the other side is told as an error', async (t) => {
  const scene = await open(t, (wire) => wire.reset());
  await scene.hears('close ECONNRESET');
});

test('text goes out as one byte a character', async (t) => {
  let seen: Buffer = Buffer.alloc(0);
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  const scene = await open(t, async (wire) => {
    seen = await wire.readBytes(512);
  });
  scene.connection.writeText(all);
  scene.connection.cork();
  scene.connection.writeText(all.slice(0, 100));
  scene.connection.writeText(all.slice(100));
  scene.connection.uncork();
  await until('all has come', () => seen.length === 512);
  assert.equal(seen.toString('latin1'), all + all);
  assert.equal(scene.connection.bytesOut, 512);
});

/** What writes or ends a connection, and what the other side gets of it. */
const AFTER_GATHERED: readonly (readonly [
  what: string,
  run: (connection: Connection) => void,
  sent: string,
])[] = [
  ['nothing', () => {}, ''],
  ['text', (connection) => connection.writeText('text'), 'text'],
  ['bytes', (connection) => connection.writeBytes(Buffer.from('bytes')), 'bytes'],
  ['a copy', (connection) => connection.writeCopy('co', [Buffer.from('p')], 'y'), 'copy'],
  ['a taken buffer', (connection) => connection.writeTaken(Buffer.from('taken'), Buffer.alloc(8)), 'taken'],
  [
    'corked text',
    (connection) => {
      connection.cork();
      connection.writeText('corked');
      connection.uncork();
    },
    'corked',
  ],
  ['its end', (connection) => connection.end(), ''],
  ['closing', (connection) => connection.closeAfterWrites(), ''],
  ['destroying', (connection) => connection.destroy(), ''],
];

for (const [what, run, sent] of AFTER_GATHERED) {
  test(`gathered text waits for the end of the turn, and comes before what follows: ${what}`, async (t) => {
    let seen = '';
    const scene = await open(t, async (wire) => {
      seen = (await wire.readToEnd()).toString('latin1');
    });
    await scene.hears('connect');
    const { connection } = scene;
    const turnEnd = new TurnEnd(scene.host.onDefect);
    const gathered = new GatheredWrites(turnEnd, scene.host.onDefect);
    connection.gatherText('one ', gathered, 0);
    assert.equal(connection.queuedBytes, 4);
    // Only one text waits.
    connection.gatherText('two ', gathered, 0);
    assert.equal(connection.queuedBytes, 4);
    assert.equal(connection.bytesOut, 8);
    run(connection);
    await new Promise<void>((resolve) => turnEnd.wait(resolve));
    assert.equal(connection.queuedBytes, 0);
    assert.equal(connection.bytesOut, 8 + sent.length);
    connection.closeAfterWrites();
    await until('it has come', () => seen !== '');
    assert.equal(seen, `one two ${sent}`);
    assert.deepEqual(scene.defects, []);
  });
}

test('pause keeps what comes in the system, resume brings it', async (t) => {
  const scene = await open(t, (wire) => wire.send('hello'));
  scene.connection.pause();
  scene.connection.pause();
  assert.equal(scene.connection.isPaused, true);
  await scene.hears('connect');
  await pause(50);
  assert.deepEqual(scene.told, ['connect']);
  scene.connection.resume();
  await scene.hears('bytes 5');
});

test('a write that is too much answers false, and onDrain comes when all is taken', async (t) => {
  const scene = await open(t, async (wire) => {
    wire.stopReading();
    await pause(100);
    wire.goOnReading();
    assert((await wire.readBytes(BIG.length)).equals(BIG));
    wire.send('ok');
  });
  await scene.hears('connect');
  assert.equal(scene.connection.isFull, false);
  assert.equal(scene.connection.writeBytes(BIG), false);
  assert.equal(scene.connection.isFull, true);
  assert(scene.connection.queuedBytes > 0);
  await scene.hears('drain');
  assert.equal(scene.connection.isFull, false);
  assert.equal(scene.connection.queuedBytes, 0);
  await scene.hears('bytes 2');
});

test('takesBytes tells who takes little from who takes nothing', async (t) => {
  const scene = await open(t, (wire) => wire.stopReading());
  await scene.hears('connect');
  scene.connection.takesBytes();
  assert.equal(scene.connection.takesBytes(), false, 'nothing is queued');
  scene.connection.writeBytes(content(48 * 1024 * 1024));
  await until('the system takes no more', async () => {
    await pause(100);
    return !scene.connection.takesBytes();
  });
  const wire = await scene.server.connection(0);
  const before = wire.received;
  wire.goOnReading();
  await until('some was taken', () => wire.received > before + 6 * 1024 * 1024);
  wire.stopReading();
  assert.equal(scene.connection.takesBytes(), true);
});

test('reads land in the shared buffer, unless the connection is set to bulk', async (t) => {
  const buffers: Buffer[] = [];
  const scene = await open(
    t,
    async (wire) => {
      for (const text of ['one', 'two', 'three', 'four']) {
        wire.send(text);
        await wire.readUntil('.');
      }
    },
    {
      onBytes: (bytes) => {
        buffers.push(bytes);
        // From the next read on.
        if (buffers.length === 1) scene.connection.setBulk(true);
        if (buffers.length === 3) scene.connection.setBulk(false);
        assert.equal(scene.connection.canTake, buffers.length === 2 || buffers.length === 3);
        scene.connection.writeText('.');
      },
    },
  );
  await scene.hears('bytes 4');
  await until('all four came', () => buffers.length === 4);
  const { shared } = scene.host.buffers;
  assert.deepEqual(
    buffers.map((buffer) => buffer === shared),
    [true, false, false, true],
  );
  assert.deepEqual(scene.defects, []);
});

test('a buffer that is taken is not written to again until its write is done', async (t) => {
  // An echo that hands each read on as it is: any byte that is overwritten too early comes back wrong.
  const scene = await open(
    t,
    async (wire) => {
      wire.send(BIG);
      assert((await wire.readBytes(BIG.length)).equals(BIG), 'the echo differs');
      wire.send('ok');
    },
    {
      onBytes: (bytes, end) => {
        const { connection } = scene;
        connection.setBulk(true);
        if (connection.bytesIn > BIG.length) return;
        const isFree = connection.canTake
          ? connection.writeTaken(bytes.subarray(0, end), connection.take())
          : connection.writeBytes(Buffer.from(bytes.subarray(0, end)));
        assert.equal(connection.canTake, false);
        if (!isFree) connection.pause();
      },
      onDrain: () => scene.connection.resume(),
    },
  );
  await until('the echo is whole', () => scene.connection.bytesIn === BIG.length + 2);
  assert.deepEqual(scene.defects, []);
});

test('what is written from a copy may be overwritten at once, however late the system takes it', async (t) => {
  const turns = 200;
  const expected = Array.from({ length: turns }, (_, turn) => `${turn}:${String(turn % 10).repeat(99_000)};`);
  let seen = '';
  const scene = await open(t, async (wire) => {
    wire.stopReading();
    await pause(100);
    wire.goOnReading();
    seen = (await wire.readToEnd()).toString('latin1');
  });
  await scene.hears('connect');
  const { connection } = scene;
  const piece = Buffer.alloc(49_500);
  for (let turn = 0; turn < turns; turn++) {
    piece.fill(String(turn % 10));
    connection.writeCopy(`${turn}:`, [piece, piece], ';');
  }
  piece.fill('x');
  assert(connection.queuedBytes > 0, 'some of it waits');
  assert.equal(connection.bytesOut, expected.join('').length);
  connection.closeAfterWrites();
  await until('all has come', () => seen !== '');
  assert(seen === expected.join(''), 'it differs');
});

test('a copy that the system takes at once is used again', async (t) => {
  let seen = '';
  const scene = await open(t, async (wire) => {
    seen = (await wire.readToEnd()).toString('latin1');
  });
  await scene.hears('connect');
  const { connection, host } = scene;
  const known = host.copies.take(5000);
  host.copies.give(known);
  for (const text of ['one', 'two']) {
    assert.equal(connection.writeCopy('[', [Buffer.from(text), Buffer.alloc(4500, '.')], ']'), true);
    const again = host.copies.take(5000);
    assert.equal(again, known);
    host.copies.give(again);
  }
  // Corked, it is not taken yet.
  connection.cork();
  connection.writeCopy('', [Buffer.alloc(4500, '-')], '');
  assert.notEqual(host.copies.take(5000), known);
  connection.uncork();
  connection.closeAfterWrites();
  await until('all has come', () => seen !== '');
  const dots = '.'.repeat(4500);
  assert.equal(seen, `[one${dots}][two${dots}]${'-'.repeat(4500)}`);
});

test('what is read is all there, however often buffers change', async (t) => {
  const sent = content(300_000);
  let reads = 0;
  const scene = await open(
    t,
    async (wire) => {
      for (let start = 0; start < sent.length;) {
        const end = Math.min(sent.length, start + 1 + ((start * 31) % 9000));
        wire.send(sent.subarray(start, end));
        await wire.readUntil('.');
        start = end;
      }
    },
    {
      onBytes: () => {
        const { connection } = scene;
        // Bulk for some reads and not for others; of bulk reads, some are taken.
        connection.setBulk(reads % 7 > 2);
        if (connection.canTake && reads % 3 === 0) connection.take();
        reads++;
        connection.writeText('.');
      },
    },
  );
  await until('all of it came', () => scene.connection.bytesIn === sent.length);
  assert(scene.bytes().equals(sent));
  assert(reads > 50, `only ${reads} reads`);
  assert.deepEqual(scene.defects, []);
});

test('a name whose first address does not answer: the second connection reads into the shared buffer, too', async (t) => {
  const { server, host, connection } = await open(t, () => {});
  const addresses = ['127.0.0.2', '::1', '127.0.0.1'].map((address) => ({
    address,
    family: address.includes(':') ? 6 : 4,
  }));
  const answer = (_name: string, _options: object, callback: (error: null, found: object) => void): void =>
    callback(null, addresses);
  t.mock.method(dns, 'lookup', answer);
  const seen: string[] = [];
  const named = Connection.connect(
    host,
    {
      ...NOBODY,
      onBytes: (bytes, end) => {
        assert.equal(bytes, host.buffers.shared);
        seen.push(bytes.toString('latin1', 0, end));
      },
    },
    { host: 'several.example', port: server.port },
  );
  const wire = await server.connection(1);
  for (const text of ['one', 'two', 'three']) {
    wire.send(text);
    await until(text, () => seen.join('').endsWith(text));
  }
  assert.deepEqual(seen, ['one', 'two', 'three']);
  assert.equal(named.socket.remoteAddress, '127.0.0.1');
  assert.equal(connection.isClosed, false);
  named.destroy();
  await until('it is closed', () => named.isClosed);
});

test('buffers come back for reuse, and no more are kept than 64', () => {
  const buffers = new ReadBuffers();
  const taken = Array.from({ length: 100 }, () => buffers.acquire());
  assert(taken.every((buffer) => buffer.length === READ_BYTES));
  assert.equal(new Set([...taken, buffers.shared]).size, 101);
  for (const buffer of taken) buffers.release(buffer);
  const again = Array.from({ length: 100 }, () => buffers.acquire());
  assert.equal(again.filter((buffer) => taken.includes(buffer)).length, 64);
});

test('a deadline is told when it has passed', async (t) => {
  const scene = await open(t, () => {}, { onDeadline: () => (scene.connection.deadlineAt = Infinity) });
  scene.connection.deadlineAt = performance.now() + 20;
  await scene.hears('deadline');
});

test('closeAfterWrites sends what is queued first', async (t) => {
  let seen = 0;
  const scene = await open(t, async (wire) => {
    await pause(50);
    seen = (await wire.readToEnd()).length;
  });
  await scene.hears('connect');
  scene.connection.writeBytes(BIG);
  scene.connection.closeAfterWrites();
  assert.equal(scene.connection.isClosed, false);
  await scene.hears('close');
  await until('all has come', () => seen > 0);
  assert.equal(seen, BIG.length);
});

test('destroy loses what is queued, and is told once', async (t) => {
  const scene = await open(t, (wire) => wire.stopReading());
  await scene.hears('connect');
  scene.connection.writeBytes(BIG);
  scene.connection.destroy();
  scene.connection.destroy();
  assert.equal(scene.connection.isClosing, true);
  await scene.hears('close');
  assert.equal(scene.connection.isClosed, true);
});

test('reset is seen as a reset', async (t) => {
  const scene = await open(t, () => {});
  await scene.hears('connect');
  const wire = await scene.server.connection(0);
  scene.connection.reset();
  assert.equal(await wire.ended(), 'reset');
});

test('reset of a connection that is not there yet closes it', async (t) => {
  const scene = await open(t, () => {});
  scene.connection.reset();
  await scene.hears('close');
  assert.deepEqual(scene.told, ['close']);
});

test('reset of a UNIX socket, which knows none, closes it', async (t) => {
  const scene = await open(t, () => {});
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  const path = join(folder, 'socket');
  const server = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  let isClosed = false;
  const connection = Connection.connect(
    scene.host,
    { ...NOBODY, onConnect: () => connection.reset(), onClose: () => (isClosed = true) },
    { path },
  );
  await until('it is closed', () => isClosed);
});

for (const method of ['onBytes', 'onEnd', 'onConnect'] as const) {
  test(`an owner that throws in ${method} costs its connection, and is reported`, async (t) => {
    const scene = await open(
      t,
      (wire) => {
        wire.send('hello');
        wire.end();
      },
      {
        [method]: () => {
          throw new Error('a defect of the test');
        },
      },
    );
    await scene.hears('close');
    assert.equal(scene.defects.length, 1);
  });
}
