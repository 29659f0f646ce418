/**
 * What is known of one exchange, taken apart when a rule first asks and then kept.
 *
 * Every member of a collection is one Value, the same object for every rule, so that its transformations are shared.
 */
import { Buffer } from 'node:buffer';
import { UNREAD_BODY } from '../body/body.ts';
import type { MultipartFlags, ParsedBody } from '../body/body.ts';
import { parseBody } from '../body/parse-body.ts';
import { processorFor } from '../body/processor.ts';
import type { HeaderFields, InspectedBody, InspectedRequest, InspectedResponse } from '../inspector.ts';
import type { InspectionLimits } from '../limits.ts';
import { foldAscii } from '../match/phrase-automaton.ts';
import type { ValueNames } from '../match/value-names.ts';
import type { Phase } from '../rule/sec-rule.ts';
import { base64Decode } from '../transforms/base64.ts';
import { urlDecodePercent } from '../transforms/url-decode.ts';
import { readCookies } from './cookies.ts';
import type { ExchangeState } from './exchange-state.ts';
import { behindLastSlash, splitTarget } from './target.ts';
import type { TargetParts } from './target.ts';
import { readPairs } from './urlencoded.ts';
import type { EncodedPairs, Pairs } from './urlencoded.ts';
import { Value } from './value.ts';
import type { Variable } from './variable.ts';

export class Facts {
  readonly request: InspectedRequest;
  state: ExchangeState;
  /** How far the exchange has come: variables of later phases have no values yet. */
  phase: Phase = 1;
  readonly startMs: number;
  readonly nowMs: () => number;
  readonly #limits: InspectionLimits;
  readonly #names: ValueNames | undefined;
  /** Most exchanges never ask. */
  #kept: Map<Variable, readonly Value[]> | undefined;
  #target: TargetParts | undefined;
  #decodedFilename: string | undefined;
  #query: EncodedPairs | undefined;
  #queryNames: readonly Value[] | undefined;
  #cookies: Pairs | undefined;
  #cookieNames: readonly Value[] | undefined;
  #headers: readonly Value[] | undefined;
  #headerNames: readonly Value[] | undefined;
  #body: InspectedBody | undefined;
  #bodyText: string | undefined;
  #parsedBody: ParsedBody | undefined;
  /** The processor that the type of the body asks for. */
  #declared: string | undefined;
  #response: InspectedResponse | undefined;
  #responseBody: InspectedBody | undefined;
  #responseBodyText: string | undefined;

  /** `names` are those of members of JSON that were read before. */
  constructor(
    request: InspectedRequest,
    limits: InspectionLimits,
    state: ExchangeState,
    nowMs: () => number,
    names?: ValueNames,
  ) {
    this.#names = names;
    this.request = request;
    this.#limits = limits;
    this.state = state;
    this.nowMs = nowMs;
    this.startMs = nowMs();
  }

