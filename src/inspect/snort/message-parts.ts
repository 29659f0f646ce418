/**
 * What buffers are made of: the parts of a request or a response, each worked out when it is first needed.
 *
 * A proxy has the head in parts. Where the caller has its bytes too, the raw parts are those bytes; else they are
 * written again, each field as "Name: value". What is inspected is what is forwarded either way.
 */
import { DEFAULT_BODY_LIMITS } from '../body/limits.ts';
import type { BodyLimits } from '../body/limits.ts';
import type { HeaderFields, InspectedBody, InspectedRequest, InspectedResponse } from '../inspector.ts';
import { lowercase } from '../transforms/case.ts';
import { fileName, filesOfRequest, viewsOf } from './body-views.ts';
import type { BodyFiles } from './body-views.ts';
import { joinFields, valuesOf, writeFields } from './header-normalize.ts';
import type { JoinedField } from './header-normalize.ts';
import { splitTarget } from './uri-normalize.ts';
import type { TargetParts } from './uri-normalize.ts';

export interface BufferOptions {
  /** The head as it came, from its first line to the empty line. */
  readonly head?: string;
  readonly limits?: BodyLimits;
}

/** Three words, or two where no version was said. */
export function startLineOf({ method, target, version }: InspectedRequest): string {
  return version === '' ? `${method} ${target}` : `${method} ${target} ${version}`;
}

/** Without the head nobody knows the phrase; a proxy speaks HTTP/1.1 to its origins. */
export function statusLineOf({ status }: InspectedResponse): string {
  return `HTTP/1.1 ${codeOf(status)}`;
}

function codeOf(status: number): string {
  return String(status).padStart(3, '0');
}

export const NO_FIELDS: HeaderFields = { count: 0, name: () => '', value: () => '' };

const NO_FILES: BodyFiles = { contents: [], names: [] };

export abstract class MessageParts {
  /** In lower case. */
  abstract readonly cookieName: 'cookie' | 'set-cookie';
  readonly fields: HeaderFields;
  readonly limits: BodyLimits;
  trailers: HeaderFields = NO_FIELDS;
  readonly #head: string | undefined;
  #joined: readonly JoinedField[] | undefined;
  #body: Uint8Array | undefined;
  #views: readonly string[] | undefined;
  #files: BodyFiles | undefined;

  constructor(fields: HeaderFields, options: BufferOptions) {
    this.fields = fields;
    this.limits = options.limits ?? DEFAULT_BODY_LIMITS;
    this.#head = options.head;
  }

  setBody(body: InspectedBody, trailers: HeaderFields): void {
    this.#body = body.bytes.length === 0 ? undefined : body.bytes;
    this.trailers = trailers;
    this.#views = undefined;
    this.#files = undefined;
  }

  /** The first line without its end. */
  get startLine(): string {
    const end = this.#firstLineEnd;
    return end < 0 ? this.makeStartLine() : (this.#head?.slice(0, end) ?? '');
  }

  /** From the first line to the empty line. */
  get wholeHead(): string {
    return this.#head ?? `${this.startLine}\r\n${this.rawFields}`;
  }

  /** All that follows the first line, with the empty line. */
  get rawFields(): string {
    const end = this.#firstLineEnd;
    return end < 0 ? writeFields(this.fields) : (this.#head?.slice(end + 2) ?? '');
  }

  get joined(): readonly JoinedField[] {
    return (this.#joined ??= joinFields(this.fields));
  }

  /** As it came; undefined when there is none, or none yet. */
  get body(): Uint8Array | undefined {
    return this.#body;
  }

  /** The body decoded. More than one where it is not sure what a recipient makes of it; empty without a body. */
  get views(): readonly string[] {
    if (this.#body === undefined) return NO_FILES.contents;
    return (this.#views ??= viewsOf(this.#body, this.#encodings(), this.limits));
  }

  get files(): BodyFiles {
    if (this.#body === undefined) return NO_FILES;
    return (this.#files ??= this.makeFiles());
  }

  /** All values of a name in lower case, as Suricata joins them. */
  value(lowerName: string): string | undefined {
    return valuesOf(this.fields, lowerName, ', ');
  }

  protected abstract makeStartLine(): string;
  protected abstract makeFiles(): BodyFiles;

  get #firstLineEnd(): number {
    return this.#head?.indexOf('\r\n') ?? -1;
  }

  #encodings(): readonly string[] {
    const value = this.value('content-encoding');
    return value === undefined ? [] : [value];
  }
}

export class RequestParts extends MessageParts {
  override readonly cookieName = 'cookie';
  readonly request: InspectedRequest;
  #target: TargetParts | undefined;

  constructor(request: InspectedRequest, options: BufferOptions) {
    super(request.headers, options);
    this.request = request;
  }

  get target(): TargetParts {
    return (this.#target ??= splitTarget(this.request.method, this.request.target));
  }

  /** Host and port that the request is for: of the target where it names them ("If both are present, the URI is used"). */
  get authority(): string | undefined {
    const { host, port } = this.target;
    if (host === undefined || host === '') return this.value('host');
    return port === undefined ? host : `${host}:${port}`;
  }

  /** True for a form whose body has the shape of a query. */
  get isForm(): boolean {
    const type = this.value('content-type');
    return type !== undefined && lowercase(type).startsWith('application/x-www-form-urlencoded');
  }

  protected makeStartLine(): string {
    return startLineOf(this.request);
  }

  protected makeFiles(): BodyFiles {
    return filesOfRequest(this.views, this.value('content-type'), this.limits);
  }
}

export class ResponseParts extends MessageParts {
  override readonly cookieName = 'set-cookie';
  readonly #response: InspectedResponse;
  readonly #request: InspectedRequest | undefined;

  constructor(response: InspectedResponse, request: InspectedRequest | undefined, options: BufferOptions) {
    super(response.headers, options);
    this.#response = response;
    this.#request = request;
  }

  get code(): string {
    return codeOf(this.#response.status);
  }

  /** The words of the status line: version, code, phrase. */
  get statusWords(): { readonly version: string; readonly phrase: string } {
    const line = this.startLine;
    const first = endOfWord(line, 0);
    return { version: line.slice(0, first), phrase: line.slice(endOfWord(line, first + 1) + 1) };
  }

  protected makeStartLine(): string {
    return statusLineOf(this.#response);
  }

  protected makeFiles(): BodyFiles {
    const name = fileName(this.value('content-disposition'), this.#request?.target);
    return { contents: this.views, names: name === undefined ? [] : [name] };
  }
}

function endOfWord(line: string, start: number): number {
  const space = line.indexOf(' ', start);
  return space < 0 ? line.length : space;
}
