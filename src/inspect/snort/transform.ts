/**
 * The transforms of Suricata: pure functions from a buffer to the buffer that the options behind them see.
 *
 * Each answers its argument, the same string, when it changes nothing; `undefined` says that there is no such buffer,
 * and then nothing matches in it. All are linear in the value.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { foldAscii } from '../match/phrase-automaton.ts';
import { uppercase } from '../transforms/case.ts';
import { md5, sha1 } from '../transforms/digest.ts';
import { decodeBase64 } from './base64.ts';
import { compilePattern } from './pattern.ts';
import type { Transform } from './rule.ts';

export type RunTransform = (value: string) => string | undefined;

/** What to run for a transform; `undefined` when it is not known or its argument is wrong. */
export function makeTransform(transform: Transform): RunTransform | undefined {
  const plain = Object.hasOwn(PLAIN, transform.name) ? PLAIN[transform.name] : undefined;
  if (plain !== undefined) return transform.argument === '' ? plain : undefined;
  switch (transform.name) {
    case 'xor':
      return makeXor(transform.argument);
    case 'pcrexform':
      return makePcrexform(transform.argument);
    case 'from_base64':
      return makeFromBase64(transform.argument);
    case 'subslice':
      return makeSubslice(transform.argument);
    default:
      return undefined;
  }
}

const PLAIN: Readonly<Record<string, RunTransform>> = {
  compress_whitespace: (value) => value.replace(/([\t-\r ])[\t-\r ]+/g, '$1'),
  strip_whitespace: (value) => (/[\t-\r ]/.test(value) ? value.replace(/[\t-\r ]+/g, '') : value),
  to_md5: md5,
  to_sha1: sha1,
  to_sha256: (value) => createHash('sha256').update(value, 'latin1').digest('latin1'),
  to_lowercase: foldAscii,
  to_uppercase: uppercase,
  dotprefix: (value) => `.${value}`,
  header_lowercase: headerLowercase,
  strip_pseudo_headers: stripPseudoHeaders,
  url_decode: urlDecode,
  domain: registeredDomain,
  tld: topDomain,
};

export const TRANSFORM_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(PLAIN),
  'xor',
  'pcrexform',
  'from_base64',
  'subslice',
]);

/**
 * `%XX` decoded and `+` as a space. As in Suricata a `%` takes what follows with it: when that is no escape, up to the first
 * byte that is no digit stays as it is, so that `%%41` and `%+` do.
 */
function urlDecode(value: string): string {
  return value.replace(/%(?:([0-9a-f]{2})|[0-9a-f]?[^0-9a-f])|\+/gi, (text, escaped?: string) => {
    if (escaped !== undefined) return String.fromCharCode(parseInt(escaped, 16));
    return text === '+' ? ' ' : text;
  });
}

/** The names of headers in lower case, their values as they are. */
function headerLowercase(value: string): string {
  return value.replace(/^[^:\r\n]*[A-Z][^:\r\n]*/gm, (name) => foldAscii(name));
}

/** Lines that begin with a colon are of HTTP/2; without them the headers look as those of HTTP/1. */
function stripPseudoHeaders(value: string): string {
  if (!value.startsWith(':') && !value.includes('\n:')) return value;
  return value
    .split(/(?<=\n)/)
    .filter((line) => !line.startsWith(':'))
    .join('');
}

/** Without a list of public suffixes: the last two labels. docs/compat/snort.md says so. */
function registeredDomain(value: string): string | undefined {
  const labels = value.split('.');
  return labels.length < 2 ? undefined : labels.slice(-2).join('.');
}

function topDomain(value: string): string | undefined {
  const dot = value.lastIndexOf('.');
  return dot < 0 ? undefined : value.slice(dot + 1);
}

/**
 * `xor:"0d0ac8ff"`, `xor:offset 4,extract 4 0`: each byte from `offset` on with the key, over and over; those before it stay.
 * `extract COUNT AT` takes the key from the buffer itself. A buffer that does not hold its key or its offset stays as it is.
 */
function makeXor(argument: string): RunTransform | undefined {
  const form =
    /^(?:offset\s+(\d{1,5})\s*,\s*)?(?:"?((?:[0-9a-f]{2}){1,255})"?|extract\s+(\d{1,3})\s+(\d{1,5}))$/i.exec(
      argument,
    );
  const [, offset = '0', hex, count = '0', at = '0'] = form ?? [];
  if (form === null || (hex === undefined && Number(count) === 0)) return undefined;
  const given = hex === undefined ? undefined : Buffer.from(hex, 'hex');
  return (value) => {
    const bytes = Buffer.from(value, 'latin1');
    const key = given ?? Buffer.from(bytes.subarray(Number(at), Number(at) + Number(count)));
    if (given === undefined && key.length < Number(count)) return value;
    const start = Number(offset);
    for (let index = start; index < bytes.length; index++)
      bytes[index] = bytes[index]! ^ key[(index - start) % key.length]!; // In range.
    return bytes.toString('latin1');
  };
}

/** `pcrexform:"(\w+)\.js"`: the first group of the first match; a value without a match stays as it is. */
function makePcrexform(argument: string): RunTransform | undefined {
  try {
    const pattern = compilePattern(argument, '');
    return (value) => {
      const group = pattern.find(value)?.captures(1);
      return group === undefined ? value : value.slice(group.start, group.end);
    };
  } catch {
    // Whatever is wrong with the pattern is one mistake of the option.
    return undefined;
  }
}

/** `from_base64: bytes 12, offset 3, mode strict`: the decoded bytes; none when nothing could be decoded. */
function makeFromBase64(argument: string): RunTransform | undefined {
  const words = argument === '' ? [] : argument.split(',').map((word) => word.trim().split(/\s+/));
  const given = new Map(words.map(([name = '', value = '']) => [name, value]));
  const count = Number(given.get('bytes') ?? Infinity);
  const offset = Number(given.get('offset') ?? 0);
  const mode = given.get('mode') ?? 'rfc4648';
  const isKnown = [...given.keys()].every((name) => ['bytes', 'offset', 'mode'].includes(name));
  if (!isKnown || !(count > 0) || !(offset >= 0) || !['strict', 'rfc4648', 'rfc2045'].includes(mode)) {
    return undefined;
  }
  return (value) => {
    const text = value.slice(offset, Math.min(value.length, offset + count));
    const decoded = decodeBase64(mode === 'rfc2045' ? text.replace(/[^A-Za-z0-9+/=]/g, '') : text);
    return decoded === '' ? undefined : decoded;
  };
}

/** `subslice: 1, 5`: bytes from, to; negative counts from the end. */
function makeSubslice(argument: string): RunTransform | undefined {
  const form = /^\s*(-?\d{1,9})\s*(?:,\s*(-?\d{1,9})\s*)?$/.exec(argument);
  if (form === null) return undefined;
  const start = Number(form[1]);
  const end = form[2] === undefined ? undefined : Number(form[2]);
  return (value) => value.slice(start, end);
}
