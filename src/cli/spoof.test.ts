import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint } from '../net/address.ts';
import { readConfig } from '../config/read.ts';
import { spoofConfig } from '../runtime/spoof-config.ts';
import { UsageError } from './arguments.ts';
import { readSpoofOptions } from './spoof.ts';

const GOOD = ['--listen', '0.0.0.0:80', '--target', '127.0.0.1:8080', '--trust', '10.0.0.0/8'];

test('what is given is a configuration without a complaint', () => {
  const options = readSpoofOptions([
    ...GOOD,
    ...['--listen', ':25', '--target', '127.0.0.1:2525,[::1]:2525', '--trust', '2001:db8::/32,192.0.2.1'],
    ...[
      '--mark',
      '0x7b',
      '--port',
      'free',
      '--fallback',
      'own',
      '--connections',
      '7',
      '--idle-timeout',
      '5m',
    ],
  ]);
  assert.deepEqual(
    options.ways.map(({ listen, targets }) => [listen.map(formatEndpoint), targets.map(formatEndpoint)]),
    [
      [['0.0.0.0:80'], ['127.0.0.1:8080']],
      [
        ['0.0.0.0:25', '[::]:25'],
        ['127.0.0.1:2525', '[::1]:2525'],
      ],
    ],
  );
  assert.equal(options.mark, 123);
  assert.equal(options.trust.size, 3);
  const read = readConfig(JSON.stringify(spoofConfig(options)), 'test', {});
  assert.deepEqual(read.diagnostics, []);
});

for (const [protocol, names] of [
  ['tcp', ['spoof']],
  ['udp', ['spoof']],
  ['both', ['spoof', 'spoof-udp']],
] as const) {
  test(`the protocol ${protocol} is a configuration without a complaint`, () => {
    const read = readConfig(
      JSON.stringify(spoofConfig(readSpoofOptions([...GOOD, '--protocol', protocol]))),
      'test',
      {},
    );
    assert.deepEqual(read.diagnostics, []);
    assert(read.kind === 'ok');
    assert.deepEqual(Object.keys(read.config.listeners), names);
    const protocols = Object.values(read.config.listeners).map((listener) => listener.protocol);
    assert.deepEqual(protocols, protocol === 'both' ? ['tcp', 'udp'] : [protocol]);
  });
}

const BAD: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
  ['no listener', GOOD.slice(2), /--listen is missing/],
  ['no target', [...GOOD.slice(0, 2), ...GOOD.slice(4)], /1 of --listen and 0 of --target/],
  ['nobody to trust', GOOD.slice(0, 4), /--trust is missing/],
  ['one target for two listeners', [...GOOD, '--listen', ':81'], /2 of --listen and 1 of --target/],
  ['a target without a port', [...GOOD, '--listen', ':81', '--target', '127.0.0.1'], /"127\.0\.0\.1"/],
  ['a target with port 0', [...GOOD, '--listen', ':81', '--target', '127.0.0.1:0'], /is not an address/],
  ['a name as a target', [...GOOD, '--listen', ':81', '--target', 'localhost:80'], /"localhost:80"/],
  ['a network with host bits', [...GOOD, '--trust', '10.0.0.1/8'], /--trust/],
  ['a mark beyond 32 bits', [...GOOD, '--mark', '4294967296'], /--mark/],
  ['a mark that is no number', [...GOOD, '--mark', 'x'], /--mark/],
  ['another word for the port', [...GOOD, '--port', 'any'], /keep, free/],
  ['a time without a unit', [...GOOD, '--idle-timeout', '5'], /--idle-timeout/],
  ['a header that is guessed', [...GOOD, '--protocol', 'udp', '--udp-header', 'auto'], /every, first/],
  ['an option of UDP without UDP', [...GOOD, '--udp-idle-timeout', '5s'], /--protocol is tcp/],
  ['another protocol', [...GOOD, '--protocol', 'sctp'], /tcp, udp, both/],
  ['no new flows', [...GOOD, '--protocol', 'udp', '--udp-flows-per-second', '0'], /from 1 to/],
  ['an unknown option', [...GOOD, '--spoon', '5'], /--spoon/],
];

for (const [what, args, message] of BAD) {
  test(`${what} is refused with a sentence`, () => {
    assert.throws(
      () => readSpoofOptions(args),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}
