/**
 * Inspects the requests of a Node.js server before its handlers see them, without the proxy. This is an example to start
 * from: copy it into your application.
 *
 * It needs nothing but node:http, so that it serves Express, Fastify (see beside it) and servers without a framework:
 *
 *     const inspect = inspectRequests(loadInspector());
 *     createServer((request, response) => inspect(request, response, () => handle(request, response)));
 */
import { Buffer } from 'node:buffer';
import {
  compileRules,
  createInspector,
  formatMistake,
  headersOf,
  loadRules,
  redactHit,
} from 'sallyport/inspect';

/** How much of a body is held and inspected. A longer one is answered with 413. */
const BODY_BYTES_MAX = 128 * 1024;

/** Reads and compiles rules, once, when the application starts. Throws when something is wrong with them. */
export function loadInspector(files = ['default'], options = {}) {
  const loaded = loadRules(files, process.cwd());
  const rules = loaded.kind === 'ok' ? compileRules(loaded.files, options) : loaded;
  if (rules.kind === 'bad') throw new Error(rules.mistakes.map(formatMistake).join('\n'));
  return createInspector(rules, options);
}

/**
 * A middleware `(request, response, next)`. It stands before everything that reads bodies. `onHits` is told of each
 * request that a rule hit, with what is safe to write into a log.
 */
export function inspectRequests(inspector, { onHits = () => {} } = {}) {
  return (request, response, next) => {
    inspectRequest(inspector, request, { onHits, whenDone: (end) => response.once('close', end) }).then(
      (verdict) => {
        const answer = answerTo(verdict);
        if (answer === 'pass') next();
        else if (answer === 'drop') request.socket.destroy();
        else
          response.writeHead(answer, { 'Content-Type': 'text/plain', Connection: 'close' }).end('Refused\n');
      },
      (error) => next(error),
    );
  };
}

/** The verdict on one request. Its body can be read afterwards as if nobody had. */
export async function inspectRequest(inspector, request, { onHits, whenDone }) {
  const transaction = inspector.begin({
    method: request.method,
    target: request.url,
    version: `HTTP/${request.httpVersion}`,
    headers: headersOf(request.rawHeaders),
    // Behind a proxy it is the proxy: take the address that you trust instead, such as `request.ip` of Express.
    clientAddress: request.socket.remoteAddress ?? '',
  });
  whenDone(() => transaction.end?.());
  let verdict = transaction.requestHead();
  if (verdict.do === 'continue') {
    const bytes = transaction.wantsRequestBody ? await peekBody(request) : Buffer.alloc(0);
    if (bytes === undefined) return { do: 'reply', status: 413 };
    verdict = transaction.requestBody({ bytes, isPrefix: false });
  }
  if (transaction.hits.length > 0) onHits(transaction.hits.map(redactHit), request);
  return verdict;
}

/** `pass`, `drop`, or the status to answer with. There is no decoy here: what it would get is refused. */
export function answerTo(verdict) {
  if (verdict.do === 'continue') return 'pass';
  if (verdict.do === 'drop') return 'drop';
  return verdict.do === 'reply' ? verdict.status : 403;
}

/** The whole body, which is put back for those who come after; undefined when it is too long. */
async function peekBody(request) {
  // A stream that is listened to ends, and is then of no use to those who come after: leave it alone.
  if (!hasBody(request)) return Buffer.alloc(0);
  const body = await new Promise((resolve, reject) => {
    const pieces = [];
    let length = 0;
    const leave = (finish) => {
      request.off('readable', onReadable).off('error', onEnd).off('close', onEnd);
      // The stream takes note that nobody listens a moment later.
      setImmediate(finish);
    };
    const onEnd = (error) => leave(() => reject(error ?? new Error('The client is gone')));
    const onReadable = () => {
      for (let piece = request.read(); piece !== null; piece = request.read()) {
        pieces.push(piece);
        length += piece.length;
        if (length > BODY_BYTES_MAX) return leave(() => resolve(undefined));
      }
      if (!request.complete) return undefined;
      const whole = Buffer.concat(pieces);
      // Put back before the stream says that it has ended, which it does when it is still empty a moment later.
      if (length > 0) request.unshift(whole);
      return leave(() => resolve(whole));
    };
    request.on('readable', onReadable).on('error', onEnd).on('close', onEnd);
  });
  // Chunks without content: the stream has said that it has ended, and says it once more to those who listen now.
  if (body?.length === 0) setImmediate(() => request.emit('end'));
  return body;
}

function hasBody({ headers }) {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
