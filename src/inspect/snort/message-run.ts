/**
 * One direction of an exchange while it is inspected: what it has met so far, and its buffers, made when a rule asks.
 */
import type { BodyLimits } from '../body/limits.ts';
import type { HeaderFields, InspectedBody, InspectedRequest, InspectedResponse } from '../inspector.ts';
import { copyText, TEXT_BYTES } from '../match/text-bytes.ts';
import { RequestBuffers, ResponseBuffers } from './http-buffers.ts';
import { writeFields } from './header-normalize.ts';
import { MessageBuffers } from './message-buffers.ts';
import type { FastMessagePlan, MessagePlan } from './message-plan.ts';
import {
  bodyTexts,
  isLookedAtAsItCame,
  isPlainRequest,
  joinedTexts,
  lineText,
  targetTexts,
} from './message-texts.ts';
import { NO_NEEDS } from './need-scan.ts';
import type { NeedIds } from './need-scan.ts';
import { TAIL_VERSION } from './constant-tail.ts';
import { startLineOf, statusLineOf } from './message-parts.ts';
import { isOfFields } from './buffers.ts';
import type { CompiledGroup } from './compile.ts';
import { nameRules } from './rule-index.ts';
import type { RuleIndex } from './rule-index.ts';
import { listedIn, noteFailed } from './section-memo.ts';
import type { KnownSection } from './section-memo.ts';

const NONE: readonly number[] = [];

export abstract class MessageRun {
  readonly plan: MessagePlan;
  bodyBytes = 0;
  protected readonly limits: BodyLimits;
  #method: NeedIds = NO_NEEDS;
  #line: NeedIds = NO_NEEDS;
  #fields: NeedIds = NO_NEEDS;
  #body: NeedIds = NO_NEEDS;
  #isHeadRead = false;
  #given: InspectedBody | undefined;
  #buffers: RequestBuffers | ResponseBuffers | undefined;
  #texts: MessageBuffers | undefined;

  constructor(plan: MessagePlan, limits: BodyLimits) {
    this.plan = plan;
    this.limits = limits;
  }

  /** About how large the message is, without its header fields. */
  get bytes(): number {
    return this.lineBytes + this.bodyBytes;
  }

