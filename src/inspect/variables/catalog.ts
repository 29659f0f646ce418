/**
 * Every variable that rules can name: the one place where they are registered.
 */
import type { HeaderFields } from '../inspector.ts';
import { BODY_VARIABLES } from './body-variables.ts';
import type { Facts } from './facts.ts';
import { STATE_VARIABLES } from './state-variables.ts';
import { TIME_VARIABLES } from './time-variables.ts';
import { collection, single } from './define.ts';
import { Value } from './value.ts';
import type { Variable } from './variable.ts';

const REQUEST_VARIABLES: readonly Variable[] = [
  collection('ARGS_GET', (facts) => facts.query.values),
  collection('ARGS_GET_NAMES', (facts) => facts.queryNames),
  single('AUTH_TYPE', (facts) => facts.authorizationScheme),
  single('COOKIES_EXCEEDED', (facts) => (facts.cookies.isExceeded ? '1' : '0')),
  single('PATH_INFO', () => ''),
  single('QUERY_STRING', (facts) => facts.target.query),
  single('REMOTE_ADDR', (facts) => facts.request.clientAddress),
  single('REMOTE_HOST', (facts) => facts.request.clientAddress),
  single('REMOTE_PORT', (facts) => String(facts.request.clientPort ?? 0)),
  single('REMOTE_USER', (facts) => facts.remoteUser),
  single('REQUEST_BASENAME', (facts) => facts.decodedBasename),
  collection('REQUEST_COOKIES', (facts) => facts.cookies.values),
  collection('REQUEST_COOKIES_NAMES', (facts) => facts.cookieNames),
  single('REQUEST_FILENAME', (facts) => facts.decodedFilename),
  collection('REQUEST_HEADERS', (facts) => facts.headers),
  collection('REQUEST_HEADERS_NAMES', (facts) => facts.headerNames),
  single('REQUEST_LINE', ({ request }) => `${request.method} ${request.target} ${request.version}`),
  single('REQUEST_METHOD', (facts) => facts.request.method),
  single('REQUEST_PROTOCOL', (facts) => facts.request.version),
  single('REQUEST_URI', (facts) => facts.target.uri),
  single('REQUEST_URI_RAW', (facts) => facts.request.target),
  single('SERVER_ADDR', (facts) => facts.request.localAddress ?? ''),
  single('SERVER_NAME', (facts) => facts.serverName),
  single('SERVER_PORT', (facts) => String(facts.request.localPort ?? 0)),
  single('UNIQUE_ID', (facts) => facts.request.id ?? ''),
  single('USERAGENT_IP', (facts) => facts.request.clientAddress),
];

const RESPONSE_VARIABLES: readonly Variable[] = [
  single('OUTBOUND_DATA_ERROR', (facts) => (facts.isResponseBodyPrefix ? '1' : '0'), {
    phase: 4,
    body: 'response',
  }),
  single('RESPONSE_BODY', (facts) => facts.responseBodyText, { phase: 4, body: 'response' }),
  single('RESPONSE_CONTENT_LENGTH', (facts) => String(facts.responseBodyText.length), {
    phase: 4,
    body: 'response',
  }),
  single('RESPONSE_CONTENT_TYPE', (facts) => facts.responseType, { phase: 3 }),
  collection('RESPONSE_HEADERS', (facts) => readFields(facts.response?.headers), { phase: 3 }),
  collection('RESPONSE_HEADERS_NAMES', (facts) => namesOf(readFields(facts.response?.headers)), { phase: 3 }),
  single('RESPONSE_PROTOCOL', (facts) => (facts.response === undefined ? '' : 'HTTP/1.1'), { phase: 3 }),
  single('RESPONSE_STATUS', (facts) => String(facts.response?.status ?? 0), { phase: 3 }),
  single(
    'STATUS_LINE',
    (facts) => (facts.response === undefined ? '' : `HTTP/1.1 ${facts.response.status}`),
    {
      phase: 3,
    },
  ),
];

const BY_NAME: ReadonlyMap<string, Variable> = new Map(
  [...REQUEST_VARIABLES, ...BODY_VARIABLES, ...RESPONSE_VARIABLES, ...STATE_VARIABLES, ...TIME_VARIABLES].map(
    (variable) => [variable.name, variable],
  ),
);

/** `name` in any case. */
export function variableNamed(name: string): Variable | undefined {
  return BY_NAME.get(name.toUpperCase());
}

/** For code that needs a variable which is known to exist. */
export function knownVariable(name: string): Variable {
  const variable = BY_NAME.get(name);
  if (variable === undefined) throw new Error(`There is no variable "${name}"`);
  return variable;
}

export const VARIABLE_NAMES: readonly string[] = [...BY_NAME.keys()].sort();

/** The values of a variable at this moment. Those that cannot change are read once and shared by all rules. */
export function valuesOf(facts: Facts, variable: Variable): readonly Value[] {
  if (variable.phase > facts.phase) return NO_VALUES;
  return variable.isVolatile ? variable.read(facts) : facts.keep(variable);
}

const NO_VALUES: readonly Value[] = [];

function readFields(fields: HeaderFields | undefined): readonly Value[] {
  const values: Value[] = [];
  const count = fields?.count ?? 0;
  for (let index = 0; index < count; index++) {
    values.push(new Value(fields?.name(index) ?? '', fields?.value(index) ?? ''));
  }
  return values;
}

function namesOf(values: readonly Value[]): readonly Value[] {
  return values.map((value) => new Value(value.key, value.key));
}
