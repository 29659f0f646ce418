/**
 * Fuzz target: addresses, endpoints and networks in text form. FUZZ_RUNS sets the number of runs a property.
 */
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  addressFromBytes,
  canonicalAddress,
  formatEndpoint,
  networkKey,
  parseAddress,
  parseEndpoint,
} from '../../src/net/address.ts';
import { CidrSet, networkOf, parseCidr } from '../../src/net/cidr.ts';
import { fuzzSeed } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 5000);

/** Bytes of an address; zeros and ones are frequent, because runs of them are what the text form is about. */
const byte = fc.oneof(fc.constantFrom(0, 0, 0, 255), fc.integer({ min: 0, max: 255 }));
const addressBytes = fc
  .oneof(
    fc.array(byte, { minLength: 4, maxLength: 4 }),
    fc.array(byte, { minLength: 16, maxLength: 16 }),
    fc
      .array(byte, { minLength: 4, maxLength: 4 })
      .map((v4) => [...Array<number>(10).fill(0), 255, 255, ...v4]),
  )
  .map((bytes) => Uint8Array.from(bytes));

/** Text that is nearly an address. */
const near = fc
  .array(
    fc.constantFrom(
      '0',
      '1',
      '9',
      '25',
      '255',
      '256',
      'f',
      'FFFF',
      'g',
      ':',
      '::',
      '.',
      '[',
      ']',
      '%',
      '/',
      ' ',
      '-',
    ),
    {
      maxLength: 24,
    },
  )
  .map((parts) => parts.join(''));
const grouped = fc
  .tuple(
    fc.array(fc.constantFrom('0', '1', 'ffff', 'a0', '00001', ''), { maxLength: 9 }),
    fc.constantFrom('', ':1.2.3.4', '::', '.1'),
  )
  .map(([groups, tail]) => groups.join(':') + tail);
const text = fc.oneof(near, grouped, fc.string({ unit: 'binary', maxLength: 60 }));

suite('address fuzz', () => {
  test('parseAddress takes exactly what the system takes, zone ids aside, and its text reads back', () => {
    fc.assert(
      fc.property(text, (input) => {
        const address = parseAddress(input);
        assert.equal(address !== undefined, isIP(input) !== 0 && !input.includes('%'), JSON.stringify(input));
        if (address !== undefined) assert.deepEqual(parseAddress(address.text), address);
      }),
      { numRuns, seed: fuzzSeed },
    );
  });

  test('an address of any bytes prints as text that gives the same address', () => {
    fc.assert(
      fc.property(addressBytes, (bytes) => {
        const address = addressFromBytes(bytes);
        assert.deepEqual(parseAddress(address.text), address);
        assert.equal(isIP(address.text), address.family);
        assert.equal(canonicalAddress(address.text), address.text);
        assert.ok(networkKey(address).length > 0);
      }),
      { numRuns, seed: fuzzSeed },
    );
  });

  test('parseEndpoint gives back what formatEndpoint prints, and crashes on nothing', () => {
    fc.assert(
      fc.property(addressBytes, fc.integer({ min: 0, max: 65_535 }), text, (bytes, port, junk) => {
        const endpoint = { address: addressFromBytes(bytes), port };
        const printed = formatEndpoint(endpoint);
        assert.deepEqual(parseEndpoint(printed), endpoint);
        const parsed = parseEndpoint(junk);
        if (parsed !== undefined) assert.deepEqual(parseEndpoint(formatEndpoint(parsed)), parsed);
      }),
      { numRuns, seed: fuzzSeed },
    );
  });

  test('parseCidr gives back networks, and a set holds exactly the addresses with their leading bits', () => {
    fc.assert(
      fc.property(addressBytes, fc.nat({ max: 128 }), addressBytes, text, (bytes, bits, other, junk) => {
        const address = addressFromBytes(bytes);
        const network = networkOf(address, bits % (8 * address.bytes.length + 1));
        assert.deepEqual(parseCidr(network.text), network);
        const set = CidrSet.of([network]);
        assert.ok(set.has(address));
        const stranger = addressFromBytes(other);
        const isInside =
          stranger.family === address.family && networkOf(stranger, network.prefix).text === network.text;
        assert.equal(set.has(stranger), isInside);
        assert.equal(set.hasText(stranger.text), isInside);
        const parsed = parseCidr(junk);
        if (typeof parsed === 'object') assert.deepEqual(parseCidr(parsed.text), parsed);
      }),
      { numRuns, seed: fuzzSeed },
    );
  });
});
