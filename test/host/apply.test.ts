/** `sallyport host plan`, `apply` and `remove` on hosts of network namespaces: what they change, and what they do not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeFolder, runCommand } from '../cli/command.ts';
import { needsNamespaces, Topology } from '../support/topology.ts';
import type { Host } from '../support/topology.ts';
import { makeDockerLike } from './docker-like.ts';
import { assertSame, everything, hostCommand } from './host-command.ts';
import type { HostCommand } from './host-command.ts';

const skip = needsNamespaces('nft', 'iptables', 'ip6tables');

/** One server for each way, both families, and settings besides. */
const TARGETS = [
  ...['127.0.0.1:8080', '[::1]:8080', '192.0.2.1:81', '192.0.2.7:80', '[2001:db8::7]:80'],
].flatMap((target) => ['--target', target]);
const OPTIONS = ['--spoof', ...TARGETS, '--gateway'];

/** A host with one link to another. */
function makeHost(t: TestContext): Host {
  const net = Topology.make(t);
  const host = net.host('host');
  net.link(host, ['192.0.2.1/24', '2001:db8::1/64'], net.host('peer'), ['192.0.2.2/24', '2001:db8::2/64']);
  host.ip('route', 'add', 'default', 'via', '192.0.2.2');
  return host;
}

async function succeeds(command: HostCommand, action: string, ...more: readonly string[]): Promise<string> {
  const ended = await command.run(action, ...more);
  assert.equal(ended.code, 0, ended.stderr);
  return ended.stdout;
}

for (const form of ['nft', 'iptables'] as const) {
  test(`apply with ${form}, twice, and remove leave a host with Docker as it was`, { skip }, async (t) => {
    const host = makeHost(t);
    makeDockerLike(host);
    // Each has its own: forwarding is switched for all at once.
    host.sysctl('net.ipv6.conf.docker0.forwarding', 1);
    const before = everything(host);
    const command = hostCommand(t, host, OPTIONS);
    const planned = await succeeds(command, 'plan', '--form', form, '--json');
    assertSame(host, before, 'a plan changes nothing');
    await succeeds(command, 'apply', '--form', form, '--dry-run');
    assertSame(host, before, 'a dry run changes nothing');

    const steps = await succeeds(command, 'apply', '--form', form);
    assert.match(steps, /forwarding/);
    const after = everything(host);
    assert(after.length > before.length);
    assert.doesNotMatch(steps, /0x2000|table 230|0x4000|0x80000/, 'marks and tables in use are left alone');
    assert.equal(await succeeds(command, 'apply'), 'Everything was there already.\n');
    assertSame(host, after, 'a second time changes nothing');
    const isComplete = /"isComplete": true/;
    assert.doesNotMatch(planned, isComplete);
    assert.match(await succeeds(command, 'plan', '--json'), isComplete);

    await succeeds(command, 'remove');
    assertSame(host, before);
    assert.match(await succeeds(command, 'remove'), /^Nothing was applied here/);
  });

  test(`apply with ${form} leaves rules of others where they are`, { skip }, async (t) => {
    const host = makeHost(t);
    makeDockerLike(host);
    const before = everything(host);
    await succeeds(hostCommand(t, host, OPTIONS), 'apply', '--form', form);
    const after = everything(host);
    for (const line of before) {
      if (!line.startsWith('/proc/')) assert(after.includes(line), line);
    }
  });
}

test('another form and other servers take the place of what was applied', { skip }, async (t) => {
  const host = makeHost(t);
  const before = everything(host);
  const first = hostCommand(t, host, OPTIONS);
  await succeeds(first, 'apply', '--form', 'nft');
  await succeeds(first, 'apply', '--form', 'iptables');
  assert.doesNotMatch(host.run('nft', 'list', 'tables'), /inet sallyport/);
  await succeeds(first, 'apply', '--form', 'nft');
  assert.doesNotMatch(host.run('iptables-save'), /SALLYPORT/);
  await succeeds(first, 'remove');
  assertSame(host, before);
});

