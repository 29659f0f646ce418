import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusView } from '../admin/views.ts';
import { statusText } from './status.ts';

const VIEW: StatusView = {
  version: '1.2.3',
  pid: 77,
  startedAtMs: 1_000_000,
  configuration: '/etc/sallyport.yaml',
  listeners: [
    { name: 'web', protocol: 'http', addresses: ['0.0.0.0:80', '[::]:80'], connections: 1 },
    { name: 'mail', protocol: 'tcp', addresses: ['0.0.0.0:25'], connections: 0 },
  ],
  pools: [
    {
      name: 'shop',
      isDecoy: false,
      servers: [{ name: 's1', address: '10.0.0.1:80', weight: 2, busy: 3, idle: 4 }],
    },
    {
      name: 'trap',
      isDecoy: true,
      servers: [{ name: 'built-in', address: 'unix:/run/x', weight: 1, busy: 0, idle: 0 }],
    },
  ],
  exchanges: { continue: 10, deceive: 2, reply: 3, drop: 1 },
  attackers: { count: 5, max: 100, dropped: 0 },
  accessLog: { dropped: 0 },
};

const NOW_MS = VIEW.startedAtMs + 90_000;

test('statusText shows everything in a page', () => {
  assert.equal(
    statusText(VIEW, NOW_MS),
    `sallyport 1.2.3, pid 77, up 90s, /etc/sallyport.yaml

Listeners
  web   http  0.0.0.0:80 [::]:80  1 connection
  mail  tcp   0.0.0.0:25          0 connections

Servers
  shop          s1        10.0.0.1:80  weight 2  3 busy, 4 idle
  trap (decoy)  built-in  unix:/run/x  weight 1  0 busy, 0 idle

Exchanges  10 passed, 2 deceived, 3 refused, 1 dropped
Attackers  5 marked of at most 100
`,
  );
});

test('statusText tells of marks and log lines that were lost', () => {
  const text = statusText(
    { ...VIEW, attackers: { count: 100, max: 100, dropped: 7 }, accessLog: { dropped: 8 } },
    NOW_MS,
  );
  assert.match(text, /^Attackers {2}100 marked of at most 100, 7 dropped to make room$/m);
  assert.match(text, /^Access log 8 lines lost$/m);
});

test('statusText survives a clock that went back', () => {
  assert.match(statusText(VIEW, VIEW.startedAtMs - 5000), /, up 0/);
});

test('statusText escapes the path of the configuration', () => {
  const text = statusText({ ...VIEW, configuration: '/\x1b[2J\nListeners' }, NOW_MS);
  assert.match(text, /, \/\\x1b\[2J\\x0aListeners\n/);
});
