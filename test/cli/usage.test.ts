/** What is typed wrongly is answered with what is right, exit code 1, and nothing on standard output. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { makeFolder, runCommand } from './command.ts';

const WRONG: readonly (readonly [args: readonly string[], message: string, usage: string])[] = [
  [['rnu'], 'Cannot run "rnu": it is not a command', 'Usage: sallyport COMMAND'],
  [['constructor'], 'Cannot run "constructor": it is not a command', 'Usage: sallyport COMMAND'],
  [['run', '--confg', 'x'], "Cannot read the command line: Unknown option '--confg'", 'sallyport run'],
  [
    ['run', '-c'],
    "Cannot read the command line: Option '-c, --config <value>' argument missing",
    'sallyport run',
  ],
  [['check', 'other.yaml'], 'Cannot run: "other.yaml" is not expected', 'sallyport check'],
  [['status', 'now'], 'Cannot run: "now" is not expected', 'sallyport status'],
  [['version', '--short'], "Cannot read the command line: Unknown option '--short'", 'sallyport version'],
  [['explain'], 'Cannot run: exchange id is missing', 'sallyport explain ID'],
  [['explain', 'a', 'b'], 'Cannot run: there is more than one exchange id', 'sallyport explain ID'],
  [['attackers', 'mark'], 'Cannot run: the address is missing', 'sallyport attackers list'],
  [['attackers', 'shoot', '192.0.2.1'], 'Cannot run "attackers" with "shoot"', 'sallyport attackers list'],
  [
    ['attackers', 'forgive', '192.0.2.1', '192.0.2.2'],
    'Cannot run: there is more than one address',
    'sallyport attackers list',
  ],
  [['demo', '--port', 'http'], 'Cannot run: --port is not a port', 'sallyport demo'],
  [['demo', '--port', '65536'], 'Cannot run: --port is not a port', 'sallyport demo'],
];

for (const [args, message, usage] of WRONG) {
  test(`sallyport ${args.join(' ')} says what is wrong and how it is right`, async (t) => {
    const ended = await runCommand(t, args, { cwd: makeFolder(t) });
    assert.equal(ended.code, 1);
    assert.equal(ended.stdout, '');
    assert.equal(ended.stderr.split('\n')[0]?.startsWith(message), true, ended.stderr);
    assert.match(ended.stderr, new RegExp(`^${usage}`, 'm'));
  });
}

test('sallyport without a command prints the commands and fails', async (t) => {
  const ended = await runCommand(t, []);
  assert.equal(ended.code, 1);
  for (const { name, summary } of commands)
    assert.match(ended.stdout, new RegExp(`^  ${name} +${summary}$`, 'm'));
});

test('sallyport --help prints the commands', async (t) => {
  const ended = await runCommand(t, ['--help']);
  assert.equal(ended.code, 0);
  assert.match(ended.stdout, /^Usage: sallyport COMMAND/);
});

test('sallyport run --help prints how run is called', async (t) => {
  const ended = await runCommand(t, ['run', '--help']);
  assert.equal(ended.code, 0);
  assert.match(ended.stdout, /^sallyport run \[-c FILE\]$/m);
});

test('sallyport version prints the version of the package and of Node.js', async (t) => {
  const ended = await runCommand(t, ['version']);
  assert.equal(ended.code, 0);
  assert.match(ended.stdout, /^sallyport \d+\.\d+\.\d+ \(node 2[6-9]\.\d+\.\d+\)\n$/);
});

test('sallyport schema prints a JSON Schema that knows the keys at the top', async (t) => {
  const ended = await runCommand(t, ['schema']);
  assert.equal(ended.code, 0);
  const schema = JSON.parse(ended.stdout) as { readonly properties: Readonly<Record<string, unknown>> };
  assert.deepEqual(
    ['listeners', 'pools', 'decoys', 'log'].filter((key) => !(key in schema.properties)),
    [],
  );
});
