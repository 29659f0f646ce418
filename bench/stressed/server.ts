/**
 * A server whose every answer costs the same amount of computing, done before it answers. It ends with its standard input.
 *
 *     node bench/stressed/server.ts PORT ITERATIONS
 */
import { createServer } from 'node:http';
import { work } from './work.ts';

const [port, iterations] = process.argv.slice(2).map(Number);
const server = createServer((_request, response) => {
  work(iterations!);
  response.setHeader('X-Server', port!);
  response.end('ok\n');
});
server.listen(port, '127.0.0.1');
process.stdin.resume().once('end', () => process.exit());
