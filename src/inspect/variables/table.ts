/**
 * Every variable that rules can name: the one place where they are registered.
 */
import type { HeaderFields } from '../inspector.ts';
import type { Facts } from './facts.ts';
import { Value } from './value.ts';

export interface Variable {
  /** As SecLang's manual spells it; rules may use any case. */
  readonly name: string;
  /** True when it has named members, so that `NAME:member` makes sense. */
  readonly isCollection: boolean;
  /** The first phase in which it is known. */
  readonly phase: 1 | 2 | 3;
  /** True when it needs the body of the request, at least in part. */
  readonly needsBody: boolean;
  readonly read: (facts: Facts) => readonly Value[];
}

const VARIABLES: readonly Variable[] = [
  collection('ARGS', (facts) => [...facts.query.values, ...facts.parsedBody.values], { needsBody: true }),
  collection('ARGS_GET', (facts) => facts.query.values),
  collection('ARGS_GET_NAMES', (facts) => namesOf(facts.query.values)),
  collection(
    'ARGS_NAMES',
    (facts) => [...readShared(facts, 'ARGS_GET_NAMES'), ...namesOf(facts.parsedBody.values)],
    { needsBody: true },
  ),
  collection('ARGS_POST', (facts) => facts.parsedBody.values, { phase: 2, needsBody: true }),
  collection('ARGS_POST_NAMES', (facts) => namesOf(facts.parsedBody.values), { phase: 2, needsBody: true }),
  single('ARGUMENTS_EXCEEDED', (facts) => flag(facts.query.isExceeded || facts.parsedBody.isExceeded), {
    needsBody: true,
  }),
  single('COOKIES_EXCEEDED', (facts) => flag(facts.cookies.isExceeded)),
  collection('FILES', (facts) => facts.parsedBody.files, { phase: 2, needsBody: true }),
  collection('FILES_NAMES', (facts) => namesOf(facts.parsedBody.files), { phase: 2, needsBody: true }),
  single('INBOUND_DATA_ERROR', (facts) => flag(facts.isBodyPrefix), { phase: 2, needsBody: true }),
  single('QUERY_STRING', (facts) => facts.target.query),
  single('REMOTE_ADDR', (facts) => facts.request.clientAddress),
  single('REQBODY_ERROR', (facts) => flag(facts.parsedBody.error !== undefined), {
    phase: 2,
    needsBody: true,
  }),
  single('REQBODY_ERROR_MSG', (facts) => facts.parsedBody.error ?? '', { phase: 2, needsBody: true }),
  single('REQBODY_PROCESSOR', (facts) => facts.parsedBody.processor, { phase: 2, needsBody: true }),
  single('REQUEST_BASENAME', (facts) => facts.target.basename),
  single('REQUEST_BODY', (facts) => facts.bodyText, { phase: 2, needsBody: true }),
  single('REQUEST_BODY_LENGTH', (facts) => String(facts.bodyText.length), { phase: 2, needsBody: true }),
  single('REQUEST_BODY_UNPARSED', readUnparsedBody, { phase: 2, needsBody: true }),
  collection('REQUEST_COOKIES', (facts) => facts.cookies.values),
  collection('REQUEST_COOKIES_NAMES', (facts) => namesOf(facts.cookies.values)),
  single('REQUEST_FILENAME', (facts) => facts.target.filename),
  collection('REQUEST_HEADERS', (facts) => readHeaders(facts.request.headers)),
  collection('REQUEST_HEADERS_NAMES', (facts) => namesOf(readShared(facts, 'REQUEST_HEADERS'))),
  single('REQUEST_LINE', ({ request }) => `${request.method} ${request.target} ${request.version}`),
  single('REQUEST_METHOD', (facts) => facts.request.method),
  single('REQUEST_PROTOCOL', (facts) => facts.request.version),
  single('REQUEST_URI', (facts) => facts.target.uri),
  single('REQUEST_URI_RAW', (facts) => facts.request.target),
  collection('RESPONSE_HEADERS', (facts) => readHeaders(facts.response?.headers), { phase: 3 }),
  collection('RESPONSE_HEADERS_NAMES', (facts) => namesOf(readHeaders(facts.response?.headers)), {
    phase: 3,
  }),
  single('RESPONSE_STATUS', (facts) => String(facts.response?.status ?? 0), { phase: 3 }),
];

const BY_NAME: ReadonlyMap<string, Variable> = new Map(
  VARIABLES.map((variable) => [variable.name, variable]),
);

export function variableNamed(name: string): Variable | undefined {
  return BY_NAME.get(name.toUpperCase());
}

export const VARIABLE_NAMES: readonly string[] = VARIABLES.map((variable) => variable.name);

/** The values of a variable, read once and shared by all rules. */
export function valuesOf(facts: Facts, variable: Variable): readonly Value[] {
  return facts.keep(variable.name, variable.read);
}

type Traits = Partial<Pick<Variable, 'phase' | 'needsBody'>>;

function collection(name: string, read: Variable['read'], traits: Traits = {}): Variable {
  return { name, isCollection: true, phase: 1, needsBody: false, ...traits, read };
}

function single(name: string, read: (facts: Facts) => string, traits: Traits = {}): Variable {
  const readValue = (facts: Facts): readonly Value[] => [new Value('', read(facts))];
  return { name, isCollection: false, phase: 1, needsBody: false, ...traits, read: readValue };
}

function readShared(facts: Facts, name: string): readonly Value[] {
  const variable = BY_NAME.get(name);
  return variable === undefined ? [] : valuesOf(facts, variable);
}

function flag(isSet: boolean): string {
  return isSet ? '1' : '0';
}

function namesOf(values: readonly Value[]): readonly Value[] {
  return values.map((value) => new Value(value.key, value.key));
}

/**
 * The raw body when its arguments are not the whole truth: it could not be read beyond doubt, or its type is one that
 * nobody takes apart. Empty otherwise. Ours; rules that look at ARGS look at this as well.
 */
function readUnparsedBody(facts: Facts): string {
  const { processor, error } = facts.parsedBody;
  return processor === '' || error !== undefined ? facts.bodyText : '';
}

function readHeaders(headers: HeaderFields | undefined): readonly Value[] {
  const values: Value[] = [];
  const count = headers?.count ?? 0;
  for (let index = 0; index < count; index++) {
    values.push(new Value(headers?.name(index) ?? '', headers?.value(index) ?? ''));
  }
  return values;
}
