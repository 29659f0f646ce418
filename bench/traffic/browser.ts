/**
 * The heads that browsers send: the fields of Chrome, in its order, for a navigation, a form and a call by a script.
 *
 * What a browser is (its name, its language) and its cookies stay the same for all requests of a session, as they do for
 * real clients: a proxy that remembers them is right to gain from it.
 */
import type { Choices } from './random.ts';
import { oneWord } from './words.ts';

/** One visitor of the shop. */
export interface Session {
  readonly userAgent: string;
  readonly brands: string;
  readonly platform: string;
  readonly mobile: '?0' | '?1';
  readonly language: string;
  readonly cookies: string;
}

/** What one browser asks for in a row: from a page with a list it opens one after the other. */
export interface Visit {
  readonly session: Session;
  /** The path of the list, which the browser names as the referer. */
  readonly folder: string;
}

export type Field = readonly [name: string, value: string];

/** How many visitors there are: more than connections, fewer than requests. */
export const SESSION_COUNT = 400;

export const HOST = 'shop.example.com';
export const ORIGIN: string = `https://${HOST}`;

const PLATFORMS: readonly (readonly [platform: string, system: string, mobile: '?0' | '?1'])[] = [
  ['"Windows"', 'Windows NT 10.0; Win64; x64', '?0'],
  ['"macOS"', 'Macintosh; Intel Mac OS X 10_15_7', '?0'],
  ['"Linux"', 'X11; Linux x86_64', '?0'],
  ['"Android"', 'Linux; Android 10; K', '?1'],
];
const VERSIONS: readonly number[] = [126, 127, 128];
const LANGUAGES: readonly string[] = [
  'en-US,en;q=0.9',
  'de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7',
  'fr-FR,fr;q=0.9,en;q=0.8',
];
const THEMES: readonly string[] = ['light', 'dark'];
const DIGITS = '0123456789';
const HEX = '0123456789abcdef';
const ACCEPT_PAGE =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,' +
  'application/signed-exchange;v=b3;q=0.7';

export function makeSessions(choices: Choices): readonly Session[] {
  return Array.from({ length: SESSION_COUNT }, () => {
    const [platform, system, mobile] = choices.of(PLATFORMS);
    const version = choices.of(VERSIONS);
    const suffix = mobile === '?1' ? 'Mobile Safari' : 'Safari';
    return {
      userAgent: `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 ${suffix}/537.36`,
      brands: `"Chromium";v="${version}", "Not;A=Brand";v="24", "Google Chrome";v="${version}"`,
      platform,
      mobile,
      language: choices.of(LANGUAGES),
      cookies:
        `session=${choices.text(32, HEX)}; theme=${choices.of(THEMES)}; ` +
        `_ga=GA1.2.${choices.text(9, DIGITS)}.17${choices.text(8, DIGITS)}`,
    };
  });
}

export function makeVisit(choices: Choices, sessions: readonly Session[]): Visit {
  return { session: choices.of(sessions), folder: `/catalogue/${oneWord(choices)}` };
}

/** A click on a link: 16 fields. */
export function navigationFields(session: Session, refererPath: string): Field[] {
  return [
    ...commonFields(session),
    ['Upgrade-Insecure-Requests', '1'],
    ['User-Agent', session.userAgent],
    ['Accept', ACCEPT_PAGE],
    ['Sec-Fetch-Site', 'same-origin'],
    ['Sec-Fetch-Mode', 'navigate'],
    ['Sec-Fetch-User', '?1'],
    ['Sec-Fetch-Dest', 'document'],
    ...trailingFields(session, refererPath),
  ];
}

/** A form that is sent. Content-Length is added by whoever writes the request. */
export function formFields(session: Session, refererPath: string, contentType: string): Field[] {
  const fields = navigationFields(session, refererPath);
  fields.splice(2, 0, ['Cache-Control', 'max-age=0']);
  fields.splice(7, 0, ['Origin', ORIGIN], ['Content-Type', contentType]);
  return fields;
}

/** A call by a script of the page. */
export function scriptFields(session: Session, refererPath: string, contentType: string): Field[] {
  return [
    ...commonFields(session),
    ['User-Agent', session.userAgent],
    ['Content-Type', contentType],
    ['Accept', 'application/json, text/plain, */*'],
    ['Origin', ORIGIN],
    ['Sec-Fetch-Site', 'same-origin'],
    ['Sec-Fetch-Mode', 'cors'],
    ['Sec-Fetch-Dest', 'empty'],
    ...trailingFields(session, refererPath),
  ];
}

function commonFields(session: Session): Field[] {
  return [
    ['Host', HOST],
    ['Connection', 'keep-alive'],
    ['sec-ch-ua', session.brands],
    ['sec-ch-ua-mobile', session.mobile],
    ['sec-ch-ua-platform', session.platform],
  ];
}

function trailingFields(session: Session, refererPath: string): Field[] {
  return [
    ['Referer', ORIGIN + refererPath],
    ['Accept-Encoding', 'gzip, deflate, br, zstd'],
    ['Accept-Language', session.language],
    ['Cookie', session.cookies],
  ];
}
