/** The contract of persistence, for every row of the table; then what cookies alone can do. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { makeServers, seekerAt, seekerWith } from '../../test/support/balance.ts';
import { ResponseHead } from '../http/response-head.ts';
import { SessionTable } from '../state/session-table.ts';
import type { Seeker } from './algorithm.ts';
import type { CookieOptions, EntryOptions, PersistenceOptions } from './persistence-options.ts';
import type { Persistence, PersistentMember } from './persistence.ts';
import { makePersistence } from './persistences.ts';
import { DOWN, DRAIN, MAINTENANCE, UP } from './server-table.ts';
import type { ServerTable } from './server-table.ts';

interface Member extends PersistentMember {
  readonly name: string;
}

interface Made {
  readonly persistence: Persistence<Member>;
  readonly table: ServerTable;
  readonly members: readonly Member[];
  readonly clock: { ms: number };
  readonly sessions: SessionTable;
}

const COOKIE: CookieOptions = {
  name: 'S',
  mode: 'insert',
  indirect: true,
  noCache: false,
  httpOnly: false,
  secure: false,
  sameSite: 'off',
  domain: undefined,
  maxIdle: 'off',
  maxLife: 'off',
  secret: undefined,
};
const ENTRY: EntryOptions = { key: 'address', name: undefined, expire: 60_000, max: 64 };

function make(
  options: Partial<PersistenceOptions>,
  given: {
    readonly cookies?: readonly (string | undefined)[];
    readonly sessions?: SessionTable;
    readonly secret?: string;
  } = {},
): Made {
  const { table } = makeServers(1, 1, 1);
  const cookies = given.cookies ?? ['a', 'b', 'c'];
  const members = [0, 1, 2].map((row) => ({
    name: 'abc'.charAt(row),
    row,
    weight: 1,
    key: `192.0.2.${row}:80`,
    cookie: cookies[row],
  }));
  const clock = { ms: 1_800_000_000_000 };
  const sessions = given.sessions ?? SessionTable.create(64);
  const persistence = makePersistence(
    { by: 'cookie', cookie: COOKIE, entry: ENTRY, ...options },
    {
      name: 'app',
      members,
      table,
      secret: given.secret ?? 'secret',
      sessions: () => sessions,
      clock: () => clock.ms,
    },
  );
  assert(persistence !== undefined);
  return { persistence, table, members, clock, sessions };
}

function response(fields: string = ''): ResponseHead {
  const head = new ResponseHead({ headBytes: 65_536, headerCount: 100 });
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\n${fields}\r\n`, 'latin1');
  assert.equal(head.read(bytes, 0, bytes.length), 1);
  return head;
}

/** A browser: it sends back the cookies that it is given, those that the servers set included. */
class Browser {
  readonly cookies: Map<string, string> = new Map<string, string>();
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  get seeker(): Seeker {
    const pairs = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return seekerWith('GET / HTTP/1.1', pairs === '' ? '' : `Cookie: ${pairs}\r\n`, this.address);
  }

  visit(made: Made, server: Member, fields: string = ''): string {
    const edit = made.persistence.answer(this.seeker, server, response(fields));
    const lines = (edit?.dropsCookies === true ? '' : fields) + (edit?.lines ?? '');
    for (const [, name = '', value = ''] of lines.matchAll(/Set-Cookie: ([^=]+)=([^;\r]*)/g))
      this.cookies.set(name, value);
    return edit?.lines ?? '';
  }
}

const KINDS: readonly {
  readonly name: string;
  readonly options: Partial<PersistenceOptions>;
  readonly theirs: string;
}[] = [
  { name: 'a cookie that is inserted', options: {}, theirs: '' },
  {
    name: 'a cookie that is rewritten',
    options: { cookie: { ...COOKIE, mode: 'rewrite' } },
    theirs: 'Set-Cookie: S=x; Path=/\r\n',
  },
  {
    name: 'a cookie with a prefix',
    options: { cookie: { ...COOKIE, mode: 'prefix' } },
    theirs: 'Set-Cookie: S=x~y\r\n',
  },
  {
    name: 'a cookie with times',
    options: { cookie: { ...COOKIE, maxIdle: 3_600_000, maxLife: 3_600_000 } },
    theirs: '',
  },
  { name: 'an entry', options: { by: 'entry' }, theirs: '' },
];

