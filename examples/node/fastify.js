/**
 * Inspection in a Fastify application (npm install fastify ./sallyport-0.1.0.tgz, which npm pack makes). `inspectionHook`
 * is all that it needs.
 */
import { answerTo, inspectRequest, loadInspector } from './inspect-requests.js';

/** For `addHook('onRequest', …)`, which runs before Fastify reads the body. */
export function inspectionHook(inspector, { onHits = () => {} } = {}) {
  return async (request, reply) => {
    const whenDone = (end) => reply.raw.once('close', end);
    const answer = answerTo(await inspectRequest(inspector, request.raw, { onHits, whenDone }));
    if (answer === 'pass') return undefined;
    if (answer !== 'drop') return reply.code(answer).header('Connection', 'close').send('Refused\n');
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  };
}

export async function start(port) {
  const { default: Fastify } = await import('fastify');
  const app = Fastify();
  app.addHook(
    'onRequest',
    inspectionHook(loadInspector(), { onHits: (hits, request) => app.log.warn({ hits, url: request.url }) }),
  );
  app.post('/comments', (request) => ({ received: request.body }));
  await app.listen({ port });
}
