/**
 * Random rules on random exchanges: the fast way gives what evaluating every rule gives, also when it remembers.
 *
 * The alphabet is small and nasty: line ends, escapes, colons, spaces and the letters of names, so that literals stand
 * across the borders of lines, fields, values and bodies more often than in any real message.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HeaderFields } from '../../src/inspect/inspector.ts';
import { compileSnort, makeSnortInspector } from '../../src/inspect/snort/snort-inspector.ts';
import type { Dialect } from '../../src/inspect/snort/rule.ts';
import { fuzzSeed } from '../support/random.ts';
import { listedFields } from '../../src/inspect/listed-fields.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

const byte = fc.constantFrom(
  'a',
  'b',
  'A',
  ' ',
  ':',
  '%',
  '4',
  '1',
  '+',
  '/',
  '.',
  '\\',
  '&',
  '=',
  '\r',
  '\n',
  '\xe9',
);
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(byte, { maxLength }).map((parts) => parts.join(''));
/** Fields have no line ends of their own, as a reader of heads makes sure. */
const value = text(8).map((parts) => parts.replace(/[\r\n]/g, ''));

const BUFFERS: Readonly<Record<Dialect, readonly string[]>> = {
  suricata: [
    ...[
      'http.uri',
      'http.uri.raw',
      'http.method',
      'http.header',
      'http.header.raw',
      'http.header_names',
      'http.start',
    ],
    ...[
      'http.cookie',
      'http.host',
      'http.host.raw',
      'http.user_agent',
      'http.request_body',
      'http.request_line',
    ],
    ...['http.request_header', 'http.response_header', 'http.response_body', 'http.server', 'http.stat_code'],
    ...['file.data', 'pkt_data', 'http.uri; to_lowercase', 'http.host; dotprefix', 'http.uri; url_decode'],
  ],
  snort3: [
    ...[
      'http_uri',
      'http_raw_uri',
      'http_uri:path',
      'http_uri:query',
      'http_header',
      'http_raw_header',
      'http_cookie',
    ],
    ...[
      'http_raw_cookie',
      'http_client_body',
      'http_raw_body',
      'http_method',
      'http_header:field a',
      'http_param:"a"',
    ],
    ...[
      'http_raw_header:field b',
      'http_true_ip',
      'pkt_data',
      'file_data',
      'http_stat_code',
      'http_raw_request',
    ],
  ],
  snort2: [],
};

const content = fc
  .tuple(text(4), fc.boolean(), fc.boolean(), fc.constantFrom('', '', '', 'start', 'end', 'near'))
  .filter(([bytes]) => bytes.length > 0)
  .map(([bytes, isNocase, isNegated, where]) => ({
    bytes,
    isNocase,
    isNegated: isNegated && where === '',
    where,
  }));
type Content = typeof content extends fc.Arbitrary<infer Value> ? Value : never;

