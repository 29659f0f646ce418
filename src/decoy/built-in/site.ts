/**
 * The company that the built-in decoy pretends to be: everything that an attacker could note and compare.
 *
 * All of it follows from the seed of the installation. The same seed gives the same company, so that an attacker who
 * comes back finds what was there before; another seed gives other people, passwords and keys, so that a credential
 * which turns up somewhere can only have come from this decoy (a honeytoken), and one decoy does not give away others.
 * Names lie in domains that nobody can register (`.internal`) and addresses in private networks: what an attacker does
 * with them reaches no third party.
 */
import type { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';

export interface SiteOptions {
  /** Secret and lasting: made once for an installation. */
  readonly seed: string;
  /** `Server` of every answer; it also decides whose error pages are shown. */
  readonly serverHeader: string;
}

export interface User {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly mail: string;
  /** Looks like bcrypt and is random: no password fits. */
  readonly passwordHash: string;
}

export interface Product {
  readonly id: number;
  readonly name: string;
  /** `12.90` */
  readonly price: string;
}

export interface Site {
  readonly serverHeader: string;
  readonly isApache: boolean;
  /** `PHP/8.2.17` */
  readonly poweredBy: string;
  readonly name: string;
  /** One word, for databases, folders and hosts. */
  readonly slug: string;
  readonly host: string;
  /** A private address. */
  readonly databaseHost: string;
  readonly databasePassword: string;
  /** The administrator first. */
  readonly users: readonly User[];
  readonly products: readonly Product[];
  /** Something random and lasting of `length` characters from `alphabet`, one for each label. */
  readonly secret: (label: string, length: number, alphabet: string) => string;
}

export const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
export const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
export const HEX = '0123456789abcdef';

const PLACES = [
  'Harbour',
  'Mill',
  'Orchard',
  'Quarry',
  'Ferry',
  'Meadow',
  'Chapel',
  'Foundry',
  'Lantern',
  'Bridge',
];
const TRADES = [
  'Tools',
  'Supply',
  'Books',
  'Garden',
  'Outdoor',
  'Kitchen',
  'Paper',
  'Optics',
  'Cycles',
  'Audio',
];
const FIRST_NAMES = [
  'Anna',
  'Ben',
  'Clara',
  'David',
  'Eva',
  'Felix',
  'Greta',
  'Hugo',
  'Iris',
  'Jonas',
  'Klara',
  'Leo',
];
const LAST_NAMES = [
  'Berg',
  'Cole',
  'Dahl',
  'Ekman',
  'Frost',
  'Grant',
  'Holm',
  'Irving',
  'Jensen',
  'Keller',
  'Lund',
];
const ADJECTIVES = [
  'Classic',
  'Compact',
  'Light',
  'Solid',
  'Travel',
  'Studio',
  'Basic',
  'Double',
  'Small',
  'Grand',
];
const THINGS = ['lamp', 'case', 'stand', 'kit', 'bag', 'set', 'box', 'frame', 'holder', 'cover'];

const USER_COUNT = 6;
const PRODUCT_COUNT = 12;

export function makeSite(options: SiteOptions): Site {
  if (options.seed === '') throw new RangeError('Cannot make a decoy: its seed is empty');
  if (!/^[!-~](?:[ -~]{0,98}[!-~])?$/.test(options.serverHeader)) {
    throw new RangeError(
      'Cannot make a decoy: its Server field is not 1 to 100 characters of printable ASCII',
    );
  }
  const random = new SeededChoice(options.seed);
  const place = random.pick('place', PLACES);
  const trade = random.pick('trade', TRADES);
  const slug = `${place}${trade}`.toLowerCase();
  const host = `${slug}.internal`;
  return {
    serverHeader: options.serverHeader,
    isApache: /^apache/i.test(options.serverHeader),
    poweredBy: `PHP/8.2.${12 + random.number('php', 15)}`,
    name: `${place} ${trade}`,
    slug,
    host,
    databaseHost: `10.${20 + random.number('net', 200)}.${random.number('subnet', 250)}.${10 + random.number('db', 40)}`,
    databasePassword: random.text('database password', 18, ALPHANUMERIC),
    users: Array.from({ length: USER_COUNT }, (_, index) => makeUser(random, index + 1, host)),
    products: Array.from({ length: PRODUCT_COUNT }, (_, index) => makeProduct(random, index + 1)),
    secret: (label, length, alphabet) => random.text(`secret ${label}`, length, alphabet),
  };
}

function makeUser(random: SeededChoice, id: number, host: string): User {
  const first = random.pick(`first name ${id}`, FIRST_NAMES);
  const last = random.pick(`last name ${id}`, LAST_NAMES);
  const login = id === 1 ? 'admin' : `${first[0] ?? ''}${last}${id}`.toLowerCase();
  const hash = random.text(`hash ${id}`, 53, `./${ALPHANUMERIC}`);
  return { id, login, name: `${first} ${last}`, mail: `${login}@${host}`, passwordHash: `$2y$10$${hash}` };
}

function makeProduct(random: SeededChoice, id: number): Product {
  const name = `${random.pick(`adjective ${id}`, ADJECTIVES)} ${random.pick(`thing ${id}`, THINGS)}`;
  return {
    id,
    name,
    price: `${4 + random.number(`price ${id}`, 180)}.${random.pick(`cents ${id}`, ['00', '50', '90'])}`,
  };
}

/** Choices that a seed and a label fix: HMAC-SHA-256, so that what is shown says nothing about what is not. */
class SeededChoice {
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** From 0 to below `bound`. The bias of the remainder does not matter: these are names and prices. */
  number(label: string, bound: number): number {
    return this.#bytes(label, 0).readUInt32BE(0) % bound;
  }

  pick(label: string, from: readonly string[]): string {
    return from[this.number(label, from.length)] ?? '';
  }

  text(label: string, length: number, alphabet: string): string {
    let text = '';
    for (let block = 0; text.length < length; block++) {
      for (const byte of this.#bytes(label, block)) text += alphabet[byte % alphabet.length] ?? '';
    }
    return text.slice(0, length);
  }

  #bytes(label: string, block: number): Buffer {
    return createHmac('sha256', this.#seed).update(`${block}/${label}`).digest();
  }
}
