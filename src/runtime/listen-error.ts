/** Why a listener could not be opened, for people. */

/** A listener that could not be opened. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export function explainListen(listener: string, host: string, port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const where = `Cannot listen on ${host.includes(':') ? `[${host}]` : host}:${port} for listener "${listener}"`;
  switch (code) {
    case 'EADDRINUSE':
      return `${where}: another program uses this address; stop it or choose another port`;
    case 'EACCES':
      return `${where}: ports below 1024 need root or CAP_NET_BIND_SERVICE; choose a higher port, grant the capability, or start it anew if "runtime.user" took it`;
    case 'EADDRNOTAVAIL':
      return `${where}: this host does not have the address`;
    default:
      return `${where}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