test('a server that is not wanted any more takes its rules and settings with it', { skip }, async (t) => {
  const host = makeHost(t);
  const before = everything(host);
  const folder = hostCommand(t, host, []);
  await succeeds(folder, 'apply', ...OPTIONS);
  await succeeds(folder, 'apply', '--spoof', '--target', '127.0.0.1:9090');
  const rules = host.run('ip', 'rule');
  assert.match(rules, /sport 9090/);
  assert.doesNotMatch(rules, /sport 8080|fwmark/);
  assert.doesNotMatch(host.run('nft', 'list', 'ruleset'), /sallyport/);
  assert.equal(host.run('cat', '/proc/sys/net/ipv4/ip_forward'), '0\n');
  await succeeds(folder, 'remove');
  assertSame(host, before);
});

test('two of different names do not touch each other', { skip }, async (t) => {
  const host = makeHost(t);
  const before = everything(host);
  const web = hostCommand(t, host, []);
  await succeeds(web, 'apply', '--spoof', '--target', '192.0.2.7:80', '--name', 'web');
  const withWeb = everything(host);
  await succeeds(web, 'apply', '--spoof', '--target', '192.0.2.8:80', '--name', 'mail');
  await succeeds(web, 'remove', '--name', 'mail');
  assertSame(host, withWeb);
  await succeeds(web, 'remove', '--name', 'web');
  assertSame(host, before);
});

test('a setting that somebody has changed since stays, and that is said', { skip }, async (t) => {
  const host = makeHost(t);
  const command = hostCommand(t, host, ['--spoof', '--target', '127.0.0.1:80', '--gateway']);
  host.sysctl('net.ipv4.ip_forward', 0);
  await succeeds(command, 'apply');
  host.sysctl('net.ipv4.ip_forward', 2);
  assert.match(await succeeds(command, 'remove'), /ip_forward stays as it is/);
  assert.equal(host.run('cat', '/proc/sys/net/ipv4/ip_forward'), '2\n');
});

/** A program that fails at what `when` says, after half of it was done; for everything else it is the real one. */
function failing(name: string, when: string): Readonly<Record<string, string>> {
  const real = name === 'ip' ? 'ip' : 'nft';
  const script = `
case "$*" in *-force*) exec "$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v ${real})" "$@";; esac
case "$*" in *-batch*|"-f -") input=$(cat);; *) exec "$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v ${real})" "$@";; esac
PATH=/usr/sbin:/usr/bin:/sbin:/bin
case "$input" in
  *"${when}"*) [ ${real} = nft ] || echo "$input" | head -n 1 | ${real} "$@"; echo "no more of it" >&2; exit 1;;
esac
echo "$input" | ${real} "$@"`;
  return { [name]: script };
}

const FAILURES: readonly (readonly [what: string, programs: Readonly<Record<string, string>>])[] = [
  ['the filter', failing('nft', 'tcp sport 80')],
  ['the second of several policy rules', failing('ip', 'rule add priority 1001')],
  ['the last policy rule', failing('ip', 'rule add priority 1005')],
  ['the first route', failing('ip', 'route add local')],
];

for (const [what, programs] of FAILURES) {
  test(`when ${what} cannot be made, everything before it is undone`, { skip }, async (t) => {
    const host = makeHost(t);
    const before = everything(host);
    const command = hostCommand(t, host, OPTIONS);
    const ended = await command.runWith(programs, 'apply', '--form', 'nft');
    assert.equal(ended.code, 1, ended.stdout);
    assert.match(ended.stderr, /no more of it/);
    assertSame(host, before);
    assert.match(
      await succeeds(command, 'remove'),
      /^Nothing was applied here/,
      'nothing is remembered either',
    );
    await succeeds(command, 'apply');
  });
}

