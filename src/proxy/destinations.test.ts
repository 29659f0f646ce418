import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEndpoint } from '../net/address.ts';
import { CidrSet, parseCidr } from '../net/cidr.ts';
import { DestinationPolicy } from './destination-policy.ts';
import { Destinations } from './destinations.ts';
import type { NoDestination } from './destinations.ts';
import { LoopGuard } from './loop-guard.ts';
import type { OriginConnection } from './origin-connection.ts';
import { Server } from './server.ts';

const COMMON = new Server({
  name: 'original-destination',
  address: { host: '127.0.0.1', port: 0 },
  weight: 1,
  row: 7,
  maxConnections: 5,
});

function make(max: number): Destinations {
  const within = parseCidr('203.0.113.0/24');
  assert(typeof within === 'object');
  const loops = new LoopGuard(
    () => 0,
    () => [],
  );
  return new Destinations(COMMON, new DestinationPolicy(CidrSet.of([within]), loops), max);
}

function find(destinations: Destinations, last: number, port = 80): Server | NoDestination {
  return destinations.find(parseEndpoint(`203.0.113.${last}:${port}`), '198.51.100.2:5000');
}

function server(found: Server | NoDestination): Server {
  assert(found.kind === 'server');
  return found;
}

/** An idle connection that is gone from its server when it is closed, as real ones are. */
function idle(of: Server, closed: string[]): void {
  of.open++;
  const origin = { close: () => closed.push(of.key) };
  // Of a connection, nothing but its closing is used here.
  of.idle.push(origin as unknown as OriginConnection);
}

test('a destination is one server, with the row of all, at its own address', () => {
  const destinations = make(8);
  const first = server(find(destinations, 80));
  assert.deepEqual(first.address, { host: '203.0.113.80', port: 80 });
  assert.equal(first.row, 7);
  assert.equal(first.name, 'original-destination');
  assert.equal(first.maxConnections, 5);
  assert.equal(find(destinations, 80), first);
  assert.notEqual(find(destinations, 80, 81), first);
  assert.notEqual(find(destinations, 81), first);
  assert.equal(destinations.size, 3);
});

test('a destination that is refused takes no room', () => {
  const destinations = make(8);
  const found = destinations.find(parseEndpoint('198.51.100.80:80'), '');
  assert(found.kind === 'none');
  assert.equal(found.code, 'destination-refused');
  assert.equal(found.because.code, 'destination-not-allowed');
  assert.equal(destinations.size, 0);
});

test('a destination is forgotten with its last connection', () => {
  const destinations = make(8);
  const one = server(find(destinations, 80));
  one.open = 2;
  one.open--;
  destinations.forget(one);
  assert.equal(destinations.size, 1);
  one.open--;
  destinations.forget(one);
  assert.equal(destinations.size, 0);
});

test('where there is no room, the one used least recently that nobody uses now is closed', () => {
  const destinations = make(3);
  const closed: string[] = [];
  for (const last of [1, 2, 3]) idle(server(find(destinations, last)), closed);
  // The first is used, and the second just was.
  server(find(destinations, 1)).open++;
  find(destinations, 2);
  assert.equal(find(destinations, 4).kind, 'server');
  assert.deepEqual(closed, ['203.0.113.3:80']);
  assert.equal(destinations.size, 3);
});

test('where all are in use, the next one is refused, and those that are there go on', () => {
  const destinations = make(2);
  for (const last of [1, 2]) server(find(destinations, last)).open++;
  const refused = find(destinations, 3);
  assert(refused.kind === 'none');
  assert.equal(refused.code, 'destinations-full');
  assert.equal(find(destinations, 2).kind, 'server');
  assert.equal(destinations.size, 2);
});

test('a server that was let go of and has come again is not forgotten for the old one', () => {
  const destinations = make(1);
  const old = server(find(destinations, 1));
  find(destinations, 2);
  const again = server(find(destinations, 1));
  assert.notEqual(again, old);
  destinations.forget(old);
  assert.equal(find(destinations, 1), again);
});
