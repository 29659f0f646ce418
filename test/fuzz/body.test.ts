/**
 * Fuzz targets: every reader of bodies. FUZZ_RUNS sets the number of runs each, FUZZ_SEED the first.
 *
 * What is valid comes back as it was made; what is hostile ends, and loses no byte to inspection: it is in some value,
 * or the body is flagged and inspected raw.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { ParsedBody } from '../../src/inspect/body/body.ts';
import { decodeContent } from '../../src/inspect/body/content-encoding.ts';
import { readJson } from '../../src/inspect/body/json.ts';
import { DEFAULT_BODY_LIMITS } from '../../src/inspect/body/limits.ts';
import { parseBody } from '../../src/inspect/body/parse-body.ts';
import { readXml } from '../../src/inspect/body/xml.ts';
import { readPairs } from '../../src/inspect/variables/urlencoded.ts';
import { mutate, pick } from '../support/fuzz.ts';
import type { Random } from '../support/fuzz.ts';
import { fuzzSeed, seededRandom } from '../support/random.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 1500);
const propertyOptions = { numRuns: Math.ceil(runs / 8), seed: fuzzSeed };

type Pair = readonly [name: string, value: string];

interface Kind {
  readonly type: string;
  readonly seeds: readonly string[];
  readonly fragments: readonly string[];
}

const HEAD = '--B\r\nContent-Disposition: form-data; name=';

const KINDS: readonly Kind[] = [
  {
    type: 'application/x-www-form-urlencoded',
    seeds: [
      'a=1&b=2',
      'q=%3Cscript%3E+x&&=&r',
      `${'a=b&'.repeat(12)}c`,
      '%41=%e2%82%ac&%=%4',
      '{"a":[1,"\\u0041"]}',
      '<a b="1">x</a>',
    ],
    fragments: ['&', '=', '%', '%2', '%41', '%00', '+', ';', '&&', '==', '\xff', '%u0041'],
  },
  {
    type: 'multipart/form-data; boundary=B',
    seeds: [
      `${HEAD}"a"\r\n\r\n1\r\n${HEAD}"f"; filename="x"\r\nContent-Type: a/b\r\n\r\nxx\r\n--B--\r\n`,
      `${HEAD}a\r\n\r\n\r\n--B--`,
      `${HEAD}"f"; filename="x"; filename*=utf-8''%41\r\n\r\n--x\r\n-- B\r\n--B--`,
      `${`${HEAD}"a"\r\n\r\n1\r\n`.repeat(12)}--B--`,
      `${HEAD}"a";\r\n filename="b\\"c"\r\n\r\n1\n--B--\n`,
    ],
    fragments: [
      '--B',
      '--B\r\n',
      '--B--',
      '\r\n--B\r\n',
      '\n--B\n',
      '\r',
      '\n',
      '\r\n\r\n',
      '-- B\r\n',
      '"',
      "'",
      '\\',
      ';',
      '; name="x"',
      '; filename=x',
      '\0',
      ' ',
      ':',
      HEAD,
      'Content-Type: multipart/mixed\r\n',
    ],
  },
  {
    type: 'application/json',
    seeds: [
      '{"a":1,"b":[true,null,"x"],"c":{"d":{}}}',
      '["\\u003c\\n\\ud83d\\ude00\xc3\xa9",-1.5e+3,[],[[0]]]',
      `[${'1,'.repeat(12)}2]`,
      ' "x" ',
    ],
    fragments: [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\\u',
      '\\ud800',
      '\\u0041',
      '0',
      '1e5',
      '-',
      'null',
      ' ',
      '\0',
      '\xff',
    ],
  },
  {
    type: 'application/xml',
    seeds: [
      '<?xml version="1.0"?><a b="1" c=\'2\'>x<d/>&lt;y<![CDATA[z]]><!-- c --><?p i?></a>',
      '<a xmlns:p="n"><p:b>&#x3c;&#60;&amp;</p:b> \r\n</a>',
      '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
      `${'<a>'.repeat(12)}x${'</a>'.repeat(12)}`,
    ],
    fragments: [
      '<',
      '>',
      '</',
      '/>',
      '<a>',
      '</a>',
      '<a b="',
      '"',
      "'",
      '&',
      '&lt;',
      '&#',
      '&#0;',
      ';',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '<!DOCTYPE',
      '[',
      ']',
      '=',
      '\r',
      '\xe9',
    ],
  },
  {
    type: 'text/plain',
    seeds: ['hello', '\xff\xfe', ''],
    fragments: ['\0', 'x'],
  },
];

/** Small bounds, so that short inputs go beyond them. */
const LIMITS = {
  ...DEFAULT_BODY_LIMITS,
  jsonDepthMax: 5,
  filesMax: 3,
  partHeadersMax: 4,
  partHeaderBytesMax: 100,
  xmlDepthMax: 8,
  xmlNodesMax: 20,
};
const VALUES_MAX = 8;