for (const { name, options, theirs } of KINDS) {
  test(`${name}: a session goes where it was, and others go elsewhere`, () => {
    const made = make(options);
    const [one, two] = [new Browser('192.0.2.1'), new Browser('192.0.2.2')];
    assert.equal(made.persistence.find(one.seeker), undefined);
    one.visit(made, made.members[1]!, theirs);
    assert.equal(made.persistence.find(one.seeker)?.name, 'b');
    assert.equal(made.persistence.find(two.seeker), undefined);
    two.visit(made, made.members[2]!, theirs);
    assert.equal(made.persistence.find(one.seeker)?.name, 'b');
    assert.equal(made.persistence.find(two.seeker)?.name, 'c');
  });

  test(`${name}: a server that drains keeps its sessions, and one that is down or in maintenance does not`, () => {
    const made = make(options);
    const browser = new Browser('192.0.2.1');
    browser.visit(made, made.members[1]!, theirs);
    made.table.setMode(1, DRAIN);
    made.table.setWeight(1, 0);
    assert.equal(made.persistence.find(browser.seeker)?.name, 'b');
    made.table.setMode(1, MAINTENANCE);
    assert.equal(made.persistence.find(browser.seeker), undefined);
    made.table.setMode(1, DRAIN);
    made.table.setState(1, DOWN);
    assert.equal(made.persistence.find(browser.seeker), undefined);
    made.table.setState(1, UP);
    assert.equal(made.persistence.find(browser.seeker)?.name, 'b');
  });

  test(`${name}: a session that moved belongs to the new server`, () => {
    const made = make(options);
    const browser = new Browser('192.0.2.1');
    browser.visit(made, made.members[1]!, theirs);
    made.table.setState(1, DOWN);
    browser.visit(made, made.members[0]!, theirs);
    made.table.setState(1, UP);
    assert.equal(made.persistence.find(browser.seeker)?.name, 'a');
  });

  test(`${name}: it survives a reload, and another thread knows it too`, () => {
    const made = make(options);
    const browser = new Browser('192.0.2.1');
    browser.visit(made, made.members[1]!, theirs);
    const next = make(options, { sessions: new SessionTable(made.sessions.shared) });
    assert.equal(next.persistence.find(browser.seeker)?.name, 'b');
  });
}

test('without a response a cookie changes nothing', () => {
  const made = make({});
  assert.equal(made.persistence.answer(seekerAt('192.0.2.1'), made.members[0]!, undefined), undefined);
  assert.equal(made.persistence.find(seekerAt('192.0.2.1')), undefined);
});

test('an entry ends some time after the last request, and not before', () => {
  const made = make({ by: 'entry' });
  const seeker = seekerAt('192.0.2.1');
  made.persistence.answer(seeker, made.members[1]!, undefined);
  for (let count = 0; count < 5; count++) {
    made.clock.ms += 52_000;
    assert.equal(made.persistence.find(seeker)?.name, 'b');
    made.persistence.answer(seeker, made.members[1]!, undefined);
  }
  made.clock.ms += 60_000;
  assert.equal(made.persistence.find(seeker), undefined);
});

test('an entry of a server that is no longer of the pool is none', () => {
  const made = make({ by: 'entry' });
  const gone = { ...made.members[1]!, key: '192.0.2.77:80' };
  made.persistence.answer(seekerAt('192.0.2.1'), gone, undefined);
  assert.equal(made.persistence.find(seekerAt('192.0.2.1')), undefined);
});

test('entries of a header: who has none is not remembered', () => {
  const made = make({ by: 'entry', entry: { ...ENTRY, key: 'header', name: 'X-User' } });
  const [me, nobody] = [seekerWith('GET / HTTP/1.1', 'X-User: me\r\n'), seekerWith('GET / HTTP/1.1')];
  made.persistence.answer(me, made.members[1]!, response());
  made.persistence.answer(nobody, made.members[2]!, response());
  assert.equal(made.persistence.find(me)?.name, 'b');
  assert.equal(made.persistence.find(nobody), undefined);
});