test('a change that fails leaves what was applied before', { skip }, async (t) => {
  const host = makeHost(t);
  const command = hostCommand(t, host, []);
  await succeeds(command, 'apply', '--spoof', '--target', '192.0.2.7:80', '--target', '127.0.0.1:8080');
  const applied = everything(host);
  const other = ['--spoof', '--target', '192.0.2.8:80', '--target', '127.0.0.1:9090', '--gateway'];
  const ended = await command.runWith(failing('ip', 'rule add'), 'apply', ...other);
  assert.equal(ended.code, 1);
  assertSame(host, applied);
  const again = ['--spoof', '--target', '192.0.2.7:80', '--target', '127.0.0.1:8080'];
  assert.equal(await succeeds(command, 'apply', ...again), 'Everything was there already.\n');
});

test('the namespace can be named instead of entered', { skip }, async (t) => {
  const host = makeHost(t);
  const before = everything(host);
  const folder = makeFolder(t);
  const args = ['--namespace', host.namespace, '--state', folder];
  const applied = await runCommand(t, ['host', 'apply', ...args, ...OPTIONS]);
  assert.equal(applied.code, 0, applied.stderr);
  assert(everything(host).length > before.length);
  assert.equal((await runCommand(t, ['host', 'remove', ...args])).code, 0);
  assertSame(host, before);
});

test('a table of the same name that is not ours is not replaced', { skip }, async (t) => {
  const host = makeHost(t);
  host.nft('table inet sallyport {\n  chain theirs {\n  }\n}\n');
  const before = everything(host);
  const ended = await hostCommand(t, host, OPTIONS).run('apply', '--form', 'nft');
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^Cannot apply: there is a table "inet sallyport", .* choose another --name\n$/);
  assertSame(host, before);
});

test(
  'a plan can be made without the right to change anything, and says what it cannot see',
  { skip },
  (t) => {
    const { code, out } = makeHost(t).try(
      ...['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'],
      ...[process.execPath, fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))],
      ...['host', 'plan', '--spoof', '--target', '192.0.2.7:80'],
    );
    assert.equal(code, 0);
    assert.match(out, /without CAP_NET_ADMIN/);
  },
);

const SPOOF = ['--spoof', '--target', '127.0.0.1:80'];

const MISTAKES: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [['plan', '--spoof'], /"--spoof" needs "--target ADDRESS:PORT"/],
  [['plan', '--spoof', '--target', 'localhost:80'], /"localhost:80" is not an address with a port/],
  [['plan', '--spoof', '--target', '0.0.0.0:80'], /"0.0.0.0:80" is not an address with a port/],
  [['plan', '--target', '127.0.0.1:80'], /"--target" is of the spoofer; add --spoof/],
  [['plan', ...SPOOF, '-c', 'a.yaml'], /exclude each other/],
  [['plan', ...SPOOF, '--mark', '0'], /"0" is not a mark/],
  [['plan', ...SPOOF, '--mark', '0x100000000'], /is not a mark/],
  [['plan', ...SPOOF, '--in', 'eth0"'], /is not the name of a network device/],
  [['plan', ...SPOOF, '--name', 'a b'], /is no name of up to 12/],
  [['plan', ...SPOOF, '--form', 'pf'], /"pf" is neither "nft" nor "iptables"/],
  [['plan', ...SPOOF, '--namespace', 'sptest-none'], /there is no network namespace "sptest-none"/],
  [['plan', ...SPOOF, '--namespace', '../x'], /is not the name of a network namespace/],
  [['undo'], /"host" needs "plan", "apply"/],
  [[], /"host" needs "plan", "apply"/],
];

test('host says what is wrong with how it was called', { skip }, async (t) => {
  for (const [args, message] of MISTAKES) {
    const ended = await runCommand(t, ['host', ...args]);
    assert.deepEqual([ended.code, ended.stdout], [1, ''], args.join(' '));
    assert.match(ended.stderr, message);
  }
});
