import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MultipartFlags, ParsedBody } from './body.ts';
import { DEFAULT_BODY_LIMITS } from './limits.ts';
import { readMultipart } from './multipart.ts';

type Pair = readonly [name: string, value: string];

function pairsOf(values: readonly { readonly key: string; readonly text: string }[]): readonly Pair[] {
  return values.map(({ key, text }) => [key, text]);
}

function read(text: string, valuesMax = 10, type = 'multipart/form-data; boundary=B'): ParsedBody {
  return readMultipart(text, type, valuesMax, DEFAULT_BODY_LIMITS);
}

function part(disposition: string, content: string, more = ''): string {
  return `--B\r\nContent-Disposition: ${disposition}\r\n${more}\r\n${content}\r\n`;
}

const FIELD = part('form-data; name="a"', '1');
const LAST = '--B--\r\n';

/** The flags that are set, `strictError` left out: it is tested as what follows from the others. */
function flagsOf(body: ParsedBody): readonly string[] {
  const names = Object.keys(body.multipart) as (keyof MultipartFlags)[]; // Keys of exactly this type.
  const { strictError, ...others } = body.multipart;
  const isStrict =
    body.error !== undefined || names.some((name) => name !== 'strictError' && isStrictFlag(name, others));
  assert.equal(strictError, isStrict, 'strictError follows from the other flags');
  return names.filter((name) => name !== 'strictError' && body.multipart[name]);
}

function isStrictFlag(name: keyof MultipartFlags, flags: Omit<MultipartFlags, 'strictError'>): boolean {
  const isListed = name !== 'strictError' && name !== 'unmatchedBoundary' && name !== 'crlfLfLines';
  return isListed && flags[name];
}

test('readMultipart reads fields, files and header lines', () => {
  const text = `${FIELD}${part('form-data; name="a"', 'two\r\nlines -- B\r\n')}${part(
    'form-data; name="f"; filename="x.png"',
    '<script>\0\xff\r\r\n',
    'Content-Type: image/png\r\n',
  )}${part('form-data; name="f"; filename="y"', '')}${LAST}`;
  const body = read(text);
  assert.deepEqual(pairsOf(body.values), [
    ['a', '1'],
    ['a', 'two\r\nlines -- B\r\n'],
  ]);
  assert.deepEqual(pairsOf(body.files), [
    ['f', 'x.png'],
    ['f', 'y'],
  ]);
  assert.deepEqual(pairsOf(body.fileContents), [
    ['f', '<script>\0\xff\r\r\n'],
    ['f', ''],
  ]);
  assert.deepEqual(pairsOf(body.fileSizes), [
    ['f', '13'],
    ['f', '0'],
  ]);
  assert.equal(body.filesBytes, 13);
  assert.deepEqual(
    pairsOf(body.partNames),
    ['a', 'a', 'f', 'f'].map((name) => [name, name]),
  );
  assert.deepEqual(
    pairsOf(body.partFilenames),
    ['x.png', 'y'].map((name) => [name, name]),
  );
  assert.deepEqual(pairsOf(body.partHeaders), [
    ['a', 'Content-Disposition: form-data; name="a"'],
    ['a', 'Content-Disposition: form-data; name="a"'],
    ['f', 'Content-Disposition: form-data; name="f"; filename="x.png"'],
    ['f', 'Content-Type: image/png'],
    ['f', 'Content-Disposition: form-data; name="f"; filename="y"'],
  ]);
  assert.deepEqual([body.error, body.isExceeded, flagsOf(body)], [undefined, false, []]);
});

