/** One text → one value of a kind of option, or why it is none. */
import { Buffer } from 'node:buffer';
import { resolve } from 'node:path';
import { formatDuration, formatSize, readDuration, readInteger, readSize } from '../base/units.ts';
import { suggest } from '../base/suggest.ts';
import { networkOf, parseCidr } from '../net/cidr.ts';
import { parseAddress, parseEndpoint, parsePort } from '../net/address.ts';
import type {
  DurationOption,
  EndpointOption,
  IntegerOption,
  ItemOption,
  BooleanOption,
  PathOption,
  ReferenceOption,
  SizeOption,
  TextOption,
} from '../base/option.ts';
import type { Cidr } from '../net/cidr.ts';
import type { Endpoint } from '../net/address.ts';
import { parseNamedEndpoint } from '../net/named-endpoint.ts';
import type { NamedEndpoint } from '../net/named-endpoint.ts';
import { quote } from './diagnostic.ts';
import type { DiagnosticCode } from './diagnostic-codes.ts';

/** The kinds whose value is written as one text. */
export type ScalarOption =
  ItemOption | DurationOption | SizeOption | IntegerOption | BooleanOption | EndpointOption;

/** `problem` completes "Cannot read …: ". */
export type Scalar<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'bad'; readonly code: DiagnosticCode; readonly problem: string; readonly hint?: string };

/** What a value can depend on besides its own text. */
export interface Surroundings {
  /** Absolute. Paths are resolved against it. */
  readonly folder: string;
  /** The names that are defined, by the path of the map they are in: `pools`, `inspection.sets`. */
  readonly names: Readonly<Record<string, readonly string[]>>;
}

export function readScalar(
  option: ScalarOption,
  text: string,
  surroundings: Surroundings,
): Scalar<number | boolean | string | Endpoint | NamedEndpoint> {
  switch (option.kind) {
    case 'duration':
      return readQuantity(option, text, readDuration, formatDuration, DURATION_WORDS);
    case 'size':
      return readQuantity(option, text, readSize, formatSize, SIZE_WORDS);
    case 'integer':
      return readWhole(option, text);
    case 'boolean':
      return readChoice(['true', 'false'], text, (word) => word === 'true');
    case 'choice':
      return readChoice(option.values, text, (word) => word);
    case 'text':
      return readText(option, text);
    case 'path':
      return readPath(option, text, surroundings.folder);
    case 'endpoint':
      return readServerEndpoint(option, text);
    case 'reference':
      return readReference(option, text, surroundings.names);
  }
}

/** `:80` is both families, so that one text can be two endpoints. */
export function readBindEndpoints(text: string): Scalar<readonly Endpoint[]> {
  if (text.startsWith(':') && parsePort(text.slice(1)) !== undefined) {
    const both = [parseEndpoint(`0.0.0.0${text}`), parseEndpoint(`[::]${text}`)];
    return { kind: 'ok', value: both.filter((endpoint) => endpoint !== undefined) };
  }
  const endpoint = parseEndpoint(text);
  if (endpoint !== undefined) return { kind: 'ok', value: [endpoint] };
  return badEndpoint(text, 'write for example "0.0.0.0:8080", "[::]:8080", or ":8080" for both');
}

export function readCidr(text: string): Scalar<Cidr> {
  const cidr = parseCidr(text);
  if (cidr === undefined) {
    const hint = 'write for example "10.0.0.0/8", "2001:db8::/32" or "192.0.2.1"';
    return bad(`${quote(text)} is not a network or an address`, hint);
  }
  if (cidr === 'host-bits') return bad(`${quote(text)} has bits set after its prefix`, hostBitsHint(text));
  return { kind: 'ok', value: cidr };
}

interface QuantityWords {
  readonly noun: string;
  readonly advice: string;
}

const DURATION_WORDS: QuantityWords = {
  noun: 'a duration',
  advice: 'write a whole number and a unit: "500ms", "3s", "10m", "1h" or "7d"',
};
const SIZE_WORDS: QuantityWords = {
  noun: 'a size',
  advice: 'write a number of bytes: "512", "64KiB" or "1MB"',
};

function readQuantity(
  option: DurationOption | SizeOption,
  text: string,
  read: (text: string) => number | undefined,
  format: (value: number) => string,
  words: QuantityWords,
): Scalar<number | 'off'> {
  if (option.off && text === 'off') return { kind: 'ok', value: 'off' };
  const value = read(text);
  if (value === undefined) {
    return bad(`${quote(text)} is not ${words.noun}`, `${words.advice}${option.off ? ', or "off"' : ''}`);
  }
  // The ranges of the tables are well-formed: a test reads them all.
  const [min, max] = [read(option.min) ?? 0, read(option.max) ?? 0];
  return inRange(value, min, max, format);
}

