/**
 * Several hosts on one machine: network namespaces that a test makes, joined by veth pairs.
 *
 *     const net = Topology.make(t);
 *     const client = net.host('client'), proxy = net.host('proxy');
 *     net.link(client, ['198.51.100.2/24', '2001:db8:1::2/64'], proxy, ['198.51.100.1/24', '2001:db8:1::1/64']);
 *     client.ip('route', 'add', 'default', 'via', '198.51.100.1');
 *
 * Nothing of it is seen by the machine's own network: both ends of a pair are made inside. It is removed with all its
 * processes when the test ends, however it ends; what a killed test process left is removed by the next topology.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { findProgram } from './program.ts';
import { inNamespace } from '../../src/linux/namespace.ts';

/** What `ip netns` calls its folder. */
const FOLDER = '/run/netns';
/** Namespaces of tests: `sptest-PID-NUMBER-HOST`. The process is named so that what is left of a dead one is known. */
const NAME = /^sptest-(\d+)-/;

/** Why a test with namespaces cannot run here, or false. */
export function needsNamespaces(...programs: readonly string[]): string | false {
  if (process.platform !== 'linux') return 'network namespaces are of Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const missing = ['ip', ...programs].filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return canMakeNamespaces() ? false : 'this system does not let root make network namespaces';
}

/** One host: a network namespace with its loopback up. */
export class Host {
  readonly name: string;
  /** As `ip netns` knows it. */
  readonly namespace: string;
  /** Links so far: eth0, eth1 and so on. */
  links = 0;

  constructor(name: string, namespace: string) {
    this.name = name;
    this.namespace = namespace;
  }

  /** `ip` in this host, to its end. What it printed. */
  ip(...words: readonly string[]): string {
    return run('ip', ['-n', this.namespace, ...words]);
  }

  /** A program in this host, to its end. What it printed; a failure fails the test. */
  run(program: string, ...words: readonly string[]): string {
    return run('ip', ['netns', 'exec', this.namespace, program, ...words]);
  }

  /** The same, where failing is an answer. */
  try(
    program: string,
    ...words: readonly string[]
  ): { readonly code: number | null; readonly out: string; readonly err: string } {
    const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', this.namespace, program, ...words], {
      encoding: 'latin1',
    });
    return { code: status, out: stdout, err: stderr };
  }

  /** A program that goes on in this host. It is killed with the topology at the latest. */
  spawn(program: string, words: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.namespace, program, ...words], options);
  }

  /** Sets a value below /proc/sys/net, named as sysctl does: `net.ipv4.ip_forward`. */
  sysctl(name: string, value: string | number): void {
    this.enter(() => writeFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, String(value)));
  }

  /** Loads a table of nftables, given as `nft -f` reads it. */
  nft(rules: string): void {
    run('ip', ['netns', 'exec', this.namespace, 'nft', '-f', '-'], rules);
  }

  /** Lets it pass packets on, IPv4 and IPv6. */
  forward(): void {
    this.sysctl('net.ipv4.ip_forward', 1);
    this.sysctl('net.ipv6.conf.all.forwarding', 1);
  }

  /** Runs synchronous code of this process in the host: sockets made in it belong there for good. */
  enter<T>(code: () => T): T {
    return inNamespace(`${FOLDER}/${this.namespace}`, code);
  }

  /** Process ids in this host. */
  processes(): number[] {
    const { stdout } = spawnSync('ip', ['netns', 'pids', this.namespace], { encoding: 'latin1' });
    return stdout.split('\n').filter(Boolean).map(Number);
  }
}

export class Topology {
  static #made = 0;
  readonly #prefix: string;
  readonly #hosts: Host[] = [];

  private constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** An empty one, removed after the test. */
  static make(t: TestContext): Topology {
    removeLeftovers();
    const topology = new Topology(`sptest-${process.pid}-${Topology.#made++}`);
    const onExit = (): void => topology.#remove();
    process.once('exit', onExit);
    t.after(() => {
      process.off('exit', onExit);
      topology.#remove();
    });
    return topology;
  }

  host(name: string): Host {
    const host = new Host(name, `${this.#prefix}-${name}`);
    run('ip', ['netns', 'add', host.namespace]);
    this.#hosts.push(host);
    host.ip('link', 'set', 'lo', 'up');
    return host;
  }

  /**
   * Joins two hosts by a cable, with these addresses (each with its prefix length) on its ends. IPv6 addresses can be
   * used at once: nobody is asked whether they are taken.
   */
  link(one: Host, oneAddresses: readonly string[], other: Host, otherAddresses: readonly string[]): void {
    const [here, there] = [`eth${one.links++}`, `eth${other.links++}`];
    one.ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', other.namespace);
    for (const [host, device, addresses] of [
      [one, here, oneAddresses],
      [other, there, otherAddresses],
    ] as const) {
      host.sysctl(`net.ipv6.conf.${device}.accept_dad`, 0);
      for (const address of addresses) {
        host.ip('address', 'add', address, 'dev', device, ...(address.includes(':') ? ['nodad'] : []));
      }
      host.ip('link', 'set', device, 'up');
    }
  }

  #remove(): void {
    for (const host of this.#hosts.splice(0)) removeNamespace(host.namespace, host.processes());
  }
}

function removeNamespace(namespace: string, processes: readonly number[]): void {
  for (const pid of processes) {
    if (pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  spawnSync('ip', ['netns', 'delete', namespace]);
}

function removeLeftovers(): void {
  if (!existsSync(FOLDER)) return;
  for (const namespace of readdirSync(FOLDER)) {
    const pid = NAME.exec(namespace)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      removeNamespace(namespace, new Host('', namespace).processes());
  }
}

function run(program: string, words: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'latin1', input });
  assert.equal(error, undefined, `${program} could not be started`);
  assert.equal(status, 0, `${program} ${words.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

function canMakeNamespaces(): boolean {
  const name = `sptest-${process.pid}-probe`;
  const { status } = spawnSync('ip', ['netns', 'add', name]);
  if (status === 0) spawnSync('ip', ['netns', 'delete', name]);
  return status === 0;
}
