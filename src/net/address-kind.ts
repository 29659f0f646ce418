/** What an address stands for, where that decides whether a connection can have it. */
import type { Address } from './address.ts';

/** `0.0.0.0` or `::`: whoever binds it binds every address. */
export function isAnyAddress({ bytes }: Address): boolean {
  return bytes.every((byte) => byte === 0);
}

/** `127.0.0.0/8` or `::1`. */
export function isLoopback({ family, bytes }: Address): boolean {
  if (family === 4) return bytes[0] === 127;
  return bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

/** Not multicast, broadcast, reserved or link-local IPv6, which means one host on one link only. */
export function isOneHost({ family, bytes }: Address): boolean {
  const [first = 0, second = 0] = bytes;
  if (family === 4) return first !== 0 && first < 224;
  return first !== 0xff && !(first === 0xfe && (second & 0xc0) === 0x80);
}
