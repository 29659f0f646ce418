/** What a listener needs besides its own keys: somewhere to send to, someone to trust, and only keys that do something. */
import { addressFromBytes } from '../net/address.ts';
import type { ListenerOptions } from '../proxy/options.ts';
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';

export function checkListeners(checking: Checking): void {
  const listeners = Object.entries(checking.config.listeners);
  if (listeners.length === 0 && checking.isWritten(['listeners']) && !checking.isBroken(['listeners'])) {
    checking.report(['listeners'], 'no-listeners', 'Cannot use the configuration: it has no listener');
  }
  for (const [name, listener] of listeners) {
    const path = ['listeners', name];
    checkPool(checking, path, name, listener);
    checkTrust(checking, path, name, listener);
    checkRoutes(checking, path, name, listener);
    if (listener.protocol !== 'http') checkUnread(checking, path, name, listener.protocol);
  }
}

function checkPool(checking: Checking, path: Path, name: string, listener: ListenerOptions): void {
  const hasPool = checking.isWritten([...path, 'pool']);
  const hasRoutes = listener.protocol === 'http' && checking.isWritten([...path, 'routes']);
  if (hasPool || (hasRoutes && (listener.routes.length > 0 || checking.isBroken([...path, 'routes']))))
    return;
  if (checking.isBroken([...path, 'protocol']) || isNoSection(checking, path)) return;
  const needed = listener.protocol === 'http' ? 'a pool or routes' : 'a pool';
  checking.report(path, 'no-pool', `Cannot use listener ${quote(name)}: it needs ${needed}`);
}

/** A listener that is written as something else than a section was reported, and nothing of it is written. */
function isNoSection(checking: Checking, path: Path): boolean {
  return checking.isBroken(path) && !checking.isWritten([...path, 'bind']);
}

function checkTrust(checking: Checking, path: Path, name: string, listener: ListenerOptions): void {
  const { trust, proxyProtocol, clientHeader } = listener.identity;
  const identity = [...path, 'identity'];
  if (checking.isBroken([...identity, 'trust'])) return;
  const refuses = listener.identity.untrusted === 'refuse' ? 'refuse' : 'off';
  for (const [key, value] of Object.entries({ proxyProtocol, clientHeader, untrusted: refuses })) {
    if (value === 'off' || trust.size > 0) continue;
    const message = `Cannot use key ${quote(`identity.${key}`)} of listener ${quote(name)}: "identity.trust" is empty, so it would be read from nobody`;
    checking.report(
      [...identity, key],
      'no-trust',
      message,
      'list the addresses of the proxies in front in "trust"',
    );
  }
  if (clientHeader === 'off' && proxyProtocol === 'off') return;
  if (!EDGES.some(([first, last]) => trust.has(first) && trust.has(last))) return;
  const message = `Listener ${quote(name)} trusts every address: any client can say that it is another`;
  checking.report([...identity, 'trust'], 'trust-everyone', message);
}

/** First and last address of each family. A set that holds both is most likely one network of everything. */
const EDGES = [4, 16].map(
  (length) =>
    [addressFromBytes(new Uint8Array(length)), addressFromBytes(new Uint8Array(length).fill(255))] as const,
);

/** A route without conditions takes everything: what comes after it is dead, and its author may not know. */
function checkRoutes(checking: Checking, path: Path, name: string, listener: ListenerOptions): void {
  const index = listener.routes.findIndex((route) => takesEverything(checking, route));
  const after = listener.routes[index + 1];
  if (index < 0 || after === undefined) return;
  const first = quote(listener.routes[index] ?? '');
  const message = `Route ${quote(after)} of listener ${quote(name)} is never tried: ${first} before it takes every request`;
  checking.report([...path, 'routes'], 'not-used', message, `move ${first} to the end`);
}

function takesEverything(checking: Checking, name: string): boolean {
  const route = checking.config.routes[name];
  if (route === undefined || checking.isBroken(['routes', name])) return false;
  return route.hosts.length + route.paths.length + route.methods.length === 0;
}

/** Keys that only mean something where requests are read. Someone who sets them counts on them. */
const HTTP_ONLY: readonly Path[] = [
  ['routes'],
  ...['sample', 'body', 'response', 'limits'].map((key) => ['inspection', key]),
  ['identity', 'clientHeader'],
  ...['head', 'bodyIdle', 'keepAlive', 'exchange'].map((key) => ['timeouts', key]),
  ...['headBytes', 'targetBytes', 'headerCount', 'requestsPerConnection', 'pipelinedBytes'].map((key) => [
    'limits',
    key,
  ]),
  ...['chunkExtensionBytes', 'trailerBytes', 'bodyBytes'].map((key) => ['limits', key]),
];

function checkUnread(checking: Checking, path: Path, name: string, protocol: 'tcp' | 'udp'): void {
  for (const key of HTTP_ONLY) {
    if (!checking.isWritten([...path, ...key])) continue;
    const message = `Cannot use key ${quote(key.join('.'))} of listener ${quote(name)}: its protocol is ${protocol}`;
    checking.report([...path, ...key], 'no-effect', message, 'remove the key, or set "protocol" to "http"');
  }
}
