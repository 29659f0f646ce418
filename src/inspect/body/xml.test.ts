import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_BODY_LIMITS } from './limits.ts';
import { readXmlBody } from './xml-body.ts';
import { readXml } from './xml.ts';
import type { XmlReading } from './xml.ts';

type Pair = readonly [name: string, value: string];

function pairsOf(values: readonly { readonly key: string; readonly text: string }[]): readonly Pair[] {
  return values.map(({ key, text }) => [key, text]);
}

function read(text: string): XmlReading {
  return readXml(text, DEFAULT_BODY_LIMITS);
}

const VALID: readonly (readonly [
  text: string,
  content: string,
  texts: readonly Pair[],
  attributes: readonly Pair[],
])[] = [
  ['<a/>', '', [], []],
  ['<a></a >', '', [], []],
  ['<a>x</a>', 'x', [['a', 'x']], []],
  ['\xef\xbb\xbf<a>x</a>\n', 'x', [['a', 'x']], []],
  ['<?xml version="1.0"?><a>x</a>', 'x', [['a', 'x']], []],
  ['<?xml version="1.0" encoding=\'UTF-8\' standalone="yes" ?>\r\n<a>x</a>', 'x', [['a', 'x']], []],
  [
    '<a b="1" c=\'2"\' />',
    '',
    [],
    [
      ['b', '1'],
      ['c', '2"'],
    ],
  ],
  ['<a\n b = "1"\t></a>', '', [], [['b', '1']]],
  ['<a b="&#13;&#10;&lt;"/>', '', [], [['b', '\r\n<']]],
  ['<a b="x\r\ny\tz"/>', '', [], [['b', 'x y z']]],
  ['<a b=">"/>', '', [], [['b', '>']]],
  [
    '<a>1<b>2</b>3</a>',
    '123',
    [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ],
    [],
  ],
  ['<a> <b>2</b>\n</a>', ' 2\n', [['b', '2']], []],
  ['<a>&lt;&gt;&amp;&quot;&apos;</a>', '<>&"\'', [['a', '<>&"\'']], []],
  [
    '<a>&#60;&#x3c;&#x3C;&#0000060;&#xe9;&#x1F600;</a>',
    '<<<<\xc3\xa9\xf0\x9f\x98\x80',
    [['a', '<<<<\xc3\xa9\xf0\x9f\x98\x80']],
    [],
  ],
  ['<a>&amp;lt;</a>', '&lt;', [['a', '&lt;']], []],
  ['<a>x\r\ny\rz</a>', 'x\ny\nz', [['a', 'x\ny\nz']], []],
  ['<a>&#13;</a>', '\r', [], []],
  ['<a><![CDATA[<b>&lt;]]></a>', '<b>&lt;', [['a', '<b>&lt;']], []],
  ['<a>se<![CDATA[le]]>ct</a>', 'select', [['a', 'select']], []],
  ['<a>se<!-- x -->le<?p x?>ct</a>', 'select', [['a', 'select']], []],
  ['<a><![CDATA[]]]]><![CDATA[>]]></a>', ']]>', [['a', ']]>']], []],
  ['<!-- x --><?p?><a/><!-- y -->', '', [], []],
  [
    '<s:Envelope xmlns:s="http://x/" xmlns="y" s:m="1"><s:B>t</s:B></s:Envelope>',
    't',
    [['s:B', 't']],
    [['s:m', '1']],
  ],
  ['<\xc3\xa9.-1>x</\xc3\xa9.-1>', 'x', [['\xc3\xa9.-1', 'x']], []],
  ['<_a xmlnsx="1"/>', '', [], [['xmlnsx', '1']]],
];

for (const [text, content, texts, attributes] of VALID) {
  test(`readXml reads ${JSON.stringify(text)}`, () => {
    const reading = read(text);
    assert.equal(reading.error, undefined);
    assert.equal(reading.content, content);
    assert.deepEqual(pairsOf(reading.texts), texts);
    assert.deepEqual(pairsOf(reading.attributes), attributes);
  });
}