  protected get buffers(): RequestBuffers | ResponseBuffers {
    if (this.#buffers !== undefined) return this.#buffers;
    const made = this.make();
    if (this.#given !== undefined) made.setBody(this.#given);
    return (this.#buffers = made);
  }

  /** What rules are evaluated on. */
  get texts(): MessageBuffers {
    return (this.#texts ??= new MessageBuffers(this.buffers));
  }

  /** Finds out what the head meets. Rules of the body look at the head, too, whoever has left out the first. */
  readHead(): void {
    if (this.#isHeadRead) return;
    this.#isHeadRead = true;
    const { fast } = this.plan;
    if (fast === undefined) return;
    this.#method = this.methodNeeds(fast);
    this.#line = this.lineNeeds(fast);
    this.#fields = this.fieldNeeds(fast);
  }

  readBody(body: InspectedBody): void {
    this.bodyBytes = body.bytes.length;
    if (this.bodyBytes === 0) return;
    this.#given = body;
    this.#buffers?.setBody(body);
    const index = this.plan.fast?.index;
    if (index?.body === undefined) return;
    const scan = index.body;
    const { used, direction } = this.plan;
    if (isLookedAtAsItCame(this.headers, used) && scan.isRuledOut(body.bytes)) return;
    for (const text of bodyTexts(
      body.bytes,
      this.headers,
      used,
      direction,
      index.tables.literalBytesMax,
      () => this.buffers,
    )) {
      this.#body = scan.scan(text, this.#body);
    }
  }

  /** The rules that are worth evaluating of those for which `isAsked` is 1, in order. */
  named(isAsked: Uint8Array, hasBits: boolean): readonly number[] {
    const { fast } = this.plan;
    if (fast === undefined) return [...isAsked.keys()].filter((rule) => isAsked[rule] === 1);
    const { index } = fast;
    if (!index.namesWithoutNeeds(hasBits) && !this.#meetsListed(index)) return NONE;
    const lists = [this.#method, this.#line, this.#fields, this.#body];
    const named = nameRules(index, this.plan.rules, lists, hasBits, isAsked);
    const failed = this.section?.failed;
    return failed === undefined || named.length === 0 ? named : named.filter((rule) => !failed.has(rule));
  }

  /** Most messages meet some need, but none by which a rule is known: `GET` beside what is rare. */
  #meetsListed(index: RuleIndex): boolean {
    const { section } = this;
    const fields = section === undefined ? this.#fields : listedIn(section, index);
    return (
      index.lists(this.#line) || index.lists(fields) || index.lists(this.#body) || index.lists(this.#method)
    );
  }

  /**
   * The rule did not match because of this group. Where that is about fields alone, in a section that is remembered, the
   * rule is not named again for that section.
   */
  noteFailure(rule: number, group: CompiledGroup): void {
    if (this.section === undefined || !isOfFields(group.buffer.kind)) return;
    if (this.plan.rules.at(rule)?.hasVariables === false) noteFailed(this.section, rule);
  }

  /** What is known of the fields; undefined when nothing is. */
  protected section: KnownSection | undefined;

  protected abstract readonly lineBytes: number;
  protected abstract readonly headers: HeaderFields;
  protected abstract make(): RequestBuffers | ResponseBuffers;
  protected abstract methodNeeds(fast: FastMessagePlan): NeedIds;
  protected abstract lineNeeds(fast: FastMessagePlan): NeedIds;
  protected abstract fieldNeeds(fast: FastMessagePlan): NeedIds;
}

export class RequestRun extends MessageRun {
  readonly #request: InspectedRequest;

  constructor(plan: MessagePlan, request: InspectedRequest, limits: BodyLimits) {
    super(plan, limits);
    this.#request = request;
  }

  protected get lineBytes(): number {
    return this.#request.target.length;
  }

  protected get headers(): HeaderFields {
    return this.#request.headers;
  }

  protected make(): RequestBuffers {
    const section = this.section;
    if (section === undefined) return new RequestBuffers(this.#request, { limits: this.limits });
    section.text ??= writeFields(this.#request.headers);
    const head = `${startLineOf(this.#request)}\r\n${section.text}`;
    return new RequestBuffers(this.#request, { limits: this.limits, head });
  }

  protected methodNeeds({ index }: FastMessagePlan): NeedIds {
    return index.method.of(this.#request.method);
  }

  protected lineNeeds({ index: { line: scan } }: FastMessagePlan): NeedIds {
    if (scan === undefined) return NO_NEEDS;
    const request = this.#request;
    const line = lineText(request);
    const isUsual = request.version === TAIL_VERSION;
    if (copyText(line, 0) === line.length && isPlainRequest(request, TEXT_BYTES))
      return scan.scanLine(line, isUsual);
    // One scan costs less than two; what seems to stand across the line feed is evaluated for nothing.
    const lines = `${targetTexts(request, this.plan.used).join('\n')}\n${line}`;
    if (copyText(lines, 0) === lines.length) return scan.scanLine(lines, isUsual);
    return scan.scan(lines, NO_NEEDS);
  }

  protected fieldNeeds({ fields }: FastMessagePlan): NeedIds {
    if (fields === undefined) return NO_NEEDS;
    const { headers } = this.#request;
    this.section = fields.known(headers);
    if (this.section !== undefined) return this.section.needs;
    return fields.of(headers, () => joinedTexts(headers, this.plan.used, this.plan.direction, this.buffers));
  }
}

/** Statuses whose line was looked through: there are no more that a reader of heads lets pass. */
const STATUSES_MAX = 900;

export class ResponseRun extends MessageRun {
  readonly #response: InspectedResponse;
  readonly #request: InspectedRequest;

  constructor(plan: MessagePlan, response: InspectedResponse, request: InspectedRequest, limits: BodyLimits) {
    super(plan, limits);
    this.#response = response;
    this.#request = request;
  }

  protected get lineBytes(): number {
    return 0;
  }

  protected get headers(): HeaderFields {
    return this.#response.headers;
  }

  protected make(): ResponseBuffers {
    return new ResponseBuffers(this.#response, this.#request, { limits: this.limits });
  }

  protected methodNeeds(): NeedIds {
    return NO_NEEDS;
  }

  protected lineNeeds({ index: { line: scan }, byStatus }: FastMessagePlan): NeedIds {
    if (scan === undefined) return NO_NEEDS;
    const { status } = this.#response;
    const known = byStatus.get(status);
    if (known !== undefined) return known;
    const found = scan.scan(`${statusLineOf(this.#response)}\r\n`, NO_NEEDS);
    if (byStatus.size < STATUSES_MAX) byStatus.set(status, found);
    return found;
  }

  protected fieldNeeds({ fields }: FastMessagePlan): NeedIds {
    if (fields === undefined) return NO_NEEDS;
    const { headers } = this.#response;
    this.section = fields.known(headers);
    if (this.section !== undefined) return this.section.needs;
    return fields.ofUnseen(headers, () =>
      joinedTexts(headers, this.plan.used, this.plan.direction, this.buffers),
    );
  }
}
