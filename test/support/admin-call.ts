/** One call of the admin API of a Sallyport that runs, over its socket. */
import assert from 'node:assert/strict';
import { request } from 'node:http';

/** Resolves with the answer, which must be a success. */
export function callAdmin(socketPath: string, method: string, path: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('error', reject);
      response.on('end', () => {
        try {
          assert.equal(response.statusCode, 200, text);
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
