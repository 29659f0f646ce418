/** A name server for tests: UDP on loopback, A, AAAA and SRV records that a test sets and changes. */
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import type { TestContext } from 'node:test';
import { parseAddress } from '../../src/net/address.ts';

export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string; readonly ttl: number }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
      readonly ttl: number;
    };

export interface DnsServer {
  readonly port: number;
  /** By name. What is not here does not exist. */
  readonly records: Map<string, readonly DnsRecord[]>;
  /** Questions that came, `app.test A`. */
  readonly questions: string[];
  /** It answers nothing any more. */
  isSilent: boolean;
}

const TYPES = { A: 1, AAAA: 28, SRV: 33 } as const;
const NAME_ERROR = 3;

export async function startDns(t: TestContext): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const server = {
    port: 0,
    records: new Map<string, readonly DnsRecord[]>(),
    questions: [] as string[],
    isSilent: false,
  };
  socket.on('message', (question, { address, port }) => {
    if (!server.isSilent) socket.send(answer(question, server), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.after(() => socket.close());
  return Object.assign(server, { port: socket.address().port });
}

/** RFC 1035 §4: the header, the question as it came, one answer for each record of its name and type. */
function answer(question: Buffer, server: DnsServer): Buffer {
  const { name, end } = readName(question, 12);
  const type = Object.entries(TYPES).find(([, number]) => number === question.readUInt16BE(end))?.[0] ?? '';
  server.questions.push(`${name} ${type}`);
  const all = server.records.get(name);
  const records = (all ?? []).filter((record) => record.type === type);
  const head = Buffer.alloc(12);
  question.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8580 | (all === undefined ? NAME_ERROR : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, question.subarray(12, end + 4), ...records.map(recordBytes)]);
}

function readName(bytes: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    const length = bytes.readUInt8(at);
    if (length === 0) return { name: labels.join('.').toLowerCase(), end: at + 1 };
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
}

/** The name of the record points to that of the question. */
function recordBytes(record: DnsRecord): Buffer {
  const data = dataOf(record);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(TYPES[record.type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(record.ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function dataOf(record: DnsRecord): Buffer {
  if (record.type !== 'SRV') return Buffer.from(parseAddress(record.address)?.bytes ?? []);
  const numbers = Buffer.alloc(6);
  for (const [index, value] of [record.priority, record.weight, record.port].entries())
    numbers.writeUInt16BE(value, 2 * index);
  const labels = record.target
    .split('.')
    .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'));
  return Buffer.concat([numbers, ...labels, Buffer.alloc(1)]);
}