/** What is wrong, and the content that is inspected as text all the same. */
const INVALID: readonly (readonly [text: string, error: RegExp, content: string | undefined])[] = [
  ['', /no element/, undefined],
  [' ', /no element/, undefined],
  ['x', /outside of the root/, 'x'],
  ['a=<script>', /outside of the root/, 'a='],
  ['{"a":1}', /outside of the root/, '{"a":1}'],
  ['<a>', /not closed/, ''],
  ['<a>x', /not closed/, 'x'],
  ['<a><b></a></b>', /no start tag/, '</a></b>'],
  ['<a>x</b>', /no start tag/, 'x</b>'],
  ['<a>x</ab>', /no start tag/, 'x</ab>'],
  ['<ab>x</a>', /no start tag/, 'x</a>'],
  ['<a>x</ a>', /no start tag/, 'x</ a>'],
  ['</a>', /no start tag/, '</a>'],
  ['<a>x</a b>', /tag is malformed/, 'x</a b>'],
  ['<a>x</a', /tag is malformed/, 'x</a'],
  ['<a/></a>', /no start tag/, '</a>'],
  ['<a/><b/>', /more than one root/, '<b/>'],
  ['<a/>x', /outside of the root/, 'x'],
  ['<a/><![CDATA[x]]>', /outside of the root/, 'x'],
  ['<a/>&#32;x', /outside of the root/, ' x'],
  [`<a>&#${'0'.repeat(40)}60;</a>`, /reference is unknown/, `&#${'0'.repeat(40)}60;`],
  ['< a/>', /tag is malformed/, '< a/>'],
  ['<1/>', /tag is malformed/, '<1/>'],
  ['<a<b/>', /tag is malformed/, '<a<b/>'],
  ['<a/', /tag is malformed/, '<a/'],
  ['<a', /tag is malformed/, '<a'],
  ['<a / >', /attribute is malformed/, '<a / >'],
  ['<a b/>', /attribute is malformed/, '<a b/>'],
  ['<a b=1/>', /attribute is malformed/, '<a b=1/>'],
  ['<a "b"/>', /attribute is malformed/, '<a "b"/>'],
  ['<a b="1"c="2"/>', /tag is malformed/, '<a b="1"c="2"/>'],
  ['<a b="1/>', /attribute is open/, '<a b="1/>'],
  ['<a b="<"/>', /tag in it/, ''],
  ['<a b="1" b="2"/>', /given twice/, ''],
  ['<a b="&x;"/>', /reference is unknown/, ''],
  ['<a>&x;</a>', /reference is unknown/, '&x;'],
  ['<a>x & y</a>', /reference is unknown/, 'x & y'],
  ['<a>&lt</a>', /reference is unknown/, '&lt'],
  ['<a>&LT;</a>', /reference is unknown/, '&LT;'],
  ['<a>&#;&#x;&#60</a>', /reference is unknown/, '&#;&#x;&#60'],
  ['<a>&#X3c;</a>', /reference is unknown/, '&#X3c;'],
  ['<a>&#3c;</a>', /reference is unknown/, '&#3c;'],
  ['<a>&#0;</a>', /no character/, '\0'],
  ['<a>&#8;x</a>', /no character/, '\bx'],
  ['<a>&#xd800;</a>', /no character/, '\xef\xbf\xbd'],
  ['<a>&#xffff;</a>', /no character/, '\xef\xbf\xbf'],
  ['<a>&#99999999999999999999;</a>', /no character/, '\xef\xbf\xbd'],
  ['<a>]]></a>', /end of a CDATA/, ']]>'],
  ['<a>\0</a>', /control character/, '\0'],
  ['<a>\x0b</a>', /control character/, '\x0b'],
  ['<a>\xe9</a>', /not UTF-8/, '\xe9'],
  ['<a><![CDATA[x</a>', /CDATA section is open/, '<![CDATA[x</a>'],
  ['<a><![cdata[x]]></a>', /declaration is unknown/, '<![cdata[x]]></a>'],
  ['<a><!-- x</a>', /comment is open/, '<!-- x</a>'],
  ['<a><!-- x -- y --></a>', /two dashes/, ''],
  ['<a><!-- x ---></a>', /two dashes/, ''],
  ['<a><?p x</a>', /instruction is open/, '<?p x</a>'],
  ['<a><? x?></a>', /instruction is malformed/, ''],
  ['<a><?xml x?></a>', /instruction is malformed/, ''],
  [' <?xml version="1.0"?><a/>', /instruction is malformed/, ''],
  ['<a><!x></a>', /declaration is unknown/, '<!x></a>'],
  ['<?xml version="1.0"', /declaration is open/, '<?xml version="1.0"'],
  ['<?xml version="1.1"?><a/>', /declaration is malformed/, ''],
  ['<?xml encoding="utf-8"?><a/>', /declaration is malformed/, ''],
  ['<?xml version="1.0" x="1"?><a/>', /declaration is malformed/, ''],
  [`<?xml version="1.0"${' '.repeat(300)}?><a/>`, /declaration is malformed/, ''],
  ['<?xml version="1.0" encoding="utf-7"?><a>x</a>', /charset/, 'x'],
  ['<?xml version="1.0" encoding="IBM037"?><a>x</a>', /charset/, 'x'],
  ['\xff\xfe<\0a\0/\0>\0', /control character/, '\xff\xfe<\0a\0/\0>\0'],
  ['<!DOCTYPE a><a>x</a>', /document type/, 'x'],
  ['<!DOCTYPE a [<!ENTITY e "]>"><!-- ]> --> <!ENTITY f SYSTEM \'>\'>]><a>&e;</a>', /document type/, '&e;'],
  ['<!DOCTYPE a [<a>x</a>', /document type/, '<!DOCTYPE a [<a>x</a>'],
  ['<!doctype a><a>x</a>', /declaration is unknown/, '<!doctype a><a>x</a>'],
];

