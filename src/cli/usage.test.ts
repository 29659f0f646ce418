import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from './commands.ts';
import { printUsage } from './usage.ts';

test('printUsage lines up the summaries', () => {
  const command = { usage: '', run: () => Promise.resolve(0) };
  const text = printUsage([
    { ...command, name: 'a', summary: 'First' },
    { ...command, name: 'longer', summary: 'Second' },
  ]);
  assert.match(text, /\n {2}a {7}First\n {2}longer {2}Second\n/);
});

test('every command has a name of its own, and a usage that begins with it', () => {
  assert.equal(new Set(commands.map(({ name }) => name)).size, commands.length);
  for (const { name, usage } of commands) assert(usage.startsWith(`sallyport ${name}`), name);
});