  /** The values that the variable had when it was first asked for, until the body or the response is there. */
  keep(variable: Variable): readonly Value[] {
    const kept = (this.#kept ??= new Map<Variable, readonly Value[]>());
    let values = kept.get(variable);
    if (values === undefined) {
      values = variable.read(this);
      kept.set(variable, values);
    }
    return values;
  }

  setBody(body: InspectedBody): void {
    this.#body = body;
    this.phase = 2;
    // Only these grow with the body; the others keep their values and what was computed from them.
    this.#forget(({ body: needed }) => needed === 'request');
  }

  setResponse(response: InspectedResponse): void {
    this.#response = response;
    this.phase = 3;
    this.#forget(({ phase }) => phase >= 3);
  }

  setResponseBody(body: InspectedBody): void {
    this.#responseBody = body;
    this.phase = 4;
    this.#forget(({ phase }) => phase >= 4);
  }

  #forget(isMeant: (variable: Variable) => boolean): void {
    if (this.#kept === undefined) return;
    for (const variable of this.#kept.keys()) if (isMeant(variable)) this.#kept.delete(variable);
  }

  get target(): TargetParts {
    return (this.#target ??= splitTarget(this.request.target));
  }

  /** Decoded once, as in ModSecurity; `+` stays. */
  get decodedFilename(): string {
    return (this.#decodedFilename ??= urlDecodePercent(this.target.filename));
  }

  get decodedBasename(): string {
    const { filename, basename } = this.target;
    const path = this.decodedFilename;
    if (path === filename) return basename;
    return path.slice(behindLastSlash(path));
  }

  get query(): EncodedPairs {
    return (this.#query ??= readPairs(this.target.query, this.#limits.argumentsMax));
  }

  get queryNames(): readonly Value[] {
    return (this.#queryNames ??= namesOf(this.query.values));
  }

  get argumentsMax(): number {
    return this.#limits.argumentsMax;
  }

  get cookiesMax(): number {
    return this.#limits.cookiesMax;
  }

  get cookies(): Pairs {
    return (this.#cookies ??= readCookies(this.fieldsNamed('cookie'), this.#limits.cookiesMax));
  }

  get cookieNames(): readonly Value[] {
    return (this.#cookieNames ??= namesOf(this.cookies.values));
  }

  get headers(): readonly Value[] {
    return (this.#headers ??= readHeaders(this.request.headers));
  }

  get headerNames(): readonly Value[] {
    return (this.#headerNames ??= namesOf(this.headers));
  }

  /** Every value of a header field of the request, by its name in lower case. */
  fieldsNamed(name: string): readonly string[] {
    const { headers } = this.request;
    if (headers.lacks?.(name) === true) return NO_FIELDS;
    let values: string[] | undefined;
    for (let index = 0; index < headers.count; index++) {
      const known = headers.name(index);
      // Nearly all names differ in length or in their first byte, so that few are folded.
      if (known.length !== name.length || (known.charCodeAt(0) | 0x20) !== name.charCodeAt(0)) continue;
      if (foldAscii(known) === name) (values ??= []).push(headers.value(index));
    }
    return values ?? NO_FIELDS;
  }

  get authorizationScheme(): string {
    const field = this.fieldsNamed('authorization')[0] ?? '';
    const space = field.indexOf(' ');
    return space < 0 ? field : field.slice(0, space);
  }

  /** The user of Basic credentials (RFC 7617); empty for any other. */
  get remoteUser(): string {
    const field = this.fieldsNamed('authorization')[0] ?? '';
    if (!/^basic /i.test(field.slice(0, 6))) return '';
    const credentials = base64Decode(field.slice(6).trim());
    const colon = credentials.indexOf(':');
    return colon < 0 ? '' : credentials.slice(0, colon);
  }

  /** The host of the request without its port. */
  get serverName(): string {
    const host = this.fieldsNamed('host')[0] ?? '';
    return host.replace(/:[0-9]*$/, '');
  }

  /** The body as it arrived, or the part of it that was held; empty before phase 2. */
  get bodyText(): string {
    return (this.#bodyText ??= textOf(this.#body));
  }

  /** Whether there is no body, or none of it was held. */
  get isBodyEmpty(): boolean {
    return this.#body === undefined || this.#body.bytes.length === 0;
  }

  get isBodyPrefix(): boolean {
    return this.#body?.isPrefix ?? false;
  }

  /** REQBODY_PROCESSOR: what the type says, unless a rule chose another. */
  get bodyProcessor(): string {
    if (this.state.bodyProcessor !== undefined) return this.state.bodyProcessor;
    return this.#parsedBody?.processor ?? this.declaredProcessor;
  }

  get declaredProcessor(): string {
    return (this.#declared ??= processorFor(this.fieldsNamed('content-type')));
  }

  /** What is known of a field section that came before. */
  recallProcessor(declared: string): void {
    this.#declared = declared;
  }

  get parsedBody(): ParsedBody {
    if (this.#body === undefined) return UNREAD_BODY;
    return (this.#parsedBody ??= this.#parseBody());
  }

  #parseBody(): ParsedBody {
    const room = Math.max(0, this.#limits.argumentsMax - this.query.values.length);
    return parseBody(
      this.bodyText,
      this.fieldsNamed('content-type'),
      this.fieldsNamed('content-encoding'),
      this.#limits,
      room,
      this.state.bodyProcessor,
      undefined,
      this.#names,
    );
  }

  get bodyNames(): readonly Value[] {
    return namesOf(this.parsedBody.values);
  }

  get multipart(): MultipartFlags {
    return this.parsedBody.multipart;
  }

  /**
   * REQUEST_BODY. Empty when the body was taken apart without doubt as multipart or XML, whose parts are then what rules
   * look at, unless a rule forces it; as in ModSecurity 3. For any other type, and when there is doubt, the bytes.
   */
  get requestBody(): string {
    const { processor, error } = this.parsedBody;
    const isApart = (processor === 'MULTIPART' || processor === 'XML') && error === undefined;
    return isApart && !this.state.isRequestBodyForced ? '' : this.bodyText;
  }

  get isUrlencodedError(): boolean {
    return this.query.hasInvalidEscape || this.parsedBody.hasInvalidEscape;
  }

  get fullRequest(): string {
    const { method, target, version } = this.request;
    const fields = this.headers.map(({ key, text }) => `${key}: ${text}\n`).join('');
    return `${method} ${target} ${version}\n${fields}\n${this.bodyText}`;
  }

  /** The response; undefined before phase 3. */
  get response(): InspectedResponse | undefined {
    return this.#response;
  }

  /** The media type without parameters. */
  get responseType(): string {
    const { headers } = this.#response ?? {};
    for (let index = 0; index < (headers?.count ?? 0); index++) {
      if (headers?.name(index).toLowerCase() === 'content-type') return headers.value(index);
    }
    return '';
  }

  get responseBodyText(): string {
    return (this.#responseBodyText ??= textOf(this.#responseBody));
  }

  /** Whether there is no body, or none of it is shown. */
  get isResponseBodyEmpty(): boolean {
    return this.#responseBody === undefined || this.#responseBody.bytes.length === 0;
  }

  get isResponseBodyPrefix(): boolean {
    return this.#responseBody?.isPrefix ?? false;
  }
}

const NO_FIELDS: readonly string[] = [];

function textOf(body: InspectedBody | undefined): string {
  if (body === undefined || body.bytes.length === 0) return '';
  const { buffer, byteOffset, byteLength } = body.bytes;
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

function readHeaders(headers: HeaderFields): readonly Value[] {
  const values: Value[] = [];
  for (let index = 0; index < headers.count; index++) {
    values.push(new Value(headers.name(index), headers.value(index)));
  }
  return values;
}

function namesOf(values: readonly Value[]): readonly Value[] {
  return values.length === 0 ? values : values.map((value) => new Value(value.key, value.key));
}
