/**
 * The kinds of requests that a shop gets, harmless and not, and how often each comes in a typical mix.
 *
 * Every target, argument or body has the counter of sample.ts in it. Every harmless one must pass and every attack must
 * be denied by the CRS at paranoia level 1: the load checks it at each answer.
 */
import { attackSample } from './attacks.ts';
import { formFields, navigationFields, scriptFields, type Visit } from './browser.ts';
import type { Choices } from './random.ts';
import { COUNTER, type Sample } from './sample.ts';
import { oneWord, someText, someWords } from './words.ts';

export interface Kind {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** How many of a thousand requests of the mix are of this kind. */
  readonly inMix: number;
  /** How many visits are made up, and how many requests each has, one after the other on one connection. */
  readonly visits: number;
  readonly requestsPerVisit: number;
  /** True when one takes milliseconds of a slow peer: fewer connections and fewer requests. */
  readonly isHeavy?: true;
  make(choices: Choices, visit: Visit): Sample;
}

const FORM = 'application/x-www-form-urlencoded';
const FORM_ARGUMENTS = 950;
const JSON_DEPTH = 400;
const TEXT_BYTES = 100_000;
const FILE_BYTES = 20_000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Visits of many browsers; of large bodies there are fewer, so that all fit into memory. */
const LIGHT = { visits: 400, requestsPerVisit: 10 } as const;
const LARGE = { visits: 40, requestsPerVisit: 5 } as const;
const HEAVY = { visits: 8, requestsPerVisit: 5, isHeavy: true } as const;

export const KINDS: readonly Kind[] = [
  { name: 'page', title: 'page, 16 fields as Chrome sends them', inMix: 550, ...LIGHT, make: page },
  {
    name: 'page-varied',
    title: 'page, each request from another browser than the one before',
    inMix: 0,
    visits: 4_000,
    requestsPerVisit: 1,
    make: page,
  },
  { name: 'search', title: 'search with three arguments', inMix: 200, ...LIGHT, make: search },
  { name: 'login', title: 'form with three fields', inMix: 50, ...LIGHT, make: login },
  { name: 'json', title: 'JSON of about 150 bytes to an API', inMix: 130, ...LIGHT, make: json },
  { name: 'upload', title: 'multipart, two fields and a file of 20 kB', inMix: 35, ...LARGE, make: upload },
  { name: 'arguments', title: 'form with 950 arguments', inMix: 5, ...HEAVY, make: manyArguments },
  { name: 'deep-json', title: 'JSON of depth 400', inMix: 5, ...HEAVY, make: deepJson },
  { name: 'text', title: 'form with a text of 100 kB', inMix: 5, ...HEAVY, make: longText },
  {
    name: 'attack',
    title: 'SQL injection, script, path and shell in arguments, forms and JSON',
    inMix: 20,
    ...LIGHT,
    make: attackSample,
  },
];

function page(choices: Choices, visit: Visit): Sample {
  return get(`${visit.folder}/${someWords(choices, 2, 3, '-')}-${COUNTER}.html`, visit);
}

function search(choices: Choices, visit: Visit): Sample {
  const words = someWords(choices, 2, 3, '+');
  const target = `/search?q=${words}+${COUNTER}&page=${choices.number(1, 20)}&sort=${choices.of(['price', 'name', 'newest'])}`;
  return get(target, visit);
}

function login(choices: Choices, visit: Visit): Sample {
  const address = `${oneWord(choices)}.${COUNTER}%40example.com`;
  const body = `user=${address}&password=${choices.text(14, LETTERS)}&remember=1`;
  return post('/login', formFields(visit.session, '/login', FORM), body);
}

function json(choices: Choices, visit: Visit): Sample {
  const items = Array.from({ length: 2 }, () => ({
    id: choices.number(1, 99_999),
    count: choices.number(1, 9),
  }));
  const note = `leave the ${someWords(choices, 2, 4, ' ')} at the door, please`;
  const body = JSON.stringify({ items, coupon: `${oneWord(choices).toUpperCase()}${COUNTER}`, note });
  return post('/api/cart', scriptFields(visit.session, '/cart', 'application/json'), body);
}

function upload(choices: Choices, visit: Visit): Sample {
  const boundary = `----WebKitFormBoundary${choices.text(16, LETTERS)}`;
  const part = (disposition: string, content: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
  const file = `filename="photo-${COUNTER}.jpg"\r\nContent-Type: image/jpeg`;
  const body =
    part('name="title"', someWords(choices, 2, 4, ' ')) +
    part('name="description"', someText(choices, 200, ' ')) +
    part(`name="file"; ${file}`, randomBytes(choices, FILE_BYTES)) +
    `--${boundary}--\r\n`;
  return post(
    '/photos',
    formFields(visit.session, '/photos', `multipart/form-data; boundary=${boundary}`),
    body,
  );
}

function manyArguments(choices: Choices, visit: Visit): Sample {
  const fields = Array.from({ length: FORM_ARGUMENTS }, (_, index) => {
    const value = index % 10 === 0 ? COUNTER : someWords(choices, 1, 3, '+');
    return `field${index}=${value}`;
  });
  return post('/survey', formFields(visit.session, '/survey', FORM), fields.join('&'));
}

function deepJson(choices: Choices, visit: Visit): Sample {
  const names = Array.from(
    { length: JSON_DEPTH },
    () => `{"${choices.of(['next', 'item', 'child', 'node'])}":`,
  );
  const body = `${names.join('')}"${oneWord(choices)} ${COUNTER}"${'}'.repeat(JSON_DEPTH)}`;
  return post('/api/tree', scriptFields(visit.session, '/tree', 'application/json'), body);
}

function longText(choices: Choices, visit: Visit): Sample {
  const body = `title=${COUNTER}&text=${someText(choices, TEXT_BYTES, '+').replaceAll(',', '%2C')}`;
  return post('/articles', formFields(visit.session, '/articles', FORM), body);
}

function get(target: string, visit: Visit): Sample {
  return {
    method: 'GET',
    target,
    fields: navigationFields(visit.session, visit.folder),
    body: '',
    isAttack: false,
  };
}

function post(target: string, fields: Sample['fields'], body: string): Sample {
  return { method: 'POST', target, fields, body, isAttack: false };
}

/** Bytes such as a compressed picture has. */
function randomBytes(choices: Choices, count: number): string {
  return String.fromCharCode(...Array.from({ length: count }, () => choices.number(0, 255)));
}
