/**
 * Rules of the public sets that the tests leave out, each with its reason.
 */
import type { SetName } from './sets.ts';

/** Rules that load, and for which made-message.ts finds no message that they alert on. */
export const NOT_MADE: Readonly<Record<SetName, Readonly<Record<number, string>>>> = {
  '2004': {},
  community: {
    ...sharing(
      'a message of SMB whose fields point to each other: the lengths are not solved',
      '3026 3027 3028 3029 3030 3031 3032 3033 3034 3035 3036 3037 3038 3039 3040 3041 45977 45978 46076 47567',
    ),
    ...sharing(
      'no value: the pattern is of a host alone, on a buffer that begins with the name of a header',
      '32846',
    ),
  },
  'et-open': {},
};

/**
 * Rules that are right and cannot be run, by the option that is in the way: what they ask for is no part of the bytes
 * that a proxy forwards. Rules of other protocols than TCP and HTTP are only counted, in OTHER_PROTOCOLS.
 */
export const NOT_RUN: Readonly<Record<SetName, Readonly<Record<string, readonly number[]>>>> = {
  '2004': {},
  community: {
    ack: sids('613 627 1133'),
    asn1: sids('2382 2383 2579 3000 3001 3002 3003 3004 3005'),
    dce_iface: sids('529 2508 2936 2942 3114 3158 3218 3238 3397 3409'),
    flags: sids('163 309 614 619 622 626 630 1257 2523 40063'),
    fragbits: sids('272'),
    id: sids('45983'),
    ip_proto: sids('2462 2463 2464'),
    sip_header: sids('32042'),
    sip_method: sids('27902'),
    sip_stat_code: sids('27903 27904'),
    ssl_state: sids('27538 35393 47640 56587 56864'),
    ssl_version: sids('2656 2657'),
  },
  'et-open': {
    'app-layer-event': sids('2048367'),
    ack: sids('2100613 2100623 2100627 2100628 2101133'),
    flags: sids(
      '2001219 2001553 2001569 2001579 2001580 2001581 2001582 2001583 2001904 2001972 2002910 2002911 2002973 ' +
        '2002992 2002993 2002994 2002995 2003068 2008230 2010371 2010935 2010936 2010937 2010938 2010939 2011367 ' +
        '2011368 2013479 2100619 2100624 2100625 2100626 2100629 2101228',
    ),
    fragbits: sids('2000537 2000538 2000540 2000543 2000544 2000545 2000546 2009582 2009583 2009584'),
    ip_proto: sids('2000536'),
  },
};

/** How many rules of each set are about a protocol that a proxy does not see. */
export const OTHER_PROTOCOLS: Readonly<Record<SetName, Readonly<Record<string, number>>>> = {
  '2004': {},
  community: { icmp: 125, udp: 213 },
  'et-open': { dns: 6, ftp: 2, icmp: 16, smtp: 1, ssh: 2, udp: 29 },
};

function sharing(reason: string, list: string): Readonly<Record<number, string>> {
  return Object.fromEntries(sids(list).map((sid) => [sid, reason]));
}

function sids(list: string): readonly number[] {
  return list === '' ? [] : list.split(' ').map(Number);
}
