/**
 * `urlEncode`. Description: writes every byte but letters, digits and `*` as `%xx`, a space as `+`.
 * Example: `a b=c` becomes `a+b%3dc`.
 */
export function urlEncode(value: string): string {
  return value.replace(/[^A-Za-z0-9*]/g, encode);
}

function encode(character: string): string {
  return character === ' ' ? '+' : `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
