/** Runs the programs that show and change the network of a host: never through a shell, bounded in time and output. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { escapeForLog } from '../../base/escape.ts';

/** A program of the host could not do what it was asked. The message is for people. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** A host with tens of thousands of rules takes some seconds to list them. */
const TOOL_MS = 30_000;
/** Such a list has some 20 MiB. */
const OUTPUT_BYTES_MAX = 128 * 1024 * 1024;
const SAID_CHARS_MAX = 2000;

/** Debian puts them where the PATH of a user does not look. */
const FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

export function findTool(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...FOLDERS];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** What the program printed. Throws ToolError with what it said when it fails or is not there. */
export async function runTool(name: string, args: readonly string[], input = ''): Promise<string> {
  const path = findTool(name);
  if (path === undefined) throw new ToolError(`Cannot run "${name}": it is not installed`);
  const { code, out, said } = await runToEnd(path, args, input);
  if (code === 0) return out;
  const text = escapeForLog(said.trim().replaceAll(/\s*\n\s*/g, '; ')).slice(0, SAID_CHARS_MAX);
  throw new ToolError(
    `Cannot run "${[name, ...args].join(' ')}": ${text === '' ? `it ends with ${code}` : text}`,
  );
}

interface End {
  readonly code: number | string;
  readonly out: string;
  readonly said: string;
}

function runToEnd(path: string, args: readonly string[], input: string): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
      timeout: TOOL_MS,
      killSignal: 'SIGKILL',
    });
    const parts: string[] = [];
    let length = 0;
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      length += text.length;
      if (length <= OUTPUT_BYTES_MAX) parts.push(text);
      else child.kill('SIGKILL');
    });
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      if (said.length < SAID_CHARS_MAX) said += text;
    });
    // A program that ends before it has read everything says why in its own words.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code: code ?? signal ?? 'nothing', out: parts.join(''), said }),
    );
  });
}