const rules = fc.constantFrom<Dialect>('suricata', 'snort3').chain((dialect) =>
  fc
    .array(
      fc.array(
        fc.tuple(fc.constantFrom(...BUFFERS[dialect]), fc.array(content, { minLength: 1, maxLength: 3 })),
        {
          minLength: 1,
          maxLength: 2,
        },
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map((groups) => ({
      dialect,
      text: groups.map((group, index) => ruleText(dialect, group, index + 1)).join('\n'),
    })),
);

function ruleText(
  dialect: Dialect,
  groups: readonly (readonly [string, readonly Content[]])[],
  sid: number,
): string {
  const options = groups.map(
    ([buffer, contents]) => `${buffer};${contents.map((one) => contentText(dialect, one)).join('')}`,
  );
  return `alert http any any -> any any (${options.join('')} sid:${sid};)`;
}

function contentText(dialect: Dialect, { bytes, isNocase, isNegated, where }: Content): string {
  const hex = Buffer.from(bytes, 'latin1').toString('hex');
  const words = [
    ...(isNocase ? ['nocase'] : []),
    ...(where === 'start' ? ['offset 0', `depth ${bytes.length}`] : []),
    ...(where === 'near' ? ['distance 0', `within ${bytes.length + 3}`] : []),
    ...(where === 'end' && dialect === 'suricata' ? ['endswith'] : []),
  ];
  const head = `content:${isNegated ? '!' : ''}"|${hex}|"`;
  if (dialect === 'snort3') return `${[head, ...words].join(',')};`;
  return `${[head, ...words.map((word) => word.replace(' ', ':'))].join(';')};`;
}

const fields = fc.array(
  fc.tuple(
    fc.constantFrom('a', 'A', 'b', 'Host', 'host', 'User-Agent', 'Cookie', 'Server', 'X-Forwarded-For'),
    value,
  ),
  { maxLength: 5 },
);
const exchange = fc.record({
  method: fc.constantFrom('GET', 'POST', 'a', 'CONNECT'),
  target: fc.oneof(
    value.map((path) => `/${path}`),
    value.map((rest) => `http://a${rest}`),
    value,
  ),
  fields,
  body: text(12),
  isForm: fc.boolean(),
  status: fc.constantFrom(200, 404, 41),
  responseFields: fields,
  responseBody: text(12),
});

interface Exchange {
  readonly method: string;
  readonly version?: string;
  readonly target: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly isForm: boolean;
  readonly status: number;
  readonly responseFields: readonly (readonly [name: string, value: string])[];
  readonly responseBody: string;
}

test('random rules give the same on the fast way as on the slow one', () => {
  let hits = 0;
  fc.assert(
    fc.property(rules, fc.array(exchange, { minLength: 1, maxLength: 6 }), (ruleSet, exchanges) => {
      const files = [{ name: 'f', text: ruleSet.text, dialect: ruleSet.dialect }];
      const [fast, slow] = [true, false].map((isFast) => {
        const compiled = compileSnort(files, { isFast });
        assert(compiled.kind === 'ok', JSON.stringify(compiled));
        return makeSnortInspector(compiled.plan, { mode: 'on', nowMs: () => 0 });
      });
      assert(fast !== undefined && slow !== undefined);
      for (const one of [...exchanges, ...exchanges]) {
        const expected = tell(slow, one);
        assert.deepEqual(tell(fast, one), expected, ruleSet.text);
        hits += expected.length;
      }
    }),
    { numRuns, seed: fuzzSeed },
  );
  assert(hits > numRuns, `only ${hits} hits`);
});

/** What messages hold all the time: rules about that go by what stands behind it (sequel.ts). */
const common = fc.constantFrom(
  'HTTP/',
  'Host: ',
  'Accept: ',
  'User-Agent: ',
  'Cookie: ',
  'GET /',
  'POST /',
  'http://',
  'Content-Type: ',
);
const piece = fc.constantFrom(
  ...[
    '\\s*',
    '\\s+',
    '-',
    '[^\\n]{0,2}',
    '[^\\r\\n]*',
    'a+',
    '(a|b)?',
    '(?:aa|b|)',
    '.',
    '[14.]+',
    '\\r\\n',
    '$',
    '\\b',
  ],
  ...[
    '^',
    '(?!a)',
    '(?=b)',
    '[^a]',
    '[^A-B]',
    'A{2,}',
    'a{1,3}?',
    '(a)\\1',
    '(?>a*)',
    '\\x2f',
    '[:=]',
    'http',
  ],
);
const followed = fc.oneof(
  fc
    .tuple(fc.boolean(), byte, fc.nat(3), fc.nat(5), fc.boolean())
    .map(([isNocase, last, distance, within, isData]) => {
      const hex = Buffer.from(last, 'latin1').toString('hex');
      const data = isData ? `isdataat:${within},relative;` : '';
      const not = `content:!"|${hex}|"; distance:${distance}; within:${within + 1};`;
      return (word: string) =>
        `content:"${word.replace(':', '|3a|')}";${isNocase ? 'nocase;' : ''} ${data} ${not}`;
    }),
  fc
    .tuple(
      fc.boolean(),
      fc.array(piece, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('', 'i', 'm', 's', 'ims'),
    )
    .map(([isAtLine, pieces, flags]) => (word: string) => {
      const pattern = `${isAtLine ? '^' : ''}${word.replaceAll('/', '\\/')}${pieces.join('')}`;
      return `pcre:"/${pattern}/${flags}";`;
    }),
);
const commonRules = fc
  .array(fc.tuple(fc.constantFrom('pkt_data', 'pkt_data', ...BUFFERS.suricata), common, followed), {
    minLength: 1,
    maxLength: 8,
  })
  .map((all) =>
    all
      .map(
        ([buffer, word, options], index) =>
          `alert http any any -> any any (${buffer}; ${options(word)} sid:${index + 1};)`,
      )
      .join('\n'),
  );
const words = fc.array(fc.oneof(common, value), { maxLength: 4 }).map((parts) => parts.join(''));
const commonExchange = fc.record({
  method: fc.constantFrom('GET', 'POST', 'CONNECT'),
  version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', ''),
  target: fc.oneof(
    words.map((path) => `/${path}`),
    value.map((rest) => `http://a${rest}`),
  ),
  fields: fc.array(
    fc.tuple(fc.constantFrom('Host', 'host', 'Accept', 'User-Agent', 'Cookie', 'Content-Type', 'a'), words),
    { maxLength: 5 },
  ),
  body: fc.array(fc.oneof(common, text(6)), { maxLength: 4 }).map((parts) => parts.join('')),
  isForm: fc.boolean(),
  status: fc.constantFrom(200, 404),
  responseFields: fc.array(fc.tuple(fc.constantFrom('Server', 'Content-Type', 'Accept'), words), {
    maxLength: 3,
  }),
  responseBody: words,
});

test('random rules about what every message holds give the same on the fast way as on the slow one', () => {
  let hits = 0;
  fc.assert(
    fc.property(
      commonRules,
      fc.array(commonExchange, { minLength: 1, maxLength: 6 }),
      (rulesText, exchanges) => {
        const files = [{ name: 'f', text: rulesText, dialect: 'suricata' as const }];
        const [fast, slow] = [true, false].map((isFast) => {
          const compiled = compileSnort(files, { isFast });
          assert(compiled.kind === 'ok', JSON.stringify(compiled));
          return makeSnortInspector(compiled.plan, { mode: 'on', nowMs: () => 0 });
        });
        assert(fast !== undefined && slow !== undefined);
        for (const one of [...exchanges, ...exchanges]) {
          const expected = tell(slow, one);
          assert.deepEqual(tell(fast, one), expected, rulesText);
          hits += expected.length;
        }
      },
    ),
    { numRuns, seed: fuzzSeed },
  );
  assert(hits > numRuns, `only ${hits} hits`);
});

function tell(inspector: ReturnType<typeof makeSnortInspector>, one: Exchange): readonly string[] {
  const type: readonly [string, string][] = one.isForm
    ? [['Content-Type', 'application/x-www-form-urlencoded']]
    : [];
  const transaction = inspector.begin({
    method: one.method,
    target: one.target,
    version: one.version ?? 'HTTP/1.1',
    headers: fieldsOf([...one.fields, ...type]),
    clientAddress: '192.0.2.1',
  });
  const said = [
    transaction.requestHead(),
    transaction.requestBody({ bytes: Buffer.from(one.body, 'latin1'), isPrefix: false }),
    transaction.responseHead({ status: one.status, headers: fieldsOf(one.responseFields) }),
    transaction.responseBody({ bytes: Buffer.from(one.responseBody, 'latin1'), isPrefix: false }),
  ];
  const deceived = said.filter((verdict) => verdict.do === 'deceive').map(({ do: what }) => what);
  return [
    ...transaction.hits.map(({ rule, target, matched }) => `${rule} ${target} ${matched}`),
    ...deceived,
  ];
}

function fieldsOf(pairs: readonly (readonly [string, string])[]): HeaderFields {
  return listedFields(pairs, `${pairs.map(([name, held]) => `${name}: ${held}\r\n`).join('')}\r\n`);
}
