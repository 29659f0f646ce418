/**
 * Base64 as Suricata and as Snort read it, which differ in what ends the data:
 *
 *     Suricata   a byte that is not of the alphabet, a line break too
 *     Snort      a line break that no blank follows; other bytes that are not of the alphabet are skipped
 *
 * Pure functions, linear in what they read.
 */
import { Buffer } from 'node:buffer';

/** Decodes up to the first byte that is not of the alphabet of RFC 4648 §4; a last group may be short. */
export function decodeBase64(text: string): string {
  const end = /[^A-Za-z0-9+/]/.exec(text)?.index ?? text.length;
  return bytesOf(text.slice(0, end));
}

/**
 * Decodes whole groups of four and skips bytes that are not of the alphabet. A `=` ends the data in the third or fourth place
 * of a group; in the first or second it is a mistake, and then nothing was decoded.
 */
export function decodeSnortBase64(text: string): string {
  const signs = text.replace(/[^A-Za-z0-9+/=]+/g, '');
  const end = signs.length - (signs.length % 4);
  const pad = signs.indexOf('=');
  if (pad < 0 || pad >= end) return bytesOf(signs.slice(0, end));
  return pad % 4 < 2 ? '' : bytesOf(signs.slice(0, pad));
}

/**
 * At most `bytesMax` bytes from `start` on as Snort unfolds a header: a line break with a blank behind it is left out with
 * that blank, any other ends what is read. `end` is behind the last byte that was looked at.
 */
export function unfolded(text: string, start: number, bytesMax: number): { text: string; end: number } {
  let found = '';
  let at = start;
  while (found.length < bytesMax) {
    const piece = text.slice(at, at + bytesMax - found.length);
    const line = /[\r\n]/.exec(piece)?.index ?? piece.length;
    found += piece.slice(0, line);
    at += line;
    if (line === piece.length) break;
    const next = behindBreak(text, at);
    if (!isBlank(text, next)) break;
    at = next + 1;
  }
  return { text: found, end: at };
}

/** Snort takes a carriage return alone for a line break, too. */
function behindBreak(text: string, at: number): number {
  return at + (text.startsWith('\r\n', at) ? 2 : 1);
}

function isBlank(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t';
}

function bytesOf(signs: string): string {
  return Buffer.from(signs, 'base64').toString('latin1');
}
