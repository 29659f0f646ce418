/**
 * Harmless words: what is sought, written and bought in the shop that the requests of the bench are made for.
 */
import type { Choices } from './random.ts';

const WORDS: readonly string[] = (
  'red blue green black white brown grey yellow small large light heavy warm soft thin wide long short new old plain ' +
  'running walking hiking cycling climbing swimming garden kitchen office travel summer winter autumn spring evening ' +
  'shoes boots sandals jacket trousers shirt sweater gloves scarf socks hat belt bag wallet purse backpack suitcase ' +
  'lamp table chair shelf drawer mirror carpet curtain pillow blanket towel bucket ladder hammer spanner bottle ' +
  'coffee tea bread butter honey apple cherry lemon pepper salt sugar flour rice pasta soup cheese paper pencil ' +
  'wooden woollen cotton leather silver golden copper rubber ceramic linen'
).split(' ');

export function oneWord(choices: Choices): string {
  return choices.of(WORDS);
}

/** From `least` to `most` words with `between` between them. */
export function someWords(choices: Choices, least: number, most: number, between: string): string {
  return Array.from({ length: choices.number(least, most) }, () => oneWord(choices)).join(between);
}

/** Sentences of words, `length` characters in all, with `space` for each space. */
export function someText(choices: Choices, length: number, space: string): string {
  const parts: string[] = [];
  for (let made = 0; made < length;) {
    const sentence = `The ${someWords(choices, 4, 12, ' ')}, which we got on ${choices.number(1, 28)} May. `;
    parts.push(sentence);
    made += sentence.length;
  }
  return parts.join('').slice(0, length).replaceAll(' ', space);
}