const VALID: readonly (readonly [text: string, values: readonly Pair[]])[] = [
  ['--B--', []],
  [LAST, []],
  [`${FIELD}--B--`, [['a', '1']]],
  [`${part('form-data; name=a', '')}--B--`, [['a', '']]],
  [`${part('FORM-DATA; NAME="a"', '1')}--B--`, [['a', '1']]],
  [`${part('form-data;name="a"', '1')}--B--`, [['a', '1']]],
  [`${part('form-data; name="a" ; filename=""', '1')}--B--`, [['a', '1']]],
  [`${part('form-data; name="a;b=c"', '1')}--B--`, [['a;b=c', '1']]],
  [`${part('form-data; name="it\'s"', '1')}--B--`, [["it's", '1']]],
  [`${part('form-data; name="\xc3\xa9"', '1')}--B--`, [['\xc3\xa9', '1']]],
  [`${part('form-data; name="a"', '1', 'Content-Transfer-Encoding: 8bit\r\n')}--B--`, [['a', '1']]],
  [`${part('form-data; name="a"', '1', 'Content-Type: text/plain; charset=UTF-8\r\n')}--B--`, [['a', '1']]],
  [`${part('form-data; name="a"', '1', 'Content~Odd!: x\r\n')}--B--`, [['a', '1']]],
  [`${part('form-data; name="a"', '\r\n\r\n')}--B--`, [['a', '\r\n\r\n']]],
  [`${part('form-data; name="a"', '--C\r\n-- \r\n--')}--B--`, [['a', '--C\r\n-- \r\n--']]],
];

for (const [text, values] of VALID) {
  test(`readMultipart reads ${JSON.stringify(text)}`, () => {
    const body = read(text);
    assert.deepEqual([pairsOf(body.values), body.error, body.files], [values, undefined, []]);
    assert.deepEqual(flagsOf(body), text.includes('--C') ? ['unmatchedBoundary'] : []);
  });
}

