/** Servers for tests of balancing, without a proxy: rows of a table of their own, and who asks for one. */
import type { AlgorithmParts, Seeker } from '../../src/balance/algorithm.ts';
import { Candidates } from '../../src/balance/candidates.ts';
import { ServerTable, WEIGHT_UNIT } from '../../src/balance/server-table.ts';
import { RequestHead } from '../../src/http/request-head.ts';
import { Buffer } from 'node:buffer';
import assert from 'node:assert/strict';
import { seededRandom } from './random.ts';

export interface Servers extends AlgorithmParts {
  readonly table: ServerTable;
}

/** Servers `a`, `b`, … of these weights: up, ready, without limits, with nothing in hand. Row and index are the same. */
export function makeServers(...weights: readonly number[]): Servers {
  const table = ServerTable.create(Math.max(1, weights.length), 1);
  const random = seededRandom(1);
  weights.forEach((weight, row) => {
    table.reset(row);
    table.setWeight(row, weight * WEIGHT_UNIT);
  });
  return {
    table,
    candidates: new Candidates(
      table,
      weights.map((_, row) => row),
    ),
    keys: weights.map((_, index) => `192.0.2.${index}:80`),
    configured: weights.map((weight) => weight * WEIGHT_UNIT),
    random: () => random(0x1_0000_0000) / 0x1_0000_0000,
  };
}

/** A client that sends no request. */
export function seekerAt(clientAddress: string): Seeker {
  return { clientAddress, head: undefined };
}

/** A client with a request: its line, and its fields with their line ends. */
export function seekerWith(line: string, fields: string = '', clientAddress: string = '192.0.2.1'): Seeker {
  const head = new RequestHead({ headBytes: 65_536, headerCount: 100, targetBytes: 8192 });
  const bytes = Buffer.from(`${line}\r\nHost: example.org\r\n${fields}\r\n`, 'latin1');
  assert.equal(head.read(bytes, 0, bytes.length), 1, `not read: ${head.refusal}`);
  return { clientAddress, head };
}