/** Values that are none of this pool: what a client can make up. */
const FORGED = [
  '',
  'A',
  'aa',
  'a ',
  '"a"',
  'a~b',
  '__proto__',
  'constructor',
  '|',
  'd',
  '%61',
  'a'.repeat(3000),
];

for (const value of FORGED) {
  test(`a client that says ${JSON.stringify(value.slice(0, 20))} has no cookie, and gets one`, () => {
    const made = make({});
    const seeker = seekerWith('GET / HTTP/1.1', `Cookie: S=${value}; x=1\r\n`);
    // White space around a pair is no part of it.
    if (value.trim() === 'a') assert.equal(made.persistence.find(seeker)?.name, 'a');
    else {
      assert.equal(made.persistence.find(seeker), undefined);
      assert.equal(
        made.persistence.answer(seeker, made.members[0]!, response())?.lines,
        'Set-Cookie: S=a; path=/\r\n',
      );
    }
    if (value !== '') {
      const edit = made.persistence.cookieEdit?.(seeker.head!); // Made with a request.
      assert.equal(edit, 'Cookie: x=1\r\n', 'whatever it says, no server sees it');
    }
  });
}

test('values that are not configured say nothing of the server, and differ by pool, server and secret', () => {
  const seen = new Set<string>();
  for (const secret of ['one', 'two']) {
    const made = make({}, { cookies: [], secret });
    for (const member of made.members) {
      const lines = new Browser('192.0.2.1').visit(made, member);
      const value = /^Set-Cookie: S=([A-Za-z0-9_-]{16}); path=\/\r\n$/.exec(lines)?.[1];
      assert(value !== undefined, lines);
      seen.add(value);
    }
  }
  assert.equal(seen.size, 6);
  const [one, again] = [make({}, { cookies: [] }), make({}, { cookies: [] })];
  const browser = new Browser('192.0.2.1');
  browser.visit(one, one.members[2]!);
  assert.equal(again.persistence.find(browser.seeker)?.name, 'c');
  const own = make({ cookie: { ...COOKIE, secret: '0123456789abcdef' } }, { cookies: [] });
  assert.equal(own.persistence.find(browser.seeker), undefined);
});

test('servers that share a value: the first in service is meant, and the cookie stays as it is', () => {
  const made = make({}, { cookies: ['x', 'x', 'y'] });
  const browser = new Browser('192.0.2.1');
  browser.visit(made, made.members[0]!);
  made.table.setState(0, DOWN);
  assert.equal(made.persistence.find(browser.seeker)?.name, 'b');
  assert.equal(browser.visit(made, made.members[1]!), '');
});

test('insert: a client that comes back gets no new cookie, and one that moved does', () => {
  const made = make({});
  const browser = new Browser('192.0.2.1');
  assert.equal(browser.visit(made, made.members[0]!), 'Set-Cookie: S=a; path=/\r\n');
  assert.equal(browser.visit(made, made.members[0]!), '');
  assert.equal(browser.visit(made, made.members[2]!), 'Set-Cookie: S=c; path=/\r\n');
});

test('insert: a cookie of this name that a server sets is taken out, others stay', () => {
  const made = make({});
  const browser = new Browser('192.0.2.1');
  browser.visit(made, made.members[0]!);
  const fields = 'Set-Cookie: a=1\r\nSet-Cookie: S=b; Path=/\r\nSet-Cookie: b=2\r\n';
  assert.deepEqual(made.persistence.answer(browser.seeker, made.members[0]!, response(fields)), {
    dropsCookies: true,
    lines: 'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n',
  });
});