/** What is irregular; the error, if it is one; the flags; the arguments that are read all the same. */
const IRREGULAR: readonly (readonly [
  what: string,
  text: string,
  error: RegExp,
  flags: readonly (keyof MultipartFlags)[],
  values: readonly Pair[],
])[] = [
  ['an empty body', '', /does not begin/, [], []],
  ['a preamble', `x\r\n${FIELD}${LAST}`, /does not begin/, ['dataBefore'], [['a', '1']]],
  ['an empty line before', `\r\n${FIELD}${LAST}`, /does not begin/, ['dataBefore'], [['a', '1']]],
  ['no boundary', 'a=1', /does not begin/, ['dataBefore'], []],
  ['no last boundary', FIELD, /last boundary is missing/, [], [['a', '1\r\n']]],
  ['a cut content', FIELD.slice(0, -2), /last boundary is missing/, [], [['a', '1']]],
  ['a cut last boundary', `${FIELD}--B-`, /not followed by the end/, [], [['a', '1']]],
  ['a cut head', FIELD.slice(0, 30), /head of a part is cut/, ['invalidPart'], []],
  ['an epilogue', `${FIELD}${LAST}x`, /follows the last/, ['dataAfter'], [['a', '1']]],
  ['a line after', `${FIELD}${LAST}\r\n`, /follows the last/, ['dataAfter'], [['a', '1']]],
  [
    'a part after the last',
    `${FIELD}${LAST}${FIELD}${LAST}`,
    /follows the last/,
    ['dataAfter'],
    [['a', '1']],
  ],
  ['bare line feeds', `${FIELD}${LAST}`.replaceAll('\r\n', '\n'), /bare line feed/, ['lfLine'], [['a', '1']]],
  [
    'a bare line feed in the head',
    FIELD.replace('\r\n\r\n', '\n\r\n') + LAST,
    /bare line feed/,
    ['lfLine', 'crlfLfLines'],
    [['a', '1']],
  ],
  [
    'a bare line feed before the boundary',
    FIELD.replace('1\r\n', '1\n') + LAST,
    /bare line feed/,
    ['lfLine', 'crlfLfLines'],
    [['a', '1']],
  ],
  [
    'a bare line feed after the last',
    `${FIELD}--B--\n`,
    /bare line feed/,
    ['lfLine', 'crlfLfLines'],
    [['a', '1']],
  ],
  ['a longer boundary', `${FIELD}--BB\r\n`, /not followed by the end/, [], [['a', '1']]],
  ['a shorter boundary', `${FIELD}--\r\n${LAST}`, /^none$/, ['unmatchedBoundary'], [['a', '1\r\n--']]],
  ['space behind the boundary', FIELD.replace('--B', '--B ') + LAST, /not followed by the end/, [], []],
  ['a carriage return alone', FIELD.replace('--B\r\n', '--B\r') + LAST, /not followed by the end/, [], []],
  [
    'the boundary within a line',
    `${part('form-data; name="a"', 'x--B\r\ny')}${LAST}`,
    /middle of a line/,
    ['unmatchedBoundary'],
    [['a', 'x--B\r\ny']],
  ],
  [
    'the boundary behind a carriage return',
    `${part('form-data; name="a"', 'x\r--B--\r\ny')}${LAST}`,
    /middle of a line/,
    ['unmatchedBoundary'],
    [['a', 'x\r--B--\r\ny']],
  ],
  [
    'space before the boundary',
    `${part('form-data; name="a"', 'x\r\n-- B\r\ny')}${LAST}`,
    /white space or quotes/,
    ['unmatchedBoundary'],
    [['a', 'x\r\n-- B\r\ny']],
  ],
  [
    'a quoted boundary line',
    `${part('form-data; name="a"', '--"B"')}${LAST}`,
    /white space or quotes/,
    ['unmatchedBoundary'],
    [['a', '--"B"']],
  ],
  [
    'the boundary where content begins',
    `--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n--B\r\nx\r\n${LAST}`,
    /where content begins/,
    ['invalidPart'],
    [['a', '--B\r\nx']],
  ],
  [
    'the boundary within a head',
    `--B\r\nContent-Disposition: form-data; name="a"\r\n--B\r\n\r\n1\r\n${LAST}`,
    /header line of a part is malformed/,
    ['invalidPart'],
    [['a', '1']],
  ],
  [
    'no disposition',
    `--B\r\nX: y\r\n\r\n1\r\n${LAST}`,
    /no Content-Disposition/,
    ['invalidPart'],
    [['', '1']],
  ],
  ['no head', `--B\r\n\r\n1\r\n${LAST}`, /no Content-Disposition/, ['invalidPart'], [['', '1']]],
  ['no name', part('form-data', '1') + LAST, /no name/, ['invalidPart'], [['', '1']]],
  ['an empty name', part('form-data; name=""', '1') + LAST, /no name/, ['invalidPart'], [['', '1']]],
  ['another disposition', part('attachment; name="a"', '1') + LAST, /no form data/, [], [['a', '1']]],
  ['a longer disposition', part('form-datax; name="a"', '1') + LAST, /no form data/, [], [['a', '1']]],
  ['two names', part('form-data; name="a"; name="b"', '1') + LAST, /name is given twice/, [], [['a', '1']]],
  [
    'an unknown parameter',
    part('form-data; name="a"; size=1', '1') + LAST,
    /unknown parameter/,
    [],
    [['a', '1']],
  ],
  [
    'an extended name',
    part("form-data; name*=utf-8''a", '1') + LAST,
    /unknown parameter/,
    ['invalidQuoting', 'invalidPart'],
    [['', '1']],
  ],
  [
    'a continued name',
    part('form-data; name*0="a"', '1') + LAST,
    /unknown parameter/,
    ['invalidPart'],
    [['', '1']],
  ],
  ['no semicolon', part('form-data name="a"', '1') + LAST, /malformed/, ['invalidPart'], [['', '1']]],
  ['a semicolon at the end', part('form-data; name="a";', '1') + LAST, /malformed/, [], [['a', '1']]],
  ['space around the equals sign', part('form-data; name = "a"', '1') + LAST, /malformed/, [], [['a', '1']]],
  ['no value', part('form-data; name=', '1') + LAST, /malformed/, ['invalidPart'], [['', '1']]],
  ['a comma', part('form-data; name=a, b', '1') + LAST, /malformed/, [], [['a', '1']]],
  [
    'single quotes',
    part("form-data; name='a'", '1') + LAST,
    /single quotes/,
    ['invalidQuoting'],
    [['a', '1']],
  ],
  ['a single quote', part("form-data; name=a'b", '1') + LAST, /^none$/, ['invalidQuoting'], [["a'b", '1']]],
  [
    'something behind a quote',
    part('form-data; name="a"b', '1') + LAST,
    /malformed/,
    ['invalidQuoting'],
    [['a', '1']],
  ],
  ['a backslash in the name', part('form-data; name="a\\"b"', '1') + LAST, /backslash/, [], [['a"b', '1']]],
  ['two backslashes', part('form-data; name="a\\\\"', '1') + LAST, /backslash/, [], [['a\\', '1']]],
  [
    'a backslash that escapes nothing',
    part('form-data; name="a\\b"', '1') + LAST,
    /backslash/,
    [],
    [['a\\b', '1']],
  ],
  ['an open quote', part('form-data; name="a', '1') + LAST, /open/, [], [['a', '1']]],
  ['a backslash at the end', part('form-data; name="a\\', '1') + LAST, /open/, [], [['a\\', '1']]],
  [
    'two dispositions',
    part('form-data; name="a"', '1', 'content-disposition: form-data; name="b"\r\n') + LAST,
    /two Content-Disposition/,
    [],
    [['a', '1']],
  ],
  [
    'two equal headers',
    part('form-data; name="a"', '1', 'X: 1\r\nx: 2\r\n') + LAST,
    /two equal header/,
    [],
    [['a', '1']],
  ],
  [
    'an encoded part',
    part('form-data; name="a"', '1', 'Content-Transfer-Encoding: base64\r\n') + LAST,
    /encoded/,
    [],
    [['a', '1']],
  ],
  [
    'a nested multipart',
    part('form-data; name="a"', '1', 'Content-Type: Multipart/mixed; boundary=C\r\n') + LAST,
    /itself multipart/,
    [],
    [['a', '1']],
  ],
  [
    'a charset of a part',
    part('form-data; name="a"', '1', 'Content-Type: text/plain; charset=utf-7\r\n') + LAST,
    /charset of a part/,
    [],
    [['a', '1']],
  ],
  [
    'two charsets of a part',
    part('form-data; name="a"', '1', 'Content-Type: text/plain; charset=utf-8; charset=x\r\n') + LAST,
    /charset of a part/,
    [],
    [['a', '1']],
  ],
  ...[
    'charset =ibm037',
    'charset= ibm037',
    'charset="ibm037',
    "charset*=UTF-8''ibm037",
    "charset=utf-8; charset*=UTF-8''ibm037",
    'charset*0=ibm; charset*1=037',
    'charset=utf-8, charset=ibm037',
  ].map(
    (parameters) =>
      [
        parameters,
        part('form-data; name="a"', '1', `Content-Type: text/plain; ${parameters}\r\n`) + LAST,
        /charset of a part/,
        [],
        [['a', '1']],
      ] as const,
  ),
  [
    'a charset behind a comma',
    part('form-data; name="a"', '1', 'Content-Type: text/plain, charset=ibm037\r\n') + LAST,
    /charset of a part/,
    [],
    [['a', '1']],
  ],
  [
    'a charset behind a space',
    part('form-data; name="a"', '1', 'Content-Type: text/plain charset=ibm037\r\n') + LAST,
    /charset of a part/,
    [],
    [['a', '1']],
  ],
  ['a folded header', part('form-data;\r\n name="a"', '1') + LAST, /folded/, ['headerFolding'], [['a', '1']]],
  [
    'a header folded by a form feed',
    part('form-data;\r\n \fname="a"', '1') + LAST,
    /folded/,
    ['headerFolding', 'invalidHeaderFolding'],
    [['a', '1']],
  ],
  [
    'a fold without a header',
    `--B\r\n Content-Disposition: form-data; name="a"\r\n\r\n1\r\n${LAST}`,
    /folded/,
    ['headerFolding', 'invalidPart'],
    [['', '1']],
  ],
  ['a header without colon', part('form-data; name="a"', '1', 'x\r\n') + LAST, /malformed/, [], [['a', '1']]],
  [
    'a header without name',
    part('form-data; name="a"', '1', ': x\r\n') + LAST,
    /malformed/,
    [],
    [['a', '1']],
  ],
  [
    'space before a colon',
    part('form-data; name="a"', '1', 'X : y\r\n') + LAST,
    /malformed/,
    [],
    [['a', '1']],
  ],
  [
    'a control character in a header name',
    part('form-data; name="a"', '1', 'X\x0e: y\r\n') + LAST,
    /malformed/,
    [],
    [['a', '1']],
  ],
  [
    'a byte above 127 in a header name',
    part('form-data; name="a"', '1', 'X\xe9: y\r\n') + LAST,
    /malformed/,
    [],
    [['a', '1']],
  ],
  ['a NUL in a header', part('form-data; name="a\0"', '1') + LAST, /malformed/, [], [['a\0', '1']]],
  [
    'a carriage return in a header',
    part('form-data; name="a\r"', '1') + LAST,
    /malformed/,
    [],
    [['a\r', '1']],
  ],
  ['too many headers', part('form-data; name="a"', '1', 'X: y\r\n'.repeat(21)) + LAST, /too long/, [], []],
  [
    'too long a header',
    part('form-data; name="a"', '1', `X: ${'y'.repeat(4200)}\r\n`) + LAST,
    /too long/,
    [],
    [],
  ],
  [
    'a header that is too long by its folds',
    part('form-data; name="a"', '1', `X: ${'y'.repeat(4000)}\r\n ${'y'.repeat(4000)}\r\n`) + LAST,
    /too long/,
    ['headerFolding'],
    [['a', '1']],
  ],
];

