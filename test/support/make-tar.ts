/** Makes tar archives for tests, right ones and wrong ones, with nothing of the reader in it. */
import { Buffer } from 'node:buffer';

export interface Packed {
  readonly path: string;
  readonly text?: string | Uint8Array;
  /** The type of the header; `0`, a regular file, when left out. */
  readonly type?: string;
  /** Bytes of the header that are written over it before its checksum is made, by their offset. */
  readonly over?: Readonly<Record<number, string>>;
  /** Instead of the right checksum. */
  readonly checksum?: string;
}

/** With the two empty blocks at its end. */
export function makeTar(files: readonly Packed[]): Buffer {
  return Buffer.concat([...files.map(packed), Buffer.alloc(1024)]);
}

/** A record of a pax header: `LENGTH KEY=VALUE\\n`, LENGTH counting its own digits. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (String(length).length > String(bytes).length) length++;
  return `${length}${rest}`;
}

function packed({ path, text = '', type = '0', over = {}, checksum }: Packed): Buffer {
  const content = Buffer.from(text as string);
  const header = Buffer.alloc(512);
  header.write(path, 0, 100, 'utf8');
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  for (const [at, value] of Object.entries(over)) header.write(value, Number(at), 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding]);
}
