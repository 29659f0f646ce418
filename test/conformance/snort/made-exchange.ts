/**
 * A message that was made for a rule as the proxy would show it: its values put where the buffers are made from. What
 * comes of it need not alert; it is there to be near to what does.
 */
import { Buffer } from 'node:buffer';
import type {
  HeaderFields,
  InspectedBody,
  InspectedRequest,
  InspectedResponse,
} from '../../../src/inspect/inspector.ts';
import type { FlowEndpoint } from '../../../src/inspect/snort/flow.ts';
import type { MadeMessage } from './made-message.ts';
import { listedFields } from '../../../src/inspect/listed-fields.ts';

export interface MadeExchange {
  readonly request: InspectedRequest;
  readonly requestBody: InspectedBody;
  readonly response: InspectedResponse;
  readonly responseBody: InspectedBody;
}

/** An exchange in parts that can be put together otherwise. */
export interface ExchangeParts {
  readonly client: FlowEndpoint;
  readonly server: FlowEndpoint;
  readonly method: string;
  readonly target: string;
  readonly fields: readonly Field[];
  readonly body: string;
  readonly status: number;
  readonly responseFields: readonly Field[];
  readonly responseBody: string;
}

export type Field = readonly [name: string, value: string];

/** Where the value of a buffer goes: a field by its name, or one of the parts. */
const FIELD_OF: Readonly<Record<string, string>> = {
  http_user_agent: 'User-Agent',
  http_host: 'Host',
  http_raw_host: 'Host',
  http_referer: 'Referer',
  http_accept: 'Accept',
  http_accept_enc: 'Accept-Encoding',
  http_accept_lang: 'Accept-Language',
  http_connection: 'Connection',
  http_content_type: 'Content-Type',
  http_content_len: 'Content-Length',
  http_cookie: 'Cookie',
  snort_cookie: 'Cookie',
  snort_raw_cookie: 'Cookie',
  http_server: 'Server',
  http_location: 'Location',
};
const TARGETS = ['http_uri', 'http_raw_uri', 'snort_uri', 'snort_raw_uri'];
const BODIES = [
  ...[
    'http_request_body',
    'http_response_body',
    'snort_client_body',
    'snort_raw_body',
    'file_data',
    'js_data',
  ],
];

export function partsOf({ values, flow }: MadeMessage): ExchangeParts {
  const fields: Field[] = [];
  let method = 'GET';
  let target = '/';
  let status = 200;
  const bodies: string[] = [];
  for (const [key, value] of values) {
    const [kind = '', name] = key.split(':');
    if (kind === 'http_method') method = value;
    else if (TARGETS.includes(kind)) target = value;
    else if (BODIES.includes(kind)) bodies.push(value);
    else if (kind === 'http_stat_code') status = Number(value) || 200;
    else if (FIELD_OF[kind] !== undefined) fields.push([FIELD_OF[kind], value]);
    else if (name !== undefined) fields.push([name, value]);
    else if (kind === 'payload') {
      const whole = readMessage(value);
      if (whole === undefined) bodies.push(value);
      else {
        method = whole.method;
        target = whole.target;
        fields.push(...whole.fields);
        bodies.push(whole.body);
      }
    } else fields.push(...readFields(value));
  }
  const isAnswer = flow.direction === 'to_client';
  return {
    client: flow.client,
    server: flow.server,
    method,
    target,
    fields: isAnswer ? [] : fields,
    body: isAnswer ? '' : bodies.join(''),
    status,
    responseFields: isAnswer ? fields : [],
    responseBody: isAnswer ? bodies.join('') : '',
  };
}

export function exchangeOf(parts: ExchangeParts): MadeExchange {
  return {
    request: {
      method: parts.method,
      target: parts.target,
      version: 'HTTP/1.1',
      headers: fieldsOf(parts.fields),
      clientAddress: parts.client.address,
      clientPort: parts.client.port,
      localAddress: parts.server.address,
      localPort: parts.server.port,
    },
    requestBody: bodyOf(parts.body),
    response: { status: parts.status, headers: fieldsOf(parts.responseFields) },
    responseBody: bodyOf(parts.responseBody),
  };
}

function fieldsOf(fields: readonly Field[]): HeaderFields {
  return listedFields(fields, fields.map(([name, value]) => `${name}: ${value}\r\n`).join('') + '\r\n');
}

function bodyOf(text: string): InspectedBody {
  return { bytes: Buffer.from(text, 'latin1'), isPrefix: false };
}

/** A payload that begins as a request does. */
function readMessage(
  text: string,
): { method: string; target: string; fields: readonly Field[]; body: string } | undefined {
  const line = /^([A-Za-z]+) ([^\r\n]*)/.exec(text);
  if (line === null) return undefined;
  const end = text.indexOf('\r\n\r\n');
  const target = (line[2] ?? '').replace(/ HTTP\/\d\.\d$/i, '');
  const section = text.slice(line[0].length, end < 0 ? text.length : end);
  return {
    method: line[1] ?? '',
    target,
    fields: readFields(section),
    body: end < 0 ? '' : text.slice(end + 4),
  };
}

/** Lines with a colon as they are, others as the value of some field. */
function readFields(text: string): readonly Field[] {
  return text
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line): Field => {
      const colon = line.indexOf(':');
      if (colon <= 0) return ['X-Made', line];
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
    });
}
