/** Why the system did not read or write a file, in words: its own text has a code, a call and the path once more. */

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a folder of its path is a file',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a ring',
  EMFILE: 'too many files are open',
  EROFS: 'the file system can only be read',
  ENOSPC: 'the file system is full',
};

/** Of an error that is none of the system: its message. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error) || typeof error.code !== 'string') return error.message;
  return REASONS[error.code] ?? `the system says ${error.code}`;
}