function allTexts(body: ParsedBody): readonly string[] {
  const lists = [body.values, body.files, body.fileContents, body.partHeaders, body.xml];
  return lists.flatMap((values) => values.flatMap(({ key, text }) => [key, text]));
}

/** Cannot be a part of a name of XML, nor of an escape, nor of a number. */
const MARK = 'q(~)z';

test('no byte of a body escapes: it is in a value, or the body is flagged', () => {
  const random = seededRandom(fuzzSeed);
  let found = 0;
  for (let run = 0; run < runs; run++) {
    const kind = pick(random, KINDS.slice(0, 4));
    const text = random(3) === 0 ? pick(random, kind.seeds) : mutate(random, kind.seeds, kind.fragments);
    const at = random(text.length + 1);
    const marked = text.slice(0, at) + MARK + text.slice(at);
    const body = parseBody(marked, [kind.type], [], LIMITS, VALUES_MAX);
    if (body.error !== undefined) continue;
    assert(
      allTexts(body).some((value) => value.includes(MARK)),
      `${JSON.stringify(MARK)} is lost: ${JSON.stringify(marked)}`,
    );
    found++;
  }
  assert(found > runs / 10, `only ${found} were not flagged: that proves little`);
});

test('every reader ends on every body, within its bounds, with bytes only', () => {
  const random = seededRandom(fuzzSeed + 1);
  for (let run = 0; run < runs; run++) {
    const body = parseAny(random);
    for (const text of allTexts(body)) assert(!/[^\0-\xff]/.test(text), JSON.stringify(text));
    const hasRest = body.isExceeded || body.error !== undefined;
    // A form that looks like JSON has a rest of its own besides.
    const isForm = body.processor === 'URLENCODED';
    const most = VALUES_MAX + (hasRest ? 1 : 0) + (isForm ? 1 : 0);
    assert(body.values.length <= most, 'too many arguments');
    // Texts by themselves are not nodes: one is before and behind each tag at the most.
    assert(body.xml.length <= 3 * LIMITS.xmlNodesMax + 4, 'too many nodes');
    if (body.processor === 'MULTIPART' && body.error !== undefined) assert(body.multipart.strictError);
    assert.equal(
      body.filesBytes,
      body.fileContents.reduce((sum, { text }) => sum + text.length, 0),
    );
  }
});

/** A body of one kind under the type of any, perhaps forced, perhaps said to be encoded. */
function parseAny(random: Random): ParsedBody {
  const kind = pick(random, KINDS);
  const text = mutate(random, kind.seeds, kind.fragments);
  const types = Array.from({ length: random(3) }, () => mutateType(random));
  const forced = pick(random, ['URLENCODED', 'MULTIPART', 'JSON', 'XML', undefined, undefined] as const);
  const encodings = random(6) === 0 ? [pick(random, ['gzip', 'deflate', 'br', 'zstd', 'x'])] : [];
  return parseBody(text, types, encodings, LIMITS, VALUES_MAX, forced);
}

function mutateType(random: Random): string {
  const types = KINDS.map(({ type }) => type);
  if (random(3) > 0) return pick(random, types);
  return mutate(random, types, [
    ';',
    ' ',
    '"',
    '=',
    'boundary=',
    'charset=utf-7',
    ',',
    '; boundary="B"',
    '\\',
  ]);
}

test('a form comes back as it was made', () => {
  const text = fc.array(fc.integer({ min: 0, max: 255 })).map((bytes) => String.fromCharCode(...bytes));
  const style = fc.constantFrom('all', 'needed', 'plus');
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 8 }), style, (pairs, how) => {
      const printed = pairs.map(([name, value]) => `${escape(name, how)}=${escape(value, how)}`).join('&');
      assert.deepEqual(pairsOf(readPairs(printed, 8).values), pairs);
    }),
    propertyOptions,
  );
});

