/** A web server that says who it is and what it was told, and a client that asks. */
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Origin {
  readonly port: number;
  /** Targets of the requests that came. */
  readonly targets: readonly string[];
}

export interface Page {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How long a client waits for a page. */
const PAGE_MS = 60_000;

/**
 * Starts a server on loopback that ends with the test. Unless `answer` says otherwise, a page is the name of the server
 * and then the header fields that came, one a line.
 */
export async function startOrigin(
  t: TestContext,
  name: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void = (request, response) => {
    response.end([name, ...fieldsOf(request)].join('\n'));
  },
): Promise<Origin> {
  const targets: string[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    targets.push(request.url ?? '');
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, targets }; // Not a pipe: it listens on a port.
}

export interface GetOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The address that the client has. */
  readonly from?: string;
  /** The address that it asks; 127.0.0.1 when left out. */
  readonly host?: string;
}

/** Asks for a page on a connection of its own. */
export function get(port: number, path: string, options: GetOptions = {}): Promise<Page> {
  const { method = 'GET', headers = {}, body, from, host = '127.0.0.1' } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host,
        port,
        path,
        method,
        headers,
        agent: false,
        signal: AbortSignal.timeout(PAGE_MS),
        ...(from === undefined ? {} : { localAddress: from }),
      },
      (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (piece: string) => (text += piece));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function fieldsOf(request: IncomingMessage): string[] {
  const lines: string[] = [];
  const { rawHeaders } = request;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index] ?? ''}: ${rawHeaders[index + 1] ?? ''}`);
  }
  return lines;
}