for (const [what, text, error, flags, values] of IRREGULAR) {
  test(`readMultipart flags ${what}`, () => {
    const body = read(text);
    assert.match(body.error ?? 'none', error);
    assert.deepEqual(flagsOf(body), flags);
    assert.deepEqual(pairsOf(body.values), values);
  });
}

/** `isField`: what the part holds is a value as well, because somebody may take it for a field. */
const FILE_NAMES: readonly (readonly [
  parameters: string,
  files: readonly string[],
  error: RegExp,
  isField: boolean,
])[] = [
  ['filename="x"', ['x'], /^none$/, false],
  ['filename=x.png', ['x.png'], /^none$/, false],
  ['filename="te;st.txt"', ['te;st.txt'], /^none$/, false],
  ['filename="te\\"st.txt"', ['te"st.txt'], /backslash/, false],
  ['filename="1.j\\s\\p"', ['1.j\\s\\p'], /backslash/, false],
  ['filename=""', [], /^none$/, true],
  ['filename="x"; filename="y"', ['x', 'y'], /filename is given twice/, true],
  ['filename="x"; filename="x"', ['x', 'x'], /filename is given twice/, false],
  ['filename=""; filename="x"', ['x'], /filename is given twice/, true],
  [
    'filename="x"; filename*=utf-8\'\'%e2%82%ac.php',
    ['x', '\xe2\x82\xac.php'],
    /has an extended file name/,
    true,
  ],
  ['filename*=UTF-8\'en\'x; filename="x"', ['x', 'x'], /has an extended file name/, false],
  ['filename="f"; filename*=UTF-8\'\'', ['f'], /has an extended file name/, true],
  ['filename*=UTF-8\'\'f; filename=""', ['f'], /has an extended file name/, true],
  ['filename*=UTF-8\'\'; filename=""', [], /has an extended file name/, true],
  ["filename*=UTF-8''", [], /has an extended file name/, true],
  [
    "filename=\"x\"; filename*=utf-8''x; filename*=utf-8''y",
    ['x', 'x', 'y'],
    /filename\* is given twice/,
    true,
  ],
  ["filename*=utf-8''x", ['x'], /has an extended file name/, true],
  ['filename="x"; filename*=utf-7\'\'x', ['x', 'x'], /extended parameter is malformed/, false],
  ['filename="x"; filename*=\'\'x', ['x', 'x'], /extended parameter is malformed/, false],
  ['filename="x"; filename*=utf-8\'x', ['x', "utf-8'x"], /extended parameter is malformed/, true],
  ['filename="x"; filename*=y', ['x', 'y'], /extended parameter is malformed/, true],
  ['filename="x"; filename*="y"', ['x', '"y"'], /extended parameter is malformed/, true],
  ['filename="x"; filename*=utf-8\'\'a%2', ['x', 'a%2'], /extended parameter is malformed/, true],
  ['filename="x"; filename*=utf-8\'\'a%zz', ['x', 'a%zz'], /extended parameter is malformed/, true],
  ['filename="x"; filename*=utf-8\'\'a/b', ['x', 'a/b'], /extended parameter is malformed/, true],
];

