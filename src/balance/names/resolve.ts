/**
 * One name, asked for once: A, AAAA or SRV records, and how long they hold. Bounded in time by the resolver's own timeout,
 * and in what it takes: the addresses of one name fill slots, and there are no more of those than configured.
 */
import { lookup, Resolver } from 'node:dns/promises';
import { parseAddress } from '../../net/address.ts';
import type { Endpoint } from '../../net/address.ts';
import type { ResolverOptions } from './options.ts';

export type Resolution =
  | { readonly kind: 'ok'; readonly endpoints: readonly Endpoint[]; readonly ttlMs: number | undefined }
  | { readonly kind: 'failed'; readonly why: string };

/** Asks for `name`; with port 0 it is one of SRV records. Never rejects. */
export type Resolve = (name: string, port: number) => Promise<Resolution>;

/** Times that each name server is asked. */
const TRIES = 2;
/** Records of SRV that are followed. */
const SRV_MAX = 64;

export function makeResolve(options: ResolverOptions): Resolve {
  const resolver = new Resolver({ timeout: options.timeout, tries: TRIES });
  const hasServers = options.servers !== undefined;
  if (options.servers !== undefined) {
    const texts = options.servers.map(({ address, port }) =>
      address.family === 4 ? `${address.text}:${port}` : `[${address.text}]:${port}`,
    );
    resolver.setServers(texts);
  }
  return async (name, port) => {
    try {
      return await (port === 0
        ? resolveService(resolver, options, name)
        : resolveName(resolver, options, name, port));
    } catch (error) {
      if (!hasServers && port !== 0) return await askSystem(options, name, port, error);
      return { kind: 'failed', why: reasonOf(error) };
    }
  };
}

/** Rejects when no family has an answer. */
async function resolveName(
  resolver: Resolver,
  { families }: ResolverOptions,
  name: string,
  port: number,
): Promise<Resolution> {
  const questions = [
    ...(families === 'ipv6' ? [] : [resolver.resolve4(name, { ttl: true })]),
    ...(families === 'ipv4' ? [] : [resolver.resolve6(name, { ttl: true })]),
  ];
  const answers = await Promise.allSettled(questions);
  const records = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (records.length === 0) throw failed?.reason ?? new Error('no records');
  // Half an answer would take the other half's servers out: only a name without records of a family has none.
  const isBroken = answers.some(
    (answer) => answer.status === 'rejected' && codeOf(answer.reason) !== 'ENODATA',
  );
  if (isBroken) throw failed?.reason;
  const ttlMs = 1000 * Math.min(...records.map(({ ttl }) => ttl));
  return {
    kind: 'ok',
    endpoints: endpointsOf(
      records.map(({ address }) => address),
      port,
    ),
    ttlMs,
  };
}

/** The addresses of the targets, in the order of their priorities and, within one, of falling weights. */
async function resolveService(
  resolver: Resolver,
  options: ResolverOptions,
  name: string,
): Promise<Resolution> {
  const records = await resolver.resolveSrv(name);
  const targets = records
    .toSorted((one, other) => one.priority - other.priority || other.weight - one.weight)
    .slice(0, SRV_MAX);
  const found = await Promise.all(
    targets.map((target) => resolveName(resolver, options, target.name, target.port)),
  );
  return {
    kind: 'ok',
    endpoints: found.flatMap((one) => (one.kind === 'ok' ? one.endpoints : [])),
    ttlMs: undefined,
  };
}

/** What the hosts file says; it says nothing of how long that holds. */
async function askSystem(
  { families }: ResolverOptions,
  name: string,
  port: number,
  before: unknown,
): Promise<Resolution> {
  const family = { any: 0, ipv4: 4, ipv6: 6 }[families];
  try {
    const found = await lookup(name, { all: true, family });
    return {
      kind: 'ok',
      endpoints: endpointsOf(
        found.map(({ address }) => address),
        port,
      ),
      ttlMs: undefined,
    };
  } catch {
    return { kind: 'failed', why: reasonOf(before) };
  }
}

function endpointsOf(texts: readonly string[], port: number): readonly Endpoint[] {
  return texts.flatMap((text) => {
    const address = parseAddress(text);
    return address === undefined ? [] : [{ address, port }];
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name does not exist',
  ENODATA: 'the name has no such record',
  ETIMEOUT: 'no name server answered in time',
  ECONNREFUSED: 'the name servers cannot be reached',
  ESERVFAIL: 'a name server failed',
  EREFUSED: 'a name server refused to answer',
};

function reasonOf(error: unknown): string {
  return REASONS[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}
