/**
 * XML 1.0 taken apart for `XML:/*` and `XML://@*`: text and attributes. Nothing is fetched, no DTD is processed, no
 * entity but the five predefined ones is replaced.
 *
 * Own reader, because depth and number must be bounded before they cost anything, and because what was read before a
 * mistake must not be lost. What is not well-formed is an error; so is any document type declaration. A mistake that
 * leaves the structure clear is told and reading goes on; after any other the rest is one more text, as it stands.
 *
 * Every byte is in a text, an attribute or `others`, or belongs to the mark-up around them, which is made of nothing but
 * `<>/="'`, white space and names.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { Value } from '../variables/value.ts';
import { isPlainCharset } from './charset.ts';
import type { BodyLimits } from './limits.ts';
import { doctypeEnd, isBlank, nameEnd, NameSet, skipSpace } from './xml-lexemes.ts';
import { decodeAttribute, decodeCdata, decodeText } from './xml-text.ts';

export type XmlLimits = Pick<BodyLimits, 'xmlDepthMax' | 'xmlNodesMax'>;

export interface XmlReading {
  /** All text of the document in one; undefined when there is no element. */
  readonly content: string | undefined;
  /** Each text between two tags that is not only white space, with the name of its element. */
  readonly texts: readonly Value[];
  /** Each attribute that declares no namespace, with its name. */
  readonly attributes: readonly Value[];
  /** What is neither, with the XPath that would select it: comments, processing instructions, namespaces, `doctype`. */
  readonly others: readonly Value[];
  /** Why this may not be what another reader reads. */
  readonly error: string | undefined;
}

/** Ends the reading; caught in readXml only. */
class XmlProblem extends Error {}

export function readXml(text: string, limits: XmlLimits): XmlReading {
  const reader = new XmlReader(text, limits);
  reader.checkBytes();
  try {
    reader.read();
  } catch (error) {
    if (!(error instanceof XmlProblem)) throw error;
    reader.fail(error.message);
    reader.takeRest();
  }
  return reader.answer();
}

class XmlReader {
  readonly #text: string;
  readonly #limits: XmlLimits;
  readonly #texts: Value[] = [];
  readonly #attributes: Value[] = [];
  readonly #others: Value[] = [];
  /** All text so far, in pieces. */
  readonly #pieces: string[] = [];
  /** The names of the elements that are open. */
  readonly #open: string[] = [];
  /** The text since the last tag. Comments and the like do not end it: they are nothing to who reads the text. */
  #run = '';
  #nodesLeft: number;
  #hasRoot = false;
  #problem: string | undefined;
  #at = 0;

  constructor(text: string, limits: XmlLimits) {
    this.#text = text;
    this.#limits = limits;
    this.#nodesLeft = limits.xmlNodesMax;
  }

  answer(): XmlReading {
    const hasText = this.#hasRoot || this.#pieces.length > 0;
    return {
      content: hasText ? this.#pieces.join('') : undefined,
      texts: this.#texts,
      attributes: this.#attributes,
      others: this.#others,
      error: this.#problem === undefined ? undefined : `XML: ${this.#problem}`,
    };
  }

  fail(problem: string): void {
    this.#problem ??= problem;
  }