for (const [parameters, files, error, isField] of FILE_NAMES) {
  test(`readMultipart reads the name of a file from ${parameters}`, () => {
    const body = read(`${part(`form-data; name="f"; ${parameters}`, 'content')}${LAST}`);
    assert.deepEqual(
      pairsOf(body.files),
      files.map((file) => ['f', file]),
    );
    assert.deepEqual(pairsOf(body.fileContents), files.length === 0 ? [] : [['f', 'content']]);
    assert.deepEqual(pairsOf(body.values), isField ? [['f', 'content']] : []);
    assert.match(body.error ?? 'none', error);
  });
}

/** The Content-Type, with the boundary for the body `--B`; what of it is told. */
const BOUNDARIES: readonly (readonly [
  type: string,
  error: RegExp,
  flags: readonly (keyof MultipartFlags)[],
  count: number,
])[] = [
  ['multipart/form-data; boundary=B', /^none$/, [], 1],
  ['multipart/form-data;boundary=B', /^none$/, [], 1],
  ['multipart/form-data; boundary="B"', /^none$/, ['boundaryQuoted'], 1],
  ['multipart/form-data; boundary=B; charset=utf-8', /^none$/, [], 1],
  ['multipart/form-data; charset=utf-8; boundary=B', /^none$/, [], 1],
  ['multipart/form-data; boundary=B; x=boundary', /^none$/, [], 1],
  ['multipart/form-data; boundary = B', /^none$/, ['boundaryWhitespace'], 1],
  ['multipart/form-data; boundary= B', /^none$/, ['boundaryWhitespace'], 1],
  ['multipart/form-data boundary=B', /no semicolon/, ['missingSemicolon'], 1],
  ['multipart/form-data, boundary=B', /no semicolon/, ['missingSemicolon'], 1],
  ['multipart/form-data; xboundary=B', /no semicolon/, [], 1],
  ['multipart/form-data; Boundary=B', /not in lower case/, [], 1],
  ['multipart/form-data; boundary=B; boundary=C', /more than one boundary/, [], 1],
  ['multipart/form-data; boundary="B"; boundary=C', /more than one boundary/, ['boundaryQuoted'], 1],
  ["multipart/form-data; boundary=B; boundary*=UTF-8''C", /extended or in pieces/, [], 1],
  ['multipart/form-data; boundary=B; boundary*0=C', /extended or in pieces/, [], 1],
  ["multipart/form-data; boundary=B; Boundary*0*=UTF-8''C", /extended or in pieces/, [], 1],
  ['multipart/form-data; boundary=B; boundary *1=C', /extended or in pieces/, [], 1],
  ["multipart/form-data; boundary*=UTF-8''C; boundary=B", /malformed/, [], 0],
  ['multipart/form-data; boundary="B"x', /malformed/, ['boundaryQuoted'], 1],
  ['multipart/form-data; boundary="B', /malformed/, ['boundaryQuoted'], 0],
  ['multipart/form-data; boundary=B"', /missing or malformed/, [], 0],
  ['multipart/form-data; boundary=', /missing or malformed/, [], 0],
  ['multipart/form-data; boundary', /malformed/, [], 0],
  ['multipart/form-data; boundary=a b', /missing or malformed/, [], 0],
  ['multipart/form-data; boundary=\xe9', /missing or malformed/, [], 0],
  ['multipart/form-data; boundary=B\xa0', /missing or malformed/, [], 0],
  ['multipart/form-data; boundary=B,C', /ambiguous/, ['dataBefore'], 0],
  [`multipart/form-data; boundary=${'x'.repeat(71)}`, /missing or malformed/, [], 0],
  ['multipart/form-data', /boundary is missing/, [], 0],
];

