import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ownPort } from '../../test/support/own-port.ts';
import { until } from '../../test/support/wire.ts';
import { openSyslog } from './syslog-sink.ts';

const OPTIONS = {
  host: '127.0.0.1',
  form: 'rfc5424',
  facility: 'local0',
  name: 'sallyport',
  lengthMax: 8192,
} as const;

/** A server that keeps what every connection sent. */
async function receiver(
  t: TestContext,
  port = 0,
): Promise<{ server: Server; port: number; texts: string[]; sockets: Socket[] }> {
  const texts: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const index = texts.push('') - 1;
    sockets.push(socket);
    socket.on('data', (bytes) => {
      texts[index] = (texts[index] ?? '') + bytes.toString('latin1');
    });
    socket.on('error', () => {});
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { server, port: (server.address() as AddressInfo).port, texts, sockets };
}

/** Takes a stream apart by its lengths (RFC 6587 §3.4.1): the messages, and nothing may be left. */
function messagesOf(text: string): string[] {
  const messages: string[] = [];
  for (let at = 0; at < text.length;) {
    const space = text.indexOf(' ', at);
    const length = Number(text.slice(at, space));
    assert.ok(Number.isInteger(length) && space + 1 + length <= text.length, 'the stream has whole messages');
    messages.push(text.slice(space + 1, space + 1 + length));
    at = space + 1 + length;
  }
  return messages;
}

const lastWords = (messages: readonly string[]): string[] =>
  messages.map((one) => one.split(' ').at(-1) ?? '');

test('over UDP each line is a datagram', async (t) => {
  const socket = createSocket('udp4');
  const got: string[] = [];
  socket.on('message', (message) => got.push(message.toString('latin1')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  const sink = openSyslog({ ...OPTIONS, port: socket.address().port, transport: 'udp' });
  await sink.write(Buffer.from('a\nb\n'));
  await until('both came', () => got.length === 2);
  assert.deepEqual(lastWords(got), ['a', 'b']);
  await sink.close();
});

test('over TCP lines stand after their lengths, on one connection', async (t) => {
  const { port, texts } = await receiver(t);
  const sink = openSyslog({ ...OPTIONS, port, transport: 'tcp' });
  await sink.write(Buffer.from('a\nb\n'));
  await sink.write(Buffer.from('c\n'));
  await until('all came', () => texts[0]?.endsWith(' c') === true);
  assert.deepEqual(lastWords(messagesOf(texts[0] ?? '')), ['a', 'b', 'c']);
  await sink.close();
  assert.equal(texts.length, 1);
});

test('a connection that the server has closed is made again', async (t) => {
  const { port, texts, sockets } = await receiver(t);
  const sink = openSyslog({ ...OPTIONS, port, transport: 'tcp' });
  await sink.write(Buffer.from('a\n'));
  await until('it came', () => texts[0] !== undefined && texts[0] !== '');
  const [first] = sockets;
  assert(first !== undefined);
  const closed = once(first, 'close');
  first.end();
  await closed;
  await sink.write(Buffer.from('b\n'));
  await until('the next came', () => texts[1]?.endsWith(' b') === true);
  await sink.close();
});

test('a server that comes back within the tries loses nothing', async (t) => {
  const port = await ownPort();
  const sink = openSyslog({ ...OPTIONS, port, transport: 'tcp' });
  const written = sink.write(Buffer.from('a\n'));
  const back = await receiver(t, port);
  await written;
  await until('it came', () => back.texts[0]?.endsWith(' a') === true);
  await sink.close();
});

test('lines for a server that is not there are given up when the log is closed', async () => {
  const port = await ownPort();
  const sink = openSyslog({ ...OPTIONS, port, transport: 'tcp' });
  const written = sink.write(Buffer.from('a\n'));
  const failed = assert.rejects(written);
  await sink.close();
  await failed;
  await assert.rejects(sink.write(Buffer.from('b\n')));
});
