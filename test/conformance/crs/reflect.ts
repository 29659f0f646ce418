/**
 * The server behind the proxy in these tests: `/reflect` answers with the status, header fields and body that the body
 * of the request asks for, in JSON; everything else is a short text.
 */
import { Buffer } from 'node:buffer';

export interface Reflection {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const TYPE = 'text/plain; charset=utf-8';

export function reflect(target: string, request: Buffer): Reflection {
  if (!/^\/reflect(?:$|[?/])/.test(target))
    return { status: 200, headers: [['Content-Type', TYPE]], body: Buffer.from('Hello') };
  const asked = readAsked(request);
  const headers = Object.entries(asked.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const body =
    asked.encodedBody === undefined
      ? Buffer.from(asked.body ?? '')
      : Buffer.from(asked.encodedBody, 'base64');
  return {
    status: asked.status ?? 200,
    headers: hasType ? headers : [...headers, ['Content-Type', TYPE]],
    body,
  };
}

interface Asked {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: string;
  readonly encodedBody?: string;
}

function readAsked(request: Buffer): Asked {
  try {
    const asked: unknown = JSON.parse(request.toString('utf8'));
    return typeof asked === 'object' && asked !== null ? asked : {};
  } catch {
    return {};
  }
}