for (const [type, error, flags, count] of BOUNDARIES) {
  test(`readMultipart takes the boundary from ${JSON.stringify(type)}`, () => {
    const body = read(`${FIELD}${LAST}`, 10, type);
    assert.match(body.error ?? 'none', error);
    assert.deepEqual(flagsOf(body), flags);
    assert.equal(body.values.length, count);
  });
}

test('readMultipart takes the boundaries that browsers make', () => {
  for (const boundary of [
    '----WebKitFormBoundaryoRWIb3busvBrbttO',
    '---------------------------265001916915724',
  ]) {
    const text = `${FIELD}${LAST}`.replaceAll('--B', `--${boundary}`);
    const body = read(text, 10, `multipart/form-data; boundary=${boundary}`);
    assert.deepEqual([pairsOf(body.values), body.error, flagsOf(body)], [[['a', '1']], undefined, []]);
  }
});

test('readMultipart keeps a part that is cut, and what is beyond the bound', () => {
  const cut = read('--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n<script>');
  assert.deepEqual(pairsOf(cut.values), [['a', '<script>']]);
  const many = read(`${FIELD.repeat(5)}--B--`, 2);
  assert.deepEqual([many.values.length, many.isExceeded], [3, true]);
  assert.equal(many.values[2]?.text, `${FIELD.repeat(3).slice(5)}--B--`);
});

