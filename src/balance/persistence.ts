/**
 * Sessions that stay with the server that answered them first. Each way has a file of its own; PERSISTENCES is the table
 * of all, and `persistences.test.ts` the suite that all of them pass.
 */
import type { MessageHead } from '../http/message-head.ts';
import type { SessionTable } from '../state/session-table.ts';
import type { Seeker } from './algorithm.ts';
import type { Member } from './balancer.ts';
import type { ServerTable } from './server-table.ts';

export interface PersistentMember extends Member {
  /** Its value in cookies, as configured. */
  readonly cookie: string | undefined;
}

/** What becomes of the fields of a response. */
export interface ResponseEdit {
  /** Set-Cookie fields are left out: those that stay are among the lines. */
  readonly dropsCookies: boolean;
  /** Lines to add, with their ends. */
  readonly lines: string;
}

/** What becomes of the Cookie fields of a request: lines with their ends, or undefined when they stay as they are. */
export type CookieEdit = (head: MessageHead) => string | undefined;

export interface Persistence<M extends PersistentMember> {
  /** What servers must not see of requests; undefined where they see all. */
  readonly cookieEdit: CookieEdit | undefined;
  /** The server that the session of `seeker` belongs to, while it is one of the pool and in service. */
  find(seeker: Seeker): M | undefined;
  /**
   * `server` answers: the session belongs to it from now on. What changes on its response for that, or undefined for
   * nothing; a connection that is relayed unread has no response.
   */
  answer(seeker: Seeker, server: M, response: MessageHead | undefined): ResponseEdit | undefined;
}

/** What persistence is made of. */
export interface PersistenceParts<M extends PersistentMember> {
  /** The pool's. */
  readonly name: string;
  readonly members: readonly M[];
  readonly table: ServerTable;
  /** A secret of this installation. */
  readonly secret: string;
  /** Where entries are kept: the same one after a reload. */
  readonly sessions: () => SessionTable;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}
