/**
 * Users and groups by name or number, and becoming one of them for good.
 *
 * `setuid` and its like are calls of libc, which changes every thread of the process, and not of the kernel, which
 * changes one. Capabilities have no such call: they are lost on the way, in every thread, and none is kept.
 *
 *     struct passwd  0 name  8 password  16 uid (u32)  20 gid (u32) …
 *     struct group   0 name  8 password  16 gid (u32) …                    of a system with 64 bits
 */
import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { loadFfi, openLibc } from './ffi.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** User and group may be names or numbers. Without a group it is the one of the user. Throws with a message for people. */
export function findAccount(user: string, group: string | undefined): Account {
  const known = findUser(user);
  const uid = known?.uid ?? numberOf(user);
  if (uid === undefined) throw new Error(`Cannot find user "${user}": the system does not know the name`);
  if (group !== undefined) {
    const gid = findGroup(group) ?? numberOf(group);
    if (gid === undefined) throw new Error(`Cannot find group "${group}": the system does not know the name`);
    return { uid, gid };
  }
  if (known === undefined) {
    throw new Error(
      `Cannot find the group of user "${user}": the system does not know the user; name a group, too`,
    );
  }
  return known;
}

/** The types of Node.js do not know it. */
interface Initgroups {
  readonly initgroups: (user: number, group: number) => void;
}

/** True where the process is this account already, in every way. */
export function isAccount({ uid, gid }: Account): boolean {
  const is = process.getuid?.() === uid && process.geteuid?.() === uid;
  return is && process.getgid?.() === gid && process.getegid?.() === gid;
}

/** The whole process becomes this account, with its groups. Throws where it could go back, or a thread did not follow. */
export function becomeAccount({ uid, gid }: Account): void {
  // The groups of root must not stay. Only a user that the system knows has others than the one.
  if (findUser(String(uid)) === undefined) process.setgroups?.([gid]);
  else (process as unknown as Initgroups).initgroups(uid, gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
  for (const thread of readdirSync('/proc/self/task')) assertThread(thread, { uid, gid });
  if (uid !== 0 && canGoBack()) throw new Error('Cannot drop privileges: the process can become root again');
}

function assertThread(thread: string, { uid, gid }: Account): void {
  let status: string;
  try {
    status = readFileSync(`/proc/self/task/${thread}/status`, 'latin1');
  } catch (error) {
    // It has ended in the meantime.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return;
    throw error;
  }
  // Real, effective, saved, and for files.
  const four = (id: number): string => Array.from({ length: 4 }, () => id).join('\t');
  if (status.includes(`\nUid:\t${four(uid)}\n`) && status.includes(`\nGid:\t${four(gid)}\n`)) return;
  throw new Error(`Cannot drop privileges: thread ${thread} has not changed its user and group`);
}

function canGoBack(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}

function findUser(user: string): Account | undefined {
  const { functions } = openLibc(CALLS);
  const number = numberOf(user);
  const found = number === undefined ? functions.getpwnam(text(user)) : functions.getpwuid(number);
  if (found === 0n) return undefined;
  const { getUint32 } = loadFfi();
  return { uid: getUint32(found, 16), gid: getUint32(found, 20) };
}

function findGroup(group: string): number | undefined {
  if (numberOf(group) !== undefined) return undefined;
  const found = openLibc(CALLS).functions.getgrnam(text(group));
  return found === 0n ? undefined : loadFfi().getUint32(found, 16);
}

/** The highest number stands for "no change" in calls to the system. */
function numberOf(name: string): number | undefined {
  return /^[0-9]{1,10}$/.test(name) && Number(name) < 0xffff_ffff ? Number(name) : undefined;
}

function text(name: string): Buffer {
  return Buffer.from(`${name}\0`);
}

const CALLS = {
  getpwnam: { arguments: ['buffer'], return: 'pointer' },
  getpwuid: { arguments: ['u32'], return: 'pointer' },
  getgrnam: { arguments: ['buffer'], return: 'pointer' },
} as const;
