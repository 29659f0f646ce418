/**
 * `cmdLine`. Description: undoes what shells ignore: removes `\`, `"`, `'` and `^`, turns `,`, `;` and white space into
 * one space, removes spaces before `/` and `(`, and lowers the case. Example: `C^MD, /c "dir"` becomes `cmd/c dir`.
 */
import { ByteOutput } from './byte-output.ts';

export function cmdLine(value: string): string {
  const output = new ByteOutput(value.length);
  let isAfterSpace = false;
  for (const character of value) {
    switch (character) {
      case '\\':
      case '"':
      case "'":
      case '^':
        break;
      case ' ':
      case ',':
      case ';':
      case '\t':
      case '\r':
      case '\n':
        if (!isAfterSpace) output.push(0x20);
        isAfterSpace = true;
        break;
      default:
        if (isAfterSpace && (character === '/' || character === '(')) output.pop();
        isAfterSpace = false;
        output.push(lower(character.charCodeAt(0)));
    }
  }
  return output.text();
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
}