function escape(text: string, style: string): string {
  const toEscape = style === 'all' ? /[^]/g : /[%&=+\x80-\xff]/g;
  const escaped = text.replace(toEscape, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return style === 'plus' ? escaped.replaceAll(' ', '+') : escaped;
}

test('a multipart body comes back as it was made, byte for byte', () => {
  const name = fc.stringMatching(/^[ !#-[\]-~]{1,8}$/);
  const bytes = fc.array(fc.integer({ min: 0, max: 255 })).map((all) => String.fromCharCode(...all));
  const content = fc.oneof(
    bytes,
    fc.constantFrom('', '\r\n', '--', '\r\n--', '\r\n--\r\n', '--boundar', '\n'),
  );
  const part = fc.record({ name, filename: fc.option(name), content });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const printed = parts.map((each) => {
        const file = each.filename === null ? '' : `; filename="${each.filename}"`;
        return `--boundary-x\r\nContent-Disposition: form-data; name="${each.name}"${file}\r\n\r\n${each.content}\r\n`;
      });
      const type = 'multipart/form-data; boundary=boundary-x';
      const body = parseBody(`${printed.join('')}--boundary-x--\r\n`, [type], [], {}, 8);
      assert.equal(body.error, undefined);
      assert.equal(body.multipart.strictError, false);
      const files = parts.filter(({ filename }) => filename !== null);
      const fields = parts.filter(({ filename }) => filename === null);
      assert.deepEqual(pairsOf(body.values), contentsOf(fields));
      assert.deepEqual(pairsOf(body.fileContents), contentsOf(files));
      assert.deepEqual(
        pairsOf(body.files),
        files.map((each) => [each.name, each.filename]),
      );
    }),
    propertyOptions,
  );
});

function contentsOf(parts: readonly { readonly name: string; readonly content: string }[]): readonly Pair[] {
  return parts.map(({ name, content }) => [name, content]);
}

test('JSON comes back as arguments', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const printed = latin1Of(JSON.stringify(value, undefined, indent));
      const body = readJson(printed, 100_000, 10);
      if (/\\ud[89a-f]/.test(printed)) return; // Half a character is flagged.
      assert.equal(body.error, undefined);
      assert.deepEqual(pairsOf(body.values), flatten('json', value));
    }),
    propertyOptions,
  );
});

/** The straight way, on the value instead of the text. */
function flatten(name: string, value: unknown): Pair[] {
  if (typeof value === 'string') return [[name, latin1Of(value)]];
  if (value === null) return [[name, '']];
  if (typeof value !== 'object') return [[name, JSON.stringify(value)]];
  const members = Array.isArray(value)
    ? value.map((each, index) => flatten(`${name}.array_${index}`, each))
    : Object.entries(value).map(([key, each]) =>
        flatten(`${name}.${key === '' ? 'empty-key' : latin1Of(key)}`, each),
      );
  return members.length === 0 ? [[name, '']] : members.flat();
}

test('JSON is flagged exactly when it is not what RFC 8259 says', () => {
  const random = seededRandom(fuzzSeed + 2);
  const { seeds, fragments } = KINDS[2]!; // The kind that is JSON.
  let valid = 0;
  for (let run = 0; run < runs; run++) {
    const text = mutate(random, seeds, fragments);
    const isValid = isJson(text);
    if (isValid) valid++;
    assert.equal(readJson(text, 10_000, 10_000).error === undefined, isValid, JSON.stringify(text));
  }
  assert(valid > runs / 50, `only ${valid} were valid`);
});

/** By the engine's own reader, and without halves of characters. */
function isJson(text: string): boolean {
  try {
    const decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(text, 'latin1'),
    );
    JSON.parse(decoded, flagHalves);
    return true;
  } catch {
    return false;
  }
}

/** Called for every value, and by its objects for every key. */
function flagHalves(key: string, value: unknown): unknown {
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) throw new Error('half');
  return value;
}

interface Element {
  readonly name: string;
  readonly attributes: readonly Pair[];
  readonly children: readonly (Element | string)[];
}

