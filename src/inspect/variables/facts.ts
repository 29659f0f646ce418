/**
 * What is known of one exchange, taken apart when a rule first asks and then kept.
 *
 * Every member of a collection is one Value, the same object for every rule, so that its transformations are shared.
 */
import { Buffer } from 'node:buffer';
import { parseBody } from '../body/parse-body.ts';
import { UNREAD_BODY } from '../body/body.ts';
import type { ParsedBody } from '../body/body.ts';
import type { HeaderFields, InspectedBody, InspectedRequest, InspectedResponse } from '../inspector.ts';
import type { InspectionLimits } from '../limits.ts';
import { readCookies } from './cookies.ts';
import { splitTarget } from './target.ts';
import type { TargetParts } from './target.ts';
import { readPairs } from './urlencoded.ts';
import type { Pairs } from './urlencoded.ts';
import { Value } from './value.ts';

export class Facts {
  readonly request: InspectedRequest;
  readonly #limits: InspectionLimits;
  readonly #kept = new Map<string, readonly Value[]>();
  #target: TargetParts | undefined;
  #query: Pairs | undefined;
  #cookies: Pairs | undefined;
  #body: InspectedBody | undefined;
  #bodyText: string | undefined;
  #parsedBody: ParsedBody | undefined;
  #response: InspectedResponse | undefined;

  constructor(request: InspectedRequest, limits: InspectionLimits) {
    this.request = request;
    this.#limits = limits;
  }

  /** What `read` answered the first time it was asked under this name, until the next phase begins. */
  keep(name: string, read: (facts: Facts) => readonly Value[]): readonly Value[] {
    let values = this.#kept.get(name);
    if (values === undefined) {
      values = read(this);
      this.#kept.set(name, values);
    }
    return values;
  }

  setBody(body: InspectedBody): void {
    this.#body = body;
    // Only these grow with the body; the others keep their values and what was computed from them.
    for (const name of BODY_VARIABLES) this.#kept.delete(name);
  }

  setResponse(response: InspectedResponse): void {
    this.#response = response;
  }

  get target(): TargetParts {
    return (this.#target ??= splitTarget(this.request.target));
  }

  get query(): Pairs {
    return (this.#query ??= readPairs(this.target.query, this.#limits.argumentsMax));
  }

  get cookies(): Pairs {
    return (this.#cookies ??= readCookies(
      fieldsNamed(this.request.headers, 'cookie'),
      this.#limits.cookiesMax,
    ));
  }

  /** The body as it arrived, or the part of it that was held; empty before phase 2. */
  get bodyText(): string {
    if (this.#body === undefined) return '';
    const { buffer, byteOffset, byteLength } = this.#body.bytes;
    return (this.#bodyText ??= Buffer.from(buffer, byteOffset, byteLength).toString('latin1'));
  }

  get isBodyPrefix(): boolean {
    return this.#body?.isPrefix ?? false;
  }

  get parsedBody(): ParsedBody {
    if (this.#body === undefined) return UNREAD_BODY;
    return (this.#parsedBody ??= this.#parseBody());
  }

  #parseBody(): ParsedBody {
    const { headers } = this.request;
    const room = Math.max(0, this.#limits.argumentsMax - this.query.values.length);
    const types = fieldsNamed(headers, 'content-type');
    return parseBody(this.bodyText, types, fieldsNamed(headers, 'content-encoding'), this.#limits, room);
  }

  /** The response; undefined before phase 3. */
  get response(): InspectedResponse | undefined {
    return this.#response;
  }
}

/** Variables whose values may differ between phase 1 and phase 2. */
const BODY_VARIABLES = [
  'ARGS',
  'ARGS_NAMES',
  'ARGS_POST',
  'ARGS_POST_NAMES',
  'ARGUMENTS_EXCEEDED',
  'FILES',
  'FILES_NAMES',
  'INBOUND_DATA_ERROR',
  'REQBODY_ERROR',
  'REQBODY_ERROR_MSG',
  'REQBODY_PROCESSOR',
  'REQUEST_BODY',
  'REQUEST_BODY_LENGTH',
  'REQUEST_BODY_UNPARSED',
] as const;

function fieldsNamed(headers: HeaderFields, name: string): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < headers.count; index++) {
    if (headers.name(index).length === name.length && headers.name(index).toLowerCase() === name) {
      values.push(headers.value(index));
    }
  }
  return values;
}
