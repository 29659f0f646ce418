/** `sallyport host` in a network namespace of a test, and everything that it could change there. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeFolder, runCommand } from '../cli/command.ts';
import type { Ended } from '../cli/command.ts';
import type { Host } from '../support/topology.ts';

export interface HostCommand {
  /** Runs `host ACTION ...` with the state in a folder of its own. */
  run(action: string, ...more: readonly string[]): Promise<Ended>;
  /** The same, on a path where programs of these names are found first: each is a script for sh. */
  runWith(
    programs: Readonly<Record<string, string>>,
    action: string,
    ...more: readonly string[]
  ): Promise<Ended>;
}

/** It runs in the namespace from the start: `--namespace` would start Node.js twice. */
export function hostCommand(t: TestContext, host: Host, options: readonly string[]): HostCommand {
  const folder = makeFolder(t);
  const prefix = ['ip', 'netns', 'exec', host.namespace];
  const args = (action: string, more: readonly string[]): string[] => [
    ...['host', action, '--state', folder],
    ...(action === 'remove' ? [] : options),
    ...more,
  ];
  return {
    run: (action, ...more) => runCommand(t, args(action, more), { cwd: folder, prefix }),
    runWith: (programs, action, ...more) => {
      const texts = Object.entries(programs).map(([name, text]) => [name, `#!/bin/sh\n${text}\n`]);
      const first = makeFolder(t, Object.fromEntries(texts) as Record<string, string>);
      for (const name of Object.keys(programs)) chmodSync(join(first, name), 0o755);
      const path = `${first}:${process.env['PATH'] ?? ''}`;
      return runCommand(t, args(action, more), { cwd: folder, prefix, env: { PATH: path } });
    },
  };
}

/**
 * Rules of every kind, routes and settings, as the programs of the host print them, line by line. Routes that the kernel
 * makes by itself are left out: those of link-local addresses come a moment after their device.
 */
export function everything(host: Host): string[] {
  const listing = (what: string, ...words: readonly string[]): string[] => {
    const text = host.run(words[0] ?? '', ...words.slice(1));
    const lines = text.replaceAll(/counter packets \d+ bytes \d+|\[\d+:\d+\]/g, 'counter').split('\n');
    return lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => `${what}: ${line.trim()}`);
  };
  return [
    ...listing('nft', 'nft', 'list', 'ruleset'),
    ...listing('iptables', 'iptables-save'),
    ...listing('ip6tables', 'ip6tables-save'),
    ...[4, 6].flatMap((family) => [
      ...listing(`rules ${family}`, 'ip', `-${family}`, 'rule'),
      ...listing(`routes ${family}`, 'ip', `-${family}`, 'route', 'show', 'table', 'all').filter(
        (line) => !line.includes('proto kernel'),
      ),
    ]),
    ...settings(host),
  ].filter((line) => !/multicast ff00|anycast /.test(line));
}

/** Fails with the lines that came and went. */
export function assertSame(host: Host, before: readonly string[], why = 'the host is as it was'): void {
  const after = everything(host);
  const came = after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
  const went = before.filter((line) => !after.includes(line)).map((line) => `- ${line}`);
  assert.deepEqual([...came, ...went], [], why);
  assert.equal(after.length, before.length, why);
}

/** Every setting of the network, but for those that change by themselves. */
function settings(host: Host): string[] {
  const { out } = host.try('grep', '-rs', '.', '/proc/sys/net/ipv4', '/proc/sys/net/ipv6');
  return out
    .split('\n')
    .filter((line) => line !== '' && !/tcp_fastopen_key|stable_secret|\/flush:|_mem:/.test(line))
    .sort();
}
