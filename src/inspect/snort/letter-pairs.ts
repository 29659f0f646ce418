/**
 * How often one byte follows another in harmless texts: a guess that chooses by which bytes a literal is found, and nothing
 * else. A wrong guess costs time, never a match.
 *
 * Bytes by themselves say little of words: `lack` has a rare `k`, and is in every `black`.
 */
import { frequencyOf } from '../rx/literal-cost.ts';

/**
 * Of each letter how rarely another follows it, in halvings: `u` is all that follows `q`. Counted in 12 million words of English,
 * documentation and programs.
 */
const HALVINGS: readonly string[] = [
  '95458859497343959333668879', // a
  '38373889447399389537399759', // b
  '49683994695389259563589479', // c
  '47751788399698499667599979', // d
  '57445579759453757334967569', // e
  '48774499299598289454398969', // f
  '58692964299364569446589989', // g
  '39992999499479459483499999', // h
  '54456559999452369643966797', // i
  '49992999699999587919699999', // j
  '46561867499685679736695979', // k
  '37962579259399489955489969', // l
  '35862899399549339958589989', // m
  '49334639596786389933579969', // n
  '85538569797542549355566998', // o
  '29873996497489439344499959', // p
  '84988999599687988766068899', // q
  '39562759396755379544578959', // r
  '59592895398678439732599969', // s
  '49763892399668459344597959', // t
  '54544569599343859333999899', // u
  '29791989399967589976999999', // v
  '39873983299685389449996999', // w
  '37474698599859839943999279', // x
  '57685869599554429334884998', // y
  '49992977399561699854999977', // z
];

/** Signs that stand beside each other in JSON, forms, and lists of fields. */
const SIGN_PAIRS: readonly string[] = [
  '":',
  ':"',
  '",',
  ',"',
  '="',
  '":',
  '{"',
  '"}',
  '[{',
  '},',
  ', ',
  '; ',
];
const SIGN_PAIR_SHARE = 0.25;
/** Of the letters that end a word of JSON. */
const QUOTE_SHARE = 0.05;

/** Signs between words: in targets, fields and forms each stands beside a letter. */
const WORD_SIGNS = '/-.=&+ ';
const WORD_END_SHARE = 0.04;
const WORD_START_SHARE = 0.05;

const LETTER_A = 0x61;
const LETTERS = 26;
const QUOTE = 0x22;

/** How probable it is that the bytes of a literal in lower case from `start` to before `end` stand at a place. */
export function chanceOf(literal: string, start: number, end: number): number {
  let last = literal.charCodeAt(start);
  let chance = frequencyOf(last);
  for (let at = start + 1; at < end; at++) {
    const byte = literal.charCodeAt(at);
    chance *= SHARES[((last & 0xff) << 8) | (byte & 0xff)]!; // One for each pair.
    last = byte;
  }
  return chance;
}

/** For each pair of bytes how probable the second is behind the first. */
const SHARES: Float32Array = (() => {
  const shares = new Float32Array(1 << 16);
  for (let pair = 0; pair < shares.length; pair++) shares[pair] = frequencyOf(pair & 0xff);
  for (let first = 0; first < LETTERS; first++) {
    const place = (LETTER_A + first) << 8;
    for (let second = 0; second < LETTERS; second++)
      shares[place | (LETTER_A + second)] = 2 ** -Number(HALVINGS[first]?.[second] ?? 9);
    shares[place | QUOTE] = QUOTE_SHARE;
    for (let sign = 0; sign < WORD_SIGNS.length; sign++) {
      const byte = WORD_SIGNS.charCodeAt(sign);
      shares[place | byte] = WORD_END_SHARE;
      shares[(byte << 8) | (LETTER_A + first)] = WORD_START_SHARE;
    }
  }
  for (const pair of SIGN_PAIRS) shares[(pair.charCodeAt(0) << 8) | pair.charCodeAt(1)] = SIGN_PAIR_SHARE;
  return shares;
})();