function readWhole(option: IntegerOption, text: string): Scalar<number | 'auto'> {
  if (option.auto && text === 'auto') return { kind: 'ok', value: 'auto' };
  const value = readInteger(text);
  if (value === undefined)
    return bad(`${quote(text)} is not a whole number${option.auto ? ' and not "auto"' : ''}`);
  return inRange(value, option.min, option.max, String);
}

function inRange(value: number, min: number, max: number, format: (value: number) => string): Scalar<number> {
  if (value >= min && value <= max) return { kind: 'ok', value };
  const problem = `${format(value)} is not from ${format(min)} to ${format(max)}`;
  return { kind: 'bad', code: 'out-of-range', problem };
}

/** Words that other programs take for the ones they stand beside here. */
const SAME: readonly (readonly string[])[] = [
  ['true', 'on', 'yes'],
  ['false', 'off', 'no'],
];

function readChoice<T>(words: readonly string[], text: string, valueOf: (word: string) => T): Scalar<T> {
  if (words.includes(text)) return { kind: 'ok', value: valueOf(text) };
  const same = SAME.find((group) => group.includes(text.toLowerCase()));
  const meant = words.find((word) => same?.includes(word)) ?? suggest(text, words);
  const expected = words.length === 1 ? quote(words.join('')) : `one of ${words.map(quote).join(', ')}`;
  return bad(`${quote(text)} is not ${expected}`, meant === undefined ? undefined : didYouMean(meant));
}

function readText(option: TextOption, text: string): Scalar<string> {
  const folded = option.fold === 'lower' ? text.toLowerCase() : text;
  const fits = text.length <= option.lengthMax && new RegExp(`^(?:${option.pattern})$`).test(folded);
  if (fits) return { kind: 'ok', value: folded };
  return bad(`${option.isSecret === true ? 'it' : quote(text)} is not ${option.expects}`);
}

/** Linux allows 4095 bytes (PATH_MAX with its NUL). */
const PATH_BYTES_MAX = 4095;

function readPath(option: PathOption, text: string, folder: string): Scalar<string> {
  if (option.words?.includes(text)) return { kind: 'ok', value: text };
  const place = Object.hasOwn(option.places ?? {}, text) ? option.places?.[text] : undefined;
  if (place !== undefined) return { kind: 'ok', value: resolve(folder, place) };
  const isPath = text !== '' && !/[\p{Cc}]/u.test(text) && Buffer.byteLength(text) <= PATH_BYTES_MAX;
  return isPath ? { kind: 'ok', value: resolve(folder, text) } : bad(`${quote(text)} is not a path`);
}

function readServerEndpoint(option: EndpointOption, text: string): Scalar<Endpoint | NamedEndpoint> {
  const endpoint = parseEndpoint(text);
  if (endpoint === undefined) {
    const named = option.names === true ? parseNamedEndpoint(text) : undefined;
    if (named !== undefined) return { kind: 'ok', value: named };
    const names = option.names === true ? ', or a name: "app.internal:9001"' : '; names are not resolved';
    return badEndpoint(text, `write for example "127.0.0.1:9001" or "[::1]:9001"${names}`);
  }
  if (endpoint.port === 0) return bad(`${quote(text)} has the port 0, on which nothing listens`);
  return { kind: 'ok', value: endpoint };
}

function badEndpoint(text: string, hint: string): Scalar<never> {
  const [, host = '', port = ''] = /^(.*):([0-9]+)$/.exec(text) ?? [];
  const hasBareIpv6 = host.includes(':') && parseAddress(host) !== undefined;
  const meant = hasBareIpv6 ? didYouMean(`[${host}]:${port}`) : hint;
  return bad(`${quote(text)} is not an address with a port`, meant);
}

function hostBitsHint(text: string): string {
  const [host = '', prefix = ''] = text.split('/');
  const address = parseAddress(host);
  if (address === undefined || Number(prefix) > 8 * address.bytes.length)
    return 'write the network or the address';
  return `write "${networkOf(address, Number(prefix)).text}" or "${address.text}"`;
}

function readReference(
  option: ReferenceOption,
  text: string,
  names: Readonly<Record<string, readonly string[]>>,
): Scalar<string> {
  const known = names[option.to] ?? [];
  if (known.includes(text)) return { kind: 'ok', value: text };
  const meant = suggest(text, known);
  const problem = `${quote(text)} is not defined in "${option.to}"`;
  const hint = meant === undefined ? undefined : didYouMean(meant);
  return { kind: 'bad', code: 'unknown-name', problem, ...(hint === undefined ? {} : { hint }) };
}

export function didYouMean(word: string): string {
  return `did you mean ${quote(word)}?`;
}

function bad(problem: string, hint?: string): Scalar<never> {
  return { kind: 'bad', code: 'bad-value', problem, ...(hint === undefined ? {} : { hint }) };
}
