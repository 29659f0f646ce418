/**
 * Fuzz target: X-Forwarded-For and Forwarded. FUZZ_RUNS sets the number of runs a property.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { identifyConnection, identifyExchange } from '../../src/identity/identify.ts';
import { parseAddress } from '../../src/net/address.ts';
import { CidrSet, parseCidr } from '../../src/net/cidr.ts';
import { fuzzSeed } from '../support/random.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 5000);

const network = parseCidr('10.0.0.0/8');
assert.ok(typeof network === 'object');
const TRUST = CidrSet.of([network]);

/** What a client can write: pieces that matter to the parsers, and any bytes. */
const piece = fc.constantFrom(
  '"',
  '\\',
  '\\"',
  ',',
  ';',
  '=',
  'for=',
  'for="',
  'by="',
  '6.6.6.6',
  '10.0.0.9',
  '[::1]',
  ' ',
  '\t',
  '_a',
  'unknown',
  '\xff',
  '\0',
);
const junk = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => String.fromCharCode(...bytes)),
);
const clientHeader = fc.constantFrom('x-forwarded-for', 'forwarded');
const stranger = fc.constantFrom('203.0.113.7', '2001:db8::7', '9.255.255.255');
const trusted = fc.array(fc.constantFrom('10.0.0.2', '10.255.255.255', '10.0.0.0'), { maxLength: 5 });

suite('client header fuzz', () => {
  test('any values give an answer that was in them, or the peer', () => {
    fc.assert(
      fc.property(fc.array(junk, { maxLength: 4 }), clientHeader, (values, header) => {
        const { client, connection } = identify(header, values);
        assert.match(client.because, /^[ -~]{1,500}$/);
        assert.equal(client.isTrusted, TRUST.hasText(client.address));
        if (client.address === connection.address) return;
        assert.equal(parseAddress(client.address)?.text, client.address);
        const all = values.join(',').replaceAll('\\', '');
        const written = all.match(/[0-9a-fA-F:.]+/g) ?? [];
        // An address with a port, or a colon before it, is the beginning or the end of what was matched.
        const isGiven = written.some((text) => candidates(text).includes(client.address));
        assert.ok(isGiven, `${client.address} out of ${JSON.stringify(values)}`);
      }),
      { numRuns, seed: fuzzSeed },
    );
  });

  test('nothing that a client writes changes who the trusted proxies say it is', () => {
    fc.assert(
      fc.property(
        junk,
        fc.boolean(),
        stranger,
        trusted,
        clientHeader,
        (forged, isOwnLine, address, proxies, header) => {
          const hops = [address, ...proxies].map((hop) =>
            header === 'forwarded' ? writeForwarded(hop) : hop,
          );
          const values = isOwnLine ? [forged, ...hops] : [`${forged}, ${hops.join(', ')}`];
          assert.equal(identify(header, values).client.address, address, JSON.stringify(values));
        },
      ),
      { numRuns, seed: fuzzSeed },
    );
  });
});

function identify(
  header: 'x-forwarded-for' | 'forwarded',
  values: readonly string[],
): { client: ReturnType<typeof identifyExchange>; connection: ReturnType<typeof identifyConnection> } {
  const options = {
    trust: TRUST,
    proxyProtocol: 'off',
    proxyHeaderTimeout: 2000,
    clientHeader: header,
  } as const;
  const connection = identifyConnection(options, { address: '10.0.0.1', port: 5 }, undefined);
  return { client: identifyExchange(options, connection, values), connection };
}

/** An element as a careful proxy writes it, with a string that has everything in it that could mislead. */
function writeForwarded(address: string): string {
  return address.includes(':') ? `for="[${address}]:80";by="_\\"a,\\\\"` : `by=_x;for=${address};proto=https`;
}

/** Every address at the beginning of a text that ends at a colon or its end, or behind colons. */
function candidates(text: string): (string | undefined)[] {
  const cuts = [text.length, ...Array.from(text.matchAll(/:/g), (match) => match.index)];
  const starts = [0, ...Array.from(text.matchAll(/:/g), (match) => match.index + 1)];
  return starts.flatMap((start) => cuts.map((end) => parseAddress(text.slice(start, end))?.text));
}
