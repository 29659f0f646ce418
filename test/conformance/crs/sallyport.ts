/** A real Sallyport in a process of its own, with the CRS in detect mode, and what its access log says. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Hit } from '../../../src/base/verdict.ts';
import { CRS, SETUP_FILE, testSettings } from './crs-data.ts';
import type { Level } from './crs-data.ts';

/** What is read of a line of the access log. */
export interface LogLine {
  readonly client: { readonly port: number };
  readonly status: number;
  readonly end: string;
  readonly reason?: { readonly code: string };
  readonly hitCount?: number;
  readonly hits?: readonly Omit<Hit, 'source' | 'transformations'>[];
}

export interface Sallyport {
  readonly port: number;
  /** Ends the process and answers with the lines of its access log, by the port of the client. */
  stop(): Promise<ReadonlyMap<number, readonly LogLine[]>>;
}

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');

export async function startSallyport(level: Level, originPort: number): Promise<Sallyport> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-crs-'));
  const child = spawn(process.execPath, [MAIN, 'run', '-c', writeConfig(folder, level, originPort)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const lines = new Map<number, LogLine[]>();
  const access = createInterface({ input: child.stdout });
  access.on('line', (line) => {
    const read = JSON.parse(line) as LogLine; // As docs/guide/access-log.md has it.
    lines.set(read.client.port, [...(lines.get(read.client.port) ?? []), read]);
  });
  const isRead = once(access, 'close');
  const said: string[] = [];
  const program = createInterface({ input: child.stderr });
  const listening = new Promise<number>((resolve, reject) => {
    program.on('line', (line) => {
      said.push(line);
      const port = /"port":(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('exit', () => reject(new Error(`Sallyport has ended: ${said.join('\n')}`)));
  });
  const port = await listening;
  return {
    port,
    stop: async () => {
      child.kill('SIGTERM');
      await Promise.all([exited, isRead]);
      rmSync(folder, { recursive: true });
      const defects = said.filter((line) => /"level":"(?:warn|error)"/.test(line));
      assert.deepEqual(defects, [], 'Sallyport has nothing to complain about');
      return lines;
    },
  };
}

function writeConfig(folder: string, level: Level, originPort: number): string {
  const settings = join(folder, 'test-settings.conf');
  writeFileSync(settings, testSettings(level));
  const path = join(folder, 'sallyport.yaml');
  const config = {
    listeners: { front: { bind: '127.0.0.1:0', pool: 'app', inspection: 'detect' } },
    pools: { app: { servers: [`127.0.0.1:${originPort}`] } },
    inspection: { rules: [join(CRS, SETUP_FILE), settings, join(CRS, 'rules/*.conf')] },
    log: { access: 'json', to: 'stdout' },
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}