test('insert: attributes in their order', () => {
  const cookie: CookieOptions = {
    ...COOKIE,
    httpOnly: true,
    secure: true,
    sameSite: 'none',
    domain: '.example.org',
  };
  const made = make({ cookie });
  assert.equal(
    new Browser('192.0.2.1').visit(made, made.members[0]!),
    'Set-Cookie: S=a; path=/; domain=.example.org; HttpOnly; Secure; SameSite=None\r\n',
  );
});

for (const [fields, isAdded] of [
  ['', true],
  ['Cache-Control: max-age=60, public\r\n', true],
  ['Cache-Control: my-private-thing\r\n', true],
  ['Cache-Control: max-age=60, private\r\n', false],
  ['Cache-Control: NO-STORE\r\n', false],
] as const) {
  test(`insert: noCache ${isAdded ? 'adds to' : 'leaves'} ${JSON.stringify(fields)}`, () => {
    const made = make({ cookie: { ...COOKIE, noCache: true } });
    const browser = new Browser('192.0.2.1');
    const cookie = 'Set-Cookie: S=a; path=/\r\n';
    const expected = isAdded ? `${cookie}Cache-Control: private\r\n` : cookie;
    assert.equal(browser.visit(made, made.members[0]!, fields), expected);
    assert.equal(browser.visit(made, made.members[0]!, fields), '', 'nothing without a cookie');
  });
}

test('insert: maxIdle ends a session that was away too long, and is renewed by use', () => {
  const made = make({ cookie: { ...COOKIE, maxIdle: 60_000 } });
  const browser = new Browser('192.0.2.1');
  assert.equal(browser.visit(made, made.members[0]!), 'Set-Cookie: S=a|a0nSA; path=/\r\n');
  assert.equal(browser.visit(made, made.members[0]!), '', 'within the same seconds nothing is renewed');
  for (let count = 0; count < 3; count++) {
    made.clock.ms += 50_000;
    assert.equal(made.persistence.find(browser.seeker)?.name, 'a');
    assert.match(browser.visit(made, made.members[0]!), /^Set-Cookie: S=a\|a0n/);
  }
  made.clock.ms += 65_000;
  assert.equal(made.persistence.find(browser.seeker), undefined);
});

test('insert: maxLife ends a session however often it is used', () => {
  const made = make({ cookie: { ...COOKIE, maxLife: 60_000 } });
  const browser = new Browser('192.0.2.1');
  assert.equal(browser.visit(made, made.members[0]!), 'Set-Cookie: S=a|a0nSA|a0nSA; path=/\r\n');
  made.clock.ms += 50_000;
  browser.visit(made, made.members[0]!);
  made.clock.ms += 12_000;
  assert.equal(made.persistence.find(browser.seeker), undefined);
});

test('insert: times far ahead are none of ours', () => {
  const made = make({ cookie: { ...COOKIE, maxIdle: 60_000 } });
  const ahead = seekerWith('GET / HTTP/1.1', 'Cookie: S=a|/////\r\n');
  assert.equal(made.persistence.find(ahead), undefined);
});

test('insert: times that the configuration no longer wants are taken out', () => {
  const made = make({});
  const browser = new Browser('192.0.2.1');
  browser.cookies.set('S', 'a|a0nSA|a0nSA');
  assert.equal(made.persistence.find(browser.seeker)?.name, 'a');
  assert.equal(browser.visit(made, made.members[0]!), 'Set-Cookie: S=a; path=/\r\n');
});

test('without indirect the servers see the cookie, and with a prefix only their part of it', () => {
  const head = seekerWith('GET / HTTP/1.1', 'Cookie: x=1; S=a~their~own\r\n').head!; // Made with a request.
  assert.equal(make({ cookie: { ...COOKIE, indirect: false } }).persistence.cookieEdit, undefined);
  const { cookieEdit } = make({ cookie: { ...COOKIE, mode: 'prefix' } }).persistence;
  assert(cookieEdit !== undefined);
  assert.equal(cookieEdit(head), 'Cookie: x=1; S=their~own\r\n');
  const plain = seekerWith('GET / HTTP/1.1', 'Cookie: S=their\r\n').head!; // Made with a request.
  assert.equal(cookieEdit(plain), 'Cookie: S=their\r\n');
});