for (const [text, error, content] of INVALID) {
  test(`readXml flags ${JSON.stringify(text.slice(0, 60))}`, () => {
    const reading = read(text);
    assert.match(reading.error ?? 'none', error);
    assert.equal(reading.content, content);
  });
}

test('readXml tells of what is neither text nor attribute', () => {
  const { others } = read(
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><!-- c --><a xmlns="n" xmlns:p="m"><?p q?></a>',
  );
  assert.deepEqual(pairsOf(others), [
    ['//processing-instruction()', ' version="1.0"'],
    ['doctype', '<!DOCTYPE a [<!ENTITY x "y">]>'],
    ['//comment()', ' c '],
    ['//namespace::*', 'n'],
    ['//namespace::*', 'm'],
    ['//processing-instruction()', 'p q'],
  ]);
});

test('readXmlBody has a value for all text, one for each text of several, and one for each attribute', () => {
  const body = readXmlBody('<a b="1">x<c d="2">y</c><!--z--></a>', DEFAULT_BODY_LIMITS);
  assert.deepEqual(pairsOf(body.xml), [
    ['/*', 'xy'],
    ['/*', 'x'],
    ['/*', 'y'],
    ['//@*', '1'],
    ['//@*', '2'],
    ['//comment()', 'z'],
  ]);
  assert.deepEqual([body.processor, body.values, body.error], ['XML', [], undefined]);
});

test('readXmlBody does not tell a text twice that is the only one', () => {
  assert.deepEqual(pairsOf(readXmlBody('<a>\n<b>x</b>\n</a>', DEFAULT_BODY_LIMITS).xml), [['/*', '\nx\n']]);
});

test('readXmlBody tells a thousand texts apart, and what is behind them as one', () => {
  const { xml } = readXmlBody(`<a>${'<b>x</b>'.repeat(1005)}</a>`, DEFAULT_BODY_LIMITS);
  assert.deepEqual(
    xml.map(({ text }) => text),
    ['x'.repeat(1005), ...Array.from({ length: 1000 }, () => 'x'), 'xxxxx'],
  );
});

test('readXml bounds depth and number, and the rest is one text', () => {
  const limits = { xmlDepthMax: 3, xmlNodesMax: 5 };
  assert.equal(readXml('<a><a><a>x</a></a></a>', limits).error, undefined);
  const deep = readXml('<a><a><a><a>x</a></a></a></a>', limits);
  assert.match(deep.error ?? '', /deeper than 3/);
  assert.equal(deep.content, '<a>x</a></a></a></a>');
  assert.equal(readXml(`<a>${'<b/>'.repeat(4)}</a>`, limits).error, undefined);
  const many = readXml(`<a>${'<b/>'.repeat(5)}<x/></a>`, limits);
  assert.match(many.error ?? '', /too many nodes/);
  assert.equal(many.content, '<b/><x/></a>');
  assert.match(readXml('<a b="1" c="2" d="3" e="4" f="5"/>', limits).error ?? '', /too many nodes/);
});

test('readXml takes no more than linear time for many attributes, references, and open quotes', () => {
  const attributes = Array.from({ length: 15_000 }, (_, index) => ` a${index}="1"`).join('');
  assert.equal(read(`<a${attributes}/>`).attributes.length, 15_000);
  assert.match(read(`<a${attributes} a7="1"/>`).error ?? '', /given twice/);
  assert.equal(read(`<a>${'&lt;'.repeat(50_000)}</a>`).content?.length, 50_000);
  assert.match(read(`<!DOCTYPE a [${"<!-- ' -->".repeat(20_000)}`).error ?? '', /document type/);
  assert.match(read('<a>'.repeat(300)).error ?? '', /deeper than 256/);
});