  /** XML 1.0 §2.2: no control characters, and here nothing but UTF-8. */
  checkBytes(): void {
    if (/[\0-\x08\x0b\x0c\x0e-\x1f]/.test(this.#text)) this.fail('a control character is in the body');
    if (/[\x80-\xff]/.test(this.#text) && !isUtf8(Buffer.from(this.#text, 'latin1')))
      this.fail('text is not UTF-8');
  }

  read(): void {
    if (this.#text.startsWith('\xef\xbb\xbf')) this.#at = 3;
    if (/^<\?xml[ \t\r\n]/.test(this.#text.slice(this.#at, this.#at + 6))) this.#readDeclaration();
    while (this.#at < this.#text.length) {
      const tag = this.#text.indexOf('<', this.#at);
      const end = tag < 0 ? this.#text.length : tag;
      if (end > this.#at) this.#addText(this.#text.slice(this.#at, end));
      this.#at = end;
      if (tag >= 0) this.#readMarkup();
    }
    this.#endRun();
    if (this.#open.length > 0) this.fail('an element is not closed');
    if (!this.#hasRoot) this.fail('there is no element');
  }

  /** What is left is one text. */
  takeRest(): void {
    this.#endRun();
    const rest = this.#text.slice(this.#at);
    if (rest === '') return;
    this.#pieces.push(rest);
    this.#texts.push(new Value('', rest));
  }

  /** Goes behind what begins with the `<` here; a reader that throws leaves the position at that. */
  #readMarkup(): void {
    const next = this.#text.charCodeAt(this.#at + 1);
    if (next === 0x2f) this.#readEndTag();
    else if (next === 0x3f) this.#skipOther('<?', '?>', 'a processing instruction');
    else if (next !== 0x21) this.#readStartTag();
    else if (this.#text.startsWith('<!--', this.#at)) this.#skipOther('<!--', '-->', 'a comment');
    else if (this.#text.startsWith('<![CDATA[', this.#at)) this.#readCdata();
    else if (this.#text.startsWith('<!DOCTYPE', this.#at)) this.#skipDoctype();
    else throw new XmlProblem('a declaration is unknown');
  }

  /** Text as it stands between two pieces of mark-up, its references not yet replaced. */
  #addText(raw: string): void {
    if (raw.includes(']]>')) this.fail('text has the end of a CDATA section');
    const decoded = decodeText(raw);
    if (decoded.error !== undefined) this.fail(decoded.error);
    if (this.#open.length > 0) this.#pushText(decoded.text);
    else if (!isBlank(raw)) this.#failOutside(decoded.text);
  }

  #readCdata(): void {
    const start = this.#at + '<![CDATA['.length;
    const end = this.#text.indexOf(']]>', start);
    if (end < 0) throw new XmlProblem('a CDATA section is open');
    this.#takeNode();
    const text = decodeCdata(this.#text.slice(start, end));
    if (this.#open.length > 0) this.#pushText(text);
    else this.#failOutside(text);
    this.#at = end + 3;
  }

  #pushText(text: string): void {
    this.#run = this.#run === '' ? text : this.#run + text;
    this.#pieces.push(text);
  }

  #failOutside(text: string): void {
    this.fail('text is outside of the root element');
    this.#pushText(text);
  }

  /** A tag ends the text before it. */
  #endRun(): void {
    if (this.#run === '') return;
    if (!isBlank(this.#run)) this.#texts.push(new Value(this.#open.at(-1) ?? '', this.#run));
    this.#run = '';
  }

  #skipOther(opening: string, closing: string, what: string): void {
    const start = this.#at + opening.length;
    const end = this.#text.indexOf(closing, start);
    if (end < 0) throw new XmlProblem(`${what} is open`);
    const content = this.#text.slice(start, end);
    this.#takeNode();
    if (opening === '<!--' && (content.includes('--') || content.endsWith('-')))
      this.fail('two dashes are in a comment');
    if (opening === '<?' && (nameEnd(content, 0) === 0 || /^xml($|[ \t\r\n])/i.test(content.slice(0, 4))))
      this.fail('a processing instruction is malformed');
    this.#others.push(new Value(opening === '<?' ? '//processing-instruction()' : '//comment()', content));
    this.#at = end + closing.length;
  }

  /** `<?xml version="1.0" encoding="utf-8"?>`, at the very beginning only (XML 1.0 §2.8). */
  #readDeclaration(): void {
    const end = this.#text.indexOf('?>', this.#at);
    if (end < 0) throw new XmlProblem('the XML declaration is open');
    const attributes = this.#text.slice(this.#at + 5, end);
    const parts =
      /^\s+version\s*=\s*(["'])1\.0\1(?:\s+encoding\s*=\s*(["'])([A-Za-z][\w.-]*)\2)?(?:\s+standalone\s*=\s*(["'])(?:yes|no)\4)?\s*$/.exec(
        attributes.slice(0, DECLARATION_BYTES_MAX),
      );
    if (parts === null || attributes.length > DECLARATION_BYTES_MAX)
      this.fail('the XML declaration is malformed');
    else if (parts[3] !== undefined && !isPlainCharset(parts[3]))
      this.fail('the charset is not one that is read');
    this.#others.push(new Value('//processing-instruction()', attributes));
    this.#at = end + 2;
  }

  /** Goes behind the declaration; its end is the first `>` outside of brackets, quotes and comments. */
  #skipDoctype(): void {
    const end = doctypeEnd(this.#text, this.#at + '<!DOCTYPE'.length);
    if (end < 0) throw new XmlProblem('a document type is declared');
    this.fail('a document type is declared');
    this.#takeNode();
    this.#others.push(new Value('doctype', this.#text.slice(this.#at, end)));
    this.#at = end;
  }

  #readEndTag(): void {
    this.#endRun();
    const start = this.#at + 2;
    const end = nameEnd(this.#text, start);
    const close = skipSpace(this.#text, end);
    const name = this.#open.at(-1);
    if (name === undefined || end - start !== name.length || !this.#text.startsWith(name, start))
      throw new XmlProblem('an end tag has no start tag');
    if (this.#text.charCodeAt(close) !== 0x3e) throw new XmlProblem('a tag is malformed');
    this.#open.pop();
    this.#at = close + 1;
  }

  #readStartTag(): void {
    this.#endRun();
    const start = this.#at + 1;
    const end = nameEnd(this.#text, start);
    if (end === start) throw new XmlProblem('a tag is malformed');
    if (this.#open.length === 0 && this.#hasRoot) throw new XmlProblem('there is more than one root element');
    if (this.#open.length >= this.#limits.xmlDepthMax)
      throw new XmlProblem(`nested deeper than ${this.#limits.xmlDepthMax}`);
    this.#takeNode();
    const name = this.#text.slice(start, end);
    const close = this.#readAttributes(end);
    this.#hasRoot = true;
    const isEmpty = this.#text.charCodeAt(close) === 0x2f;
    if (!isEmpty) this.#open.push(name);
    this.#at = isEmpty ? close + 2 : close + 1;
  }

  /** Answers where `>` or `/>` is. */
  #readAttributes(start: number): number {
    const text = this.#text;
    let names: NameSet | undefined;
    let first = '';
    let at = start;
    for (;;) {
      const nameStart = skipSpace(text, at);
      const byte = text.charCodeAt(nameStart);
      if (byte === 0x3e || (byte === 0x2f && text.charCodeAt(nameStart + 1) === 0x3e)) return nameStart;
      if (nameStart === at) throw new XmlProblem('a tag is malformed');
      const end = nameEnd(text, nameStart);
      const equals = skipSpace(text, end);
      const open = skipSpace(text, equals + 1);
      const quote = text.charAt(open);
      if (end === nameStart || text.charCodeAt(equals) !== 0x3d || (quote !== '"' && quote !== "'"))
        throw new XmlProblem('an attribute is malformed');
      const close = text.indexOf(quote, open + 1);
      if (close < 0) throw new XmlProblem('an attribute is open');
      const name = text.slice(nameStart, end);
      // Most elements have one at the most.
      if (first === '') first = name;
      else if (!(names ??= new NameSet(first)).add(name)) this.fail('an attribute is given twice');
      this.#addAttribute(name, text.slice(open + 1, close));
      at = close + 1;
    }
  }

  #addAttribute(name: string, raw: string): void {
    this.#takeNode();
    if (raw.includes('<')) this.fail('an attribute has a tag in it');
    const decoded = decodeAttribute(raw);
    if (decoded.error !== undefined) this.fail(decoded.error);
    const isNamespace = name.startsWith('xmlns') && (name.length === 5 || name.charCodeAt(5) === 0x3a);
    if (isNamespace) this.#others.push(new Value('//namespace::*', decoded.text));
    else this.#attributes.push(new Value(name, decoded.text));
  }

  #takeNode(): void {
    if (--this.#nodesLeft < 0) throw new XmlProblem('there are too many nodes');
  }
}

/** Bytes of what stands between `<?xml` and `?>`: real ones have some 40. */
const DECLARATION_BYTES_MAX = 200;