test('XML comes back as text and attributes', () => {
  fc.assert(
    fc.property(elementArbitrary(), fc.integer({ min: 0, max: 1000 }), (root, style) => {
      const random = seededRandom(style);
      const reading = readXml(`<?xml version="1.0"?>\n${printXml(root, random)}\n`, DEFAULT_BODY_LIMITS);
      assert.equal(reading.error, undefined);
      assert.equal(reading.content, textOf(root));
      assert.deepEqual(pairsOf(reading.attributes), attributesOf(root));
    }),
    propertyOptions,
  );
});

function elementArbitrary(): fc.Arbitrary<Element> {
  const name = fc
    .stringMatching(/^[A-Za-z_][A-Za-z0-9._-]{0,5}$/)
    .filter((text) => !text.startsWith('xmlns'));
  const text = fc.stringMatching(/^[\t\n\r -~]{0,9}$/);
  const attributes = fc.uniqueArray(fc.tuple(name, text), { maxLength: 12, selector: ([key]) => key });
  const { element } = fc.letrec<{ element: Element }>((tie) => ({
    element: fc.record({
      name,
      attributes,
      children: fc.array(fc.oneof({ depthSize: 'small' }, text, tie('element')), { maxLength: 4 }),
    }),
  }));
  return element;
}

function printXml(element: Element, random: Random): string {
  const attributes = element.attributes.map(
    ([name, value]) => ` ${name}="${printText(value, random, true)}"`,
  );
  const children = element.children.map((child) =>
    typeof child === 'string' ? printText(child, random, false) : printXml(child, random),
  );
  const noise = pick(random, ['', '<!-- x -->', '<?p y?>', '<![CDATA[]]>']);
  return `<${element.name}${attributes.join('')}>${children.join(noise)}</${element.name}>`;
}

/** Each byte as itself where it may be, or in any other way to write it. */
function printText(text: string, random: Random, isAttribute: boolean): string {
  if (!isAttribute && random(4) === 0 && !/[\r]|\]\]>/.test(text)) return `<![CDATA[${text}]]>`;
  return text.replace(/[^]/g, (byte) => {
    const mustEscape = /[<&>"\r]/.test(byte) || (isAttribute && /[\t\n]/.test(byte));
    const named = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', "'": '&apos;' }[byte];
    const code = byte.charCodeAt(0);
    const escaped = pick(random, [
      `&#${code};`,
      `&#x${code.toString(16)};`,
      `&#0${code};`,
      named ?? `&#${code};`,
    ]);
    return mustEscape || random(8) === 0 ? escaped : byte;
  });
}

function textOf(element: Element): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}

function attributesOf(element: Element): readonly Pair[] {
  const inner = element.children.flatMap((child) => (typeof child === 'string' ? [] : attributesOf(child)));
  return [...element.attributes, ...inner];
}

const ENCODERS: readonly (readonly [name: string, encode: (bytes: Uint8Array) => Buffer])[] = [
  ['gzip', (bytes) => gzipSync(bytes)],
  ['deflate', (bytes) => deflateSync(bytes)],
  ['deflate', (bytes) => deflateRawSync(bytes)],
  ['br', (bytes) => brotliCompressSync(bytes)],
  ['zstd', (bytes) => zstdCompressSync(bytes)],
];

test('an encoded body comes back; a damaged one ends within its bounds', () => {
  const random = seededRandom(fuzzSeed + 3);
  const limits = { decodedBytesMax: 20_000, decodedRatioMax: 50, encodingsMax: 2 };
  for (let run = 0; run < Math.ceil(runs / 10); run++) {
    const original = Buffer.from(
      mutate(random, ['abc'.repeat(400), '<script>'], ['x'.repeat(40), '\0']),
      'latin1',
    );
    const [first, encodeFirst] = pick(random, ENCODERS);
    const [second, encodeSecond] = pick(random, ENCODERS);
    const encoded = encodeSecond(encodeFirst(original));
    const decoded = decodeContent(encoded, [`${first}, ${second}`], limits);
    assert.deepEqual([decoded.kind, Buffer.from(decoded.bytes)], ['ok', original]);
    const damaged = Buffer.from(mutate(random, [encoded.toString('latin1')], ['\0', '\xff\xff']), 'latin1');
    const rest = decodeContent(damaged, [first, second], limits);
    assert(rest.bytes.length <= limits.decodedBytesMax);
  }
});

