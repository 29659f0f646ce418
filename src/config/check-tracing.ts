/** What the options of traces need of each other. */
import type { Checking } from './checking.ts';
import { quote } from './diagnostic.ts';

/** What the requests to a collector say themselves; any other field may be added. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...['host', 'content-type', 'content-length', 'content-encoding', 'transfer-encoding'],
  ...['connection', 'keep-alive', 'upgrade', 'te', 'trailer', 'expect'],
]);
const PORT_MAX = 65_535;

export function checkTracing(checking: Checking): void {
  const { endpoint } = checking.config.tracing;
  if (checking.isBroken(['tracing', 'endpoint'])) return;
  if (endpoint === undefined) checkUnused(checking);
  else checkEndpoint(checking, endpoint);
  checkHeaders(checking);
  if (!checking.isWritten(['tracing', 'resource', 'service.name'])) return;
  const message = 'Cannot use key "tracing.resource.service.name": "tracing.service" says it';
  checking.report(['tracing', 'resource', 'service.name'], 'no-effect', message, 'set "service"');
}

function checkUnused(checking: Checking): void {
  for (const key of Object.keys(checking.config.tracing)) {
    if (key === 'endpoint' || !checking.isWritten(['tracing', key])) continue;
    const message = `Cannot use key "tracing.${key}": "tracing.endpoint" is missing, so that nothing is traced`;
    checking.report(['tracing', key], 'no-effect', message, 'say where spans go, or remove it');
  }
}

function checkEndpoint(checking: Checking, endpoint: string): void {
  const [, port = ''] = /^[a-z]+:\/\/[^/]*?:([0-9]+)(?:\/|$)/.exec(endpoint) ?? [];
  if (!URL.canParse(endpoint) || port === '0' || Number(port) > PORT_MAX) {
    const message = `Cannot use key "tracing.endpoint": it is not a URL`;
    checking.report(['tracing', 'endpoint'], 'bad-value', message, 'write "http://127.0.0.1:4318/v1/traces"');
  } else if (checking.isWritten(['tracing', 'ca']) && !endpoint.startsWith('https:')) {
    const message = 'Cannot use key "tracing.ca": the endpoint is not "https"';
    checking.report(['tracing', 'ca'], 'no-effect', message, 'remove it, or write "https://"');
  }
}

function checkHeaders(checking: Checking): void {
  for (const name of Object.keys(checking.config.tracing.headers)) {
    if (!OWN_HEADERS.has(name.toLowerCase())) continue;
    const message = `Cannot use header ${quote(name)} in "tracing.headers": it belongs to the request itself`;
    checking.report(['tracing', 'headers', name], 'no-effect', message, 'remove it');
  }
}
