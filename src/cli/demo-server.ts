/** An application server for the demonstration: a page that says which server it is, and one that shows the request. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface DemoServer {
  readonly name: string;
  readonly port: number;
  close(): void;
}

/** Starts a server on a free port of loopback. */
export async function startDemoServer(name: string): Promise<DemoServer> {
  // Longer than the proxy keeps its connections, as it should be with any server behind it.
  const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) =>
    answer(name, request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    name,
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(name: string, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const path = request.url ?? '/';
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  if (path === '/headers') response.end(headersPage(name, request));
  else response.end(`Hello from server "${name}".\nYou asked for ${path}\n`);
}

function headersPage(name: string, request: IncomingMessage): string {
  const rows: string[] = [];
  const { rawHeaders } = request;
  for (let index = 0; index < rawHeaders.length; index += 2)
    rows.push(`  ${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  return `Server "${name}" was told:\n${rows.join('\n')}\n`;
}