/** 128 KiB each, made to be looked at again and again. A reader that is not linear does not end here. */
const HOSTILE: readonly (readonly [type: string, text: string])[] = [
  [KINDS[0]!.type, '%'.repeat(131_072)],
  [KINDS[0]!.type, '&='.repeat(65_536)],
  [KINDS[0]!.type, '%41='.repeat(32_768)],
  [KINDS[1]!.type, '--B\r\n'.repeat(26_000)],
  [KINDS[1]!.type, '--B\r\n\r\n'.repeat(18_000)],
  [KINDS[1]!.type, `${HEAD}"a"\r\n\r\n${'x--B'.repeat(32_000)}`],
  [KINDS[1]!.type, `${HEAD}"a"\r\n\r\n${'\n-- B'.repeat(26_000)}`],
  [KINDS[1]!.type, `${HEAD}"a"\r\n\r\n${'\n--'.repeat(43_000)}`],
  [KINDS[1]!.type, `${HEAD}"a"\r\n\r\n${'\n--   '.repeat(20_000)}B`],
  [KINDS[1]!.type, `${HEAD}"a"\r\n\r\n${`\n-- ${'\t'.repeat(60)}B`.repeat(2000)}`],
  [KINDS[1]!.type, `${HEAD}"${'\\"'.repeat(60_000)}`],
  [KINDS[1]!.type, `${HEAD}"a"\r\n\r\n\r\n`.repeat(2500)],
  ['multipart/form-data; boundary=-----------------------', '-'.repeat(131_072)],
  [KINDS[2]!.type, '['.repeat(131_072)],
  [KINDS[2]!.type, '{"a":'.repeat(26_000)],
  [KINDS[2]!.type, `["${'\\u0041'.repeat(21_000)}"]`],
  [KINDS[2]!.type, `["${'\\'.repeat(131_000)}"]`],
  [KINDS[2]!.type, `{"${'k'.repeat(60_000)}":[${'1,'.repeat(35_000)}1]}`],
  [KINDS[2]!.type, `[${'"",'.repeat(43_000)}""]`],
  [KINDS[2]!.type, `1${'0'.repeat(131_000)}`],
  [KINDS[2]!.type, ' '.repeat(131_072)],
  [KINDS[3]!.type, '<a>'.repeat(43_000)],
  [KINDS[3]!.type, `<a>${'<b/>'.repeat(32_000)}</a>`],
  [KINDS[3]!.type, `<a ${'b="" '.repeat(26_000)}/>`],
  [KINDS[3]!.type, `<a>${'&'.repeat(131_000)}</a>`],
  [KINDS[3]!.type, `<a>${'&#0'.repeat(43_000)}</a>`],
  [KINDS[3]!.type, `<a>${'<!---->'.repeat(18_000)}</a>`],
  [KINDS[3]!.type, `<a>${'<![CDATA[]]>'.repeat(10_000)}</a>`],
  [KINDS[3]!.type, `<a>${'x<!---->'.repeat(16_000)}</a>`],
  [KINDS[3]!.type, `<?xml ${' '.repeat(131_000)}?>`],
  [KINDS[3]!.type, `<!DOCTYPE ${'"'.repeat(131_000)}`],
  [KINDS[3]!.type, `<!DOCTYPE ${'<!--'.repeat(32_000)}`],
  [KINDS[3]!.type, '<'.repeat(131_072)],
  [`text/plain; x=${'"\\'.repeat(30_000)}`, 'x'],
  [`multipart/form-data; boundary=${';boundary'.repeat(8000)}`, '--B'],
];

for (const [index, [type, text]] of HOSTILE.entries()) {
  test(`hostile body ${index} ends: ${JSON.stringify(`${type.slice(0, 20)} ${text.slice(0, 40)}`)}`, () => {
    const body = parseBody(text, [type], [], {}, 100_000);
    // Nothing grows out of proportion.
    const size = allTexts(body).reduce((sum, each) => sum + each.length, 0);
    assert(size <= 20 * text.length + 10_000, `${size} bytes of values`);
  });
}

function pairsOf(values: readonly { readonly key: string; readonly text: string }[]): readonly Pair[] {
  return values.map(({ key, text }) => [key, text]);
}

/** The UTF-8 bytes of a text, one character each. */
function latin1Of(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
