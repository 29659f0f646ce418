/** The admin API in OpenAPI 3.1, made of its table of routes. */
import type { Method, Route } from './call.ts';

export function describeApi(routes: readonly Route[]): unknown {
  return {
    openapi: '3.1.0',
    info: { title: 'Sallyport admin API', version: 'v1' },
    paths: Object.fromEntries(
      routes.map((route) => [
        pathOf(route),
        Object.fromEntries(
          Object.entries(route.methods).map(([name, method]) => [
            name.toLowerCase(),
            operation(route, method),
          ]),
        ),
      ]),
    ),
    components: {
      schemas: {
        Error: {
          type: 'object',
          properties: {
            error: {
              type: 'object',
              properties: { code: { type: 'string' }, message: { type: 'string' } },
              required: ['code', 'message'],
            },
          },
          required: ['error'],
        },
      },
    },
  };
}

/** `/v1/attackers/*` is `/v1/attackers/{address}`. */
function pathOf({ path, names = [] }: Route): string {
  let index = 0;
  return path.replaceAll('*', () => `{${names[index++] ?? ''}}`);
}

function operation({ names = [] }: Route, { does, body }: Method): unknown {
  return {
    summary: does,
    ...(names.length === 0
      ? {}
      : {
          parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
        }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: { type: 'object', properties: body, additionalProperties: false },
              },
            },
          },
        }),
    responses: {
      '2XX': { description: 'Done' },
      default: {
        description: 'Why not',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}
