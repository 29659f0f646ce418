import assert from 'node:assert/strict';
import { createServer, Socket } from 'node:net';
import { test } from 'node:test';
import { hasDescriptors } from '../linux/descriptor.ts';
import { familyNumber } from '../linux/socket-address.ts';
import { Sockets, STREAM } from '../linux/sockets.ts';
import { learnHandle, openHandle } from './socket-handle.ts';

const skip = hasDescriptors() ? false : 'sockets are made by calls of Linux';

test(
  'a socket that was made beforehand is taken over without being asked what it is',
  { skip },
  async (t) => {
    const server = createServer((socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const place = server.address();
    assert(typeof place === 'object' && place !== null);
    const sockets = new Sockets();
    const made = (): number => sockets.open(familyNumber(4), STREAM);

    const readAll = async (socket: Socket): Promise<string> => {
      socket.connect({ host: '127.0.0.1', port: place.port });
      let text = '';
      for await (const bytes of socket) text += String(bytes);
      return text;
    };
    const first = new Socket({ fd: made() });
    learnHandle(first);
    assert.equal(await readAll(first), 'hello');
    const handle = openHandle(made());
    assert(handle !== undefined, 'the class of the first is known');
    const options = { handle } as unknown as ConstructorParameters<typeof Socket>[0];
    assert.equal(await readAll(new Socket(options)), 'hello');
  },
);

test('what cannot be taken over is left to the documented way, which says why', { skip }, () => {
  assert.equal(openHandle(1_000_000), undefined);
  assert.throws(() => new Socket({ fd: 1_000_000 }));
});
