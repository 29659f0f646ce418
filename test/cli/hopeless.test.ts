/** A Sallyport that cannot go on says why, and ends with an error, so that it is started anew. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command, makeFolder, runCommand } from './command.ts';

const PROGRAM = fileURLToPath(new URL('../support/hopeless-run.ts', import.meta.url));

test('workers that die again and again end the process, with the reason and code 1', async (t) => {
  const command = new Command(t, [], { program: [process.execPath, PROGRAM] });
  const ended = await command.ended();
  assert.deepEqual([ended.code, ended.signal], [1, null]);
  const last = ended.stderr.trimEnd().split('\n').at(-1) ?? '';
  const { level, text } = JSON.parse(last) as { readonly level: string; readonly text: string }; // Our own log.
  assert.deepEqual(
    [level, text],
    ['error', 'Cannot go on: workers die as soon as they are started: it ended with code 9'],
  );
});

test('rules that need more memory than a worker may have are said at the start', async (t) => {
  const rule = (index: number): string =>
    `SecRule ARGS "@rx word${index}[a-z]{3,9}" "id:${1_000_000 + index},deny"`;
  const folder = makeFolder(t, {
    'rules.conf': Array.from({ length: 100_000 }, (_, index) => rule(index)).join('\n'),
    'sallyport.yaml': `listeners: { web: { bind: "127.0.0.1:0", pool: app } }
pools: { app: { servers: ["127.0.0.1:9"] } }
inspection: { rules: [rules.conf] }
runtime: { workers: 2, workerMemory: 64MiB }`,
  });
  const ended = await runCommand(t, ['run'], { cwd: folder });
  assert.equal(ended.code, 1);
  assert.match(
    ended.stderr,
    /^Cannot compile the rules: it needed more JavaScript memory than "runtime\.workerMemory" allows \(while reading .*rules\.conf\)$/m,
  );
});
