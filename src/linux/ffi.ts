/**
 * Functions of libc, called through `node:ffi`.
 *
 * This folder is the only place that leaves TypeScript. Nothing is opened on import: a configuration that needs none of
 * it never loads `node:ffi`, and runs where there is none.
 */
import type { FunctionDefinitions, WrappedFunctionsFromDefinitions } from 'node:ffi';
import process from 'node:process';
import { getSystemErrorName } from 'node:util';

/** A call to the system failed. `code` is the name of errno, such as `EADDRINUSE`. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;
  readonly call: string;

  constructor(call: string, errno: number) {
    const code = getSystemErrorName(-errno);
    super(`${call} failed: ${code}`);
    this.call = call;
    this.code = code;
  }
}

/** Why libc cannot be called here. The message says what is missing. */
export class NoFfiError extends Error {
  override readonly name = 'NoFfiError';
}

export interface Libc<T extends FunctionDefinitions> {
  readonly functions: WrappedFunctionsFromDefinitions<T>;
  /** The result of a call that answers -1 when it fails: then a SystemError is thrown. */
  readonly check: (call: string, result: number) => number;
}

/** Opens libc with these functions. Throws a NoFfiError where that cannot be. */
export function openLibc<const T extends FunctionDefinitions>(definitions: T): Libc<T> {
  if (process.platform !== 'linux') throw new NoFfiError(`Linux is needed, and this is ${process.platform}`);
  const ffi = loadFfi();
  // The process has libc in itself, whichever it is: no name of a file has to be guessed.
  const { functions } = ffi.dlopen(null, definitions);
  const location = ffi.dlopen(null, { __errno_location: { arguments: [], return: 'pointer' } });
  // It stays where it is for the life of the thread.
  const errno = location.functions.__errno_location();
  return {
    functions,
    check: (call, result) => {
      // Read before anything else is called: the next call to the system may change it.
      const code = result === -1 ? ffi.getInt32(errno, 0) : 0;
      if (result === -1) throw new SystemError(call, code);
      return result;
    },
  };
}

/**
 * Node.js warns on standard error when `node:ffi` is loaded, that it may change. We pin the version of Node.js that we
 * run on, so this tells operators nothing; every other warning stays.
 */
export function loadFfi(): typeof import('node:ffi') {
  const emitWarning = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  process.emitWarning = () => {};
  try {
    const ffi = process.getBuiltinModule('node:ffi') as typeof import('node:ffi') | undefined;
    if (ffi === undefined) throw new NoFfiError(`Node.js ${process.versions.node} has no node:ffi`);
    return ffi;
  } finally {
    if (emitWarning !== undefined) Object.defineProperty(process, 'emitWarning', emitWarning);
  }
}
