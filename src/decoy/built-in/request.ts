/**
 * A request as the built-in decoy sees it: taken apart generously, because an attacker's request is odd on purpose and
 * the decoy only has to look as if it understood. Nothing of it decides anything but which page is shown.
 */

/** Strings are latin1. */
export interface DecoyRequest {
  readonly method: string;
  readonly target: string;
  /** Of the body, if any: `Content-Type`. */
  readonly contentType: string;
  /** The beginning of the body. */
  readonly body: string;
}

export interface ReadRequest {
  readonly method: string;
  /** Decoded, with `/` for `\`, without a scheme and host. */
  readonly path: string;
  /** Parameters of the query, then those of the body, decoded. */
  readonly parameters: readonly Parameter[];
  /** Every text that can carry an attack, decoded: path, parameters, and the body as it is. */
  readonly texts: readonly string[];
}

export interface Parameter {
  readonly name: string;
  readonly value: string;
}

/** Bounds of what is looked at. What lies beyond is ignored, and the answer is an ordinary page. */
const TARGET_CHARS_MAX = 8192;
export const BODY_CHARS_MAX = 8192;
const PARAMETERS_MAX = 64;

export function readRequest(request: DecoyRequest): ReadRequest {
  const target = request.target.slice(0, TARGET_CHARS_MAX).replace(/^https?:\/\/[^/?#]*/i, '');
  const body = request.body.slice(0, BODY_CHARS_MAX);
  const mark = target.indexOf('?');
  const path = decode(mark < 0 ? target : target.slice(0, mark)).replaceAll('\\', '/');
  const isForm = request.contentType.toLowerCase().startsWith('application/x-www-form-urlencoded');
  const query = readParameters(mark < 0 ? '' : target.slice(mark + 1));
  const parameters = [...query, ...(isForm ? readParameters(body) : [])].slice(0, PARAMETERS_MAX);
  const values = parameters.flatMap(({ name, value }) => [value, name]);
  return {
    method: request.method,
    path: path === '' ? '/' : path,
    parameters,
    texts: [path, ...values, body],
  };
}

/** The first parameter of this name, or an empty text. */
export function parameter(request: ReadRequest, name: string): string {
  return request.parameters.find((each) => each.name === name)?.value ?? '';
}

function readParameters(text: string): Parameter[] {
  const pairs = text.split('&', PARAMETERS_MAX).filter((pair) => pair !== '');
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    return { name: decode(name.replaceAll('+', ' ')), value: decode(value.replaceAll('+', ' ')) };
  });
}

/** Percent-decoding, twice: doubly encoded attacks should be seen to work. What is no escape stays. */
function decode(text: string): string {
  return decodeOnce(decodeOnce(text));
}

function decodeOnce(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
