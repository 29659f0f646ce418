import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isScriptUrl } from './script-url.ts';
import { detectXss } from './xss.ts';

const SCRIPTS: readonly (readonly [value: string, why: string])[] = [
  ['<script>', 'an element that runs script'],
  ['a<ScRiPt/src=x>', 'in any case, with a slash for a space'],
  ['<<script>', 'behind another sign'],
  ['<scr<script>ipt>', 'within another tag'],
  ['<x:script>', 'with a prefix'],
  ['<scr\0ipt>', 'with a NUL in it'],
  ['<object\0x data=y>', 'with a NUL behind it'],
  ['<p onclick=alert(1)>', 'an event handler'],
  ['<p/onclick=alert(1)', 'without an end'],
  ['<p \\/onclick = alert(1)>', 'with signs in front and spaces'],
  ['<x onbeforehellfreezes=1>', 'an event that nobody knows'],
  ['<img src="a"onerror=b>', 'without a space behind a quote'],
  ['<img src=`a`onerror=b>', 'behind a back quote'],
  ['<img src="/" =_=" title="onerror=x>', 'an equals sign belongs to the name'],
  ['<a title="x onload=y', 'a quote without an end is a sign'],
  ['<div style="x">', 'a style'],
  ['<a href=javascript:alert(1)>', 'an address that is script'],
  [`<a href='&#x6A;av&#97scrip&Tab;t&colon;alert(1)'>`, 'in character references'],
  ['<a href=" \x01java\nscript:alert(1)">', 'with white space in it'],
  ['<a href=data:text/html,x>', 'an address that is a page'],
  ['<html xmlns="x">', 'a namespace'],
  ['<a xlink:href=x>', 'a link of XML'],
  ['<!--[if IE]> x <![endif]-->', 'a conditional comment'],
  ['<!--#exec cmd="x"-->', 'an include'],
  ['<!-- a --><script>', 'behind a comment'],
  ['<!--><script>-->', 'a comment that ends where it begins'],
  ['<!-- a --!><script>', 'the other end of a comment'],
  ['<!-- open <script>', 'a comment without an end'],
  ['<!DOCTYPE a>', 'a declaration'],
  ['<?import namespace="t">', 'an instruction'],
  [`x' onerror=alert(1)`, 'out of a value in single quotes'],
  [`x" onerror=alert(1)`, 'out of one in double quotes'],
  ['x` onerror=alert(1)', 'out of one in back quotes'],
  ['x onerror=alert(1)', 'out of one without quotes'],
  ['onerror=alert(1)', 'as an attribute of its own'],
  [`x" style="a:b`, 'a style behind a quote'],
  [`x" y="1"><script>`, 'a tag behind attributes'],
  ['javascript:alert(1)', 'as an address'],
  ['data:text/html;base64,PHN', 'as a page'],
];

const HARMLESS: readonly string[] = [
  ...[
    '',
    'word',
    'me@example.com',
    'https://a.b/c?d=e&f=g',
    'Title: Subtitle',
    'a & b',
    'AT&T',
    '5:30',
    'data: 5',
  ],
  ...['1 < 2', 'a<b', '<3', 'I <3 you', 'x>y', '->', '=>', '<=>', 'if (a<b && c>d)', 'vector<int> v;'],
  ...['<John Smith>', 'John <john@example.com>', 'List<String>', 'Map<String, List<Integer>>'],
  ...['<p>hello</p>', '<b>bold</b> <i class="x">y</i>', '<a href="https://x.y/">z</a>', '<br/>', '</script>'],
  ...[
    `<img src='https://x/y.png' alt='a'>`,
    '<img src="data:image/png;base64,AAAA">',
    '<!-- comment -->',
    '<!-->',
  ],
  ...['onclick', 'on=1', 'online=1', 'one=two', 'style=5', `it's online=1`, 'x onions=1', '?onclick=1'],
  ...[
    'javascript',
    'javascript: the good parts',
    'data:image/png;base64,AAAA',
    '<?xml version="1.0"?>',
    '&lt;script&gt;',
  ],
];

test('script is found wherever the value may stand', () => {
  for (const [value, why] of SCRIPTS) assert(detectXss(value), `${value}: ${why}`);
});

test('text and plain markup are no script', () => {
  for (const value of HARMLESS) assert(!detectXss(value), value);
});

test('isScriptUrl reads references as browsers do', () => {
  const scripts = [
    ...[
      'javascript:',
      'JavaScript:',
      '\x00 javascript:',
      'java\tscript:',
      'javascript&colon;',
      '&#106avascript:',
    ],
    ...[
      '&#0000106;avascript:',
      '&#x6a;avascript:',
      '&#X6A;avascript:',
      'j&NewLine;avascript:',
      'vbscript:',
      'vbs:',
    ],
  ];
  for (const url of scripts) assert(isScriptUrl(url, 0, url.length), url);
  const others = [
    ...[
      '',
      'javascript',
      'xjavascript:',
      'java:script',
      '&#106',
      '&#;javascript:',
      '&#x;javascript:',
      '&colo;n',
    ],
    ...[
      '&#4294967402;avascript:',
      'https://a/javascript:',
      'data:image/png;base64,',
      'data:x',
      '&',
      '&#',
      '&#x',
    ],
  ];
  for (const url of others) assert(!isScriptUrl(url, 0, url.length), url);
});

test('isScriptUrl looks at its piece of the text only', () => {
  assert(isScriptUrl('xxjavascript:yy', 2, 15));
  assert(!isScriptUrl('javascript:', 0, 10));
});