const BEYOND: readonly (readonly [what: string, part: string, error: RegExp])[] = [
  ['a field', FIELD, /^none$/],
  ['an encoded part', part('form-data; name="a"', '1', 'Content-Transfer-Encoding: base64\r\n'), /encoded/],
  [
    'a charset',
    part('form-data; name="a"', '1', 'Content-Type: a/b; charset=utf-7\r\n'),
    /charset of a part/,
  ],
  ['a nested multipart', part('form-data; name="a"', '1', 'Content-Type: multipart/mixed\r\n'), /itself/],
  ['two names', part('form-data; name="a"; name="b"', '1'), /name is given twice/],
  ['a bare line feed', FIELD.replace('\r\n\r\n', '\n\r\n'), /bare line feed/],
];

for (const [what, text, error] of BEYOND) {
  test(`readMultipart flags what is irregular beyond the bound: ${what}`, () => {
    for (const [max, before] of [
      [0, ''],
      [0, FIELD],
      [2, FIELD.repeat(4)],
    ] as const) {
      const body = read(`${before}${text}${FIELD}${LAST}`, max);
      assert.match(body.error ?? 'none', error);
      assert.deepEqual([body.values.length, body.isExceeded], [max + 1, true]);
    }
  });
}

test('readMultipart tells of files and heads beyond the bound of fields', () => {
  const file = part('form-data; name="f"; filename="shell.php"', 'GIF89a', 'Content-Type: image/gif\r\n');
  const body = read(`${FIELD.repeat(3)}${file}${LAST}`, 2);
  assert.deepEqual(pairsOf(body.files), [['f', 'shell.php']]);
  assert.deepEqual(pairsOf(body.fileContents), [['f', 'GIF89a']]);
  assert.deepEqual(pairsOf(body.partHeaders).at(-1), ['f', 'Content-Type: image/gif']);
  assert.deepEqual([body.error, body.isExceeded], [undefined, true]);
  assert.deepEqual(read(`${file}${LAST}`, 0).isExceeded, false);
});

test('readMultipart does not tell of heads without end', () => {
  const body = read(`${'--B\r\nX: y\r\n\r\n\r\n'.repeat(30_000)}--B--`, 2);
  assert.equal(body.partHeaders.length, 20_001);
  const counted = read(`${FIELD.repeat(20_001)}--B--`, 2);
  assert.match(counted.error ?? 'none', /too many parts/);
  assert.equal(read(`${FIELD.repeat(20_000)}--B--`, 2).error, undefined);
});

test('readMultipart tells of the header lines of a part even if one of them is malformed', () => {
  const body = read(`--B\r\n\x0eContent-Disposition: form-data; name="x"\r\n${FIELD.slice(5)}${LAST}`);
  assert.deepEqual(pairsOf(body.partHeaders), [
    ['a', '\x0eContent-Disposition: form-data; name="x"'],
    ['a', 'Content-Disposition: form-data; name="a"'],
  ]);
  assert.match(body.error ?? '', /malformed/);
});

test('readMultipart joins folded header lines by one space', () => {
  const body = read(`${part('form-data; name="a"', '1', 'X: y\r\n\t z\r\n')}${LAST}`);
  assert.deepEqual(pairsOf(body.partHeaders).at(-1), ['a', 'X: y z']);
});

test('readMultipart says when there are more files than may be', () => {
  const file = part('form-data; name="f"; filename="x"', '1');
  assert.equal(read(`${file.repeat(100)}${LAST}`, 1000).multipart.fileLimitExceeded, false);
  const body = read(`${file.repeat(101)}${LAST}`, 1000);
  assert.equal(body.multipart.fileLimitExceeded, true);
  assert.equal(body.multipart.strictError, true);
  assert.match(body.error ?? '', /too many files/);
  assert.equal(body.fileContents.length, 101);
});
