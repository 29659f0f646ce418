/** `sallyport inspect FILE`: what would happen to stored exchanges, and why. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { asciiJson } from '../base/escape.ts';
import type { Config } from '../config/config.ts';
import { formatDiagnostic, printable, quote } from '../config/diagnostic.ts';
import { loadConfig } from '../config/load.ts';
import { readConfig } from '../config/read.ts';
import { DEFAULT_RULES } from '../inspect/load-rules.ts';
import { CRS_PLACE } from '../inspect/options.ts';
import { parseAddress } from '../net/address.ts';
import { inspectExchanges, withoutSecrets } from '../runtime/offline/inspect-exchanges.ts';
import type { InspectedView } from '../runtime/offline/inspect-exchanges.ts';
import { isHar, readHar } from '../runtime/offline/read-har.ts';
import { readHttpFile } from '../runtime/offline/read-http.ts';
import { StoredExchangeError } from '../runtime/offline/stored-exchange.ts';
import type { StoredExchange } from '../runtime/offline/stored-exchange.ts';
import { CommandError } from './admin-socket.ts';
import { onePositional, readArguments, UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { DEFAULT_CONFIG } from './config-path.ts';
import { inspectedText, severalText } from './inspect-text.ts';
import { readInput } from './read-input.ts';

/** The exit codes, besides 1 for what cannot be inspected. */
const ALL_PASS = 0;
const NOT_ALL_PASS = 2;

/** An address for documentation (RFC 5737), which no rule makes an exception for. */
const CLIENT_ADDRESS = '192.0.2.1';

export const inspect: Command = {
  name: 'inspect',
  summary: 'Say what would happen to stored requests, and why',
  usage:
    'sallyport inspect FILE [-c CONFIG] [--listener NAME] [--rules FILE]... [--client ADDRESS]\n' +
    '                  [--all] [--show-secrets] [--json]\n\n' +
    '  FILE is a raw HTTP/1 request, with its response behind it or not, or a HAR; "-" is standard input.\n' +
    '  Of several requests, those with a hit, a verdict or a note are told, and with --all the others, too.\n' +
    '  Exit code 0: everything passes; 2: something would not; 1: it cannot be inspected.',
  run: async (args) => {
    const found = readArguments(args, {
      config: { type: 'string', short: 'c' },
      listener: { type: 'string' },
      rules: { type: 'string', multiple: true },
      client: { type: 'string' },
      'show-secrets': { type: 'boolean' },
      json: { type: 'boolean' },
      all: { type: 'boolean' },
    });
    const file = onePositional(found, 'file');
    const config = await readWantedConfig(found);
    const listener = listenerOf(config, found.text('listener'));
    const clientAddress = addressOf(found.text('client') ?? CLIENT_ADDRESS);
    const rules = found.texts('rules').map(rulePath);
    const views = await explained(async () =>
      inspectExchanges(await readExchanges(file, config, listener), {
        config,
        listener,
        rules,
        clientAddress,
      }),
    );
    const shown = found.flag('show-secrets') ? views : views.map(withoutSecrets);
    const text = found.flag('json')
      ? `${asciiJson({ exchanges: shown }, 2)}\n`
      : textOf(shown, found.flag('all'));
    process.stdout.write(text);
    return views.every(({ verdict }) => verdict === 'continue') ? ALL_PASS : NOT_ALL_PASS;
  },
};

async function readWantedConfig(found: Arguments): Promise<Config> {
  const path = found.text('config') ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  const isAlone =
    path === undefined || (found.text('config') === undefined && found.texts('rules').length > 0);
  const read = isAlone ? readConfig(DEFAULT_TEXT, 'defaults', {}) : await loadConfig(path, process.env);
  if (read.kind === 'bad') throw new CommandError(read.diagnostics.map(formatDiagnostic).join('\n'));
  return read.config;
}

/** Everything as it is when a user says nothing. */
const DEFAULT_TEXT =
  'listeners: { web: { bind: ":80", pool: app } }\npools: { app: { servers: ["127.0.0.1:1"] } }\n';

function listenerOf(config: Config, wanted: string | undefined): string {
  const names = Object.entries(config.listeners).flatMap(([name, { protocol }]) =>
    protocol === 'http' ? name : [],
  );
  const [first] = names;
  if (first === undefined)
    throw new CommandError('Cannot inspect: the configuration has no listener for HTTP');
  if (wanted === undefined) return first;
  if (names.includes(wanted)) return wanted;
  throw new UsageError(
    `Cannot inspect: ${quote(wanted)} is no listener for HTTP; there are ${names.join(', ')}`,
  );
}

/** As in a configuration in the current folder. */
function rulePath(text: string): string {
  if (text === DEFAULT_RULES) return text;
  return resolve(text === 'crs' ? CRS_PLACE : text);
}

function textOf(views: readonly InspectedView[], isAllWanted: boolean): string {
  const [first, ...more] = views;
  return first !== undefined && more.length === 0 ? inspectedText(first) : severalText(views, isAllWanted);
}

function addressOf(text: string): string {
  const address = parseAddress(text);
  if (address === undefined) throw new UsageError(`Cannot inspect: ${quote(text)} is not an address`);
  return address.text;
}

async function readExchanges(
  file: string,
  config: Config,
  listener: string,
): Promise<readonly StoredExchange[]> {
  const bytes = await readInput(file);
  const limits = config.listeners[listener]?.limits;
  if (limits === undefined) throw new Error(`Listener "${listener}" was found before`);
  // No request begins with a brace: a method is a token (RFC 9110 §9.1).
  try {
    return isHar(bytes.toString('latin1', 0, 64))
      ? readHar(bytes.toString('utf8'))
      : readHttpFile(bytes, limits);
  } catch (error) {
    if (!(error instanceof StoredExchangeError)) throw error;
    throw new CommandError(`${file === '-' ? 'standard input' : printable(file)}: ${error.message}`);
  }
}

/** What is wrong with rules is said in its own words. */
async function explained<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StoredExchangeError) throw new CommandError(error.message);
    throw error;
  }
}
