/**
 * The cases of suricata-verify: captures through our readers of packets, messages through the buffers and rules, and the
 * alerts counted as Suricata has counted them.
 *
 * A case is either in one of the classes of suricata/classes.ts, with its reason, or equal. Those whose bytes our front
 * would refuse are read by a tolerant reader and must be equal too, but count apart.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { AlertJudge } from '../../src/inspect/snort/judge.ts';
import { findCases } from './suricata/case.ts';
import type { AlertCheck, SuricataCase } from './suricata/case.ts';
import { CLASSES, DETAILS, REFUSALS } from './suricata/classes.ts';
import { hitsOfExchanges, hitsOfStreams } from './suricata/inspectors.ts';
import { alertsOfBytes, runCase } from './suricata/run-case.ts';
import type { Alert, CaseRun } from './suricata/run-case.ts';

const FOLDER = join(
  process.env['SALLYPORT_DATA'] ?? join(import.meta.dirname, '../../../shared/data'),
  'suricata-verify/tests',
);
const skip = existsSync(FOLDER) ? false : 'the cases of suricata-verify are not here: set SALLYPORT_DATA';

/** How many there are, and what becomes of them. */
const TOTALS = {
  cases: 455,
  classed: 37,
  equal: 158,
  refusedAndEqual: 260,
  checks: 855,
  alerts: 831,
} as const;

interface Outcome {
  readonly one: SuricataCase;
  readonly run: CaseRun;
  readonly className: string | undefined;
  readonly refusal: string | undefined;
  readonly differences: readonly string[];
}

suite('suricata-verify', { skip }, () => {
  const outcomes = skip === false ? findCases(FOLDER).map(runOne) : [];
  const compared = outcomes.filter((outcome) => outcome.className === undefined);

  test('all cases outside of the classes give the alerts that Suricata gives', () => {
    const different = compared.flatMap(({ one, differences }) =>
      differences.map((text) => `${one.id}: ${text}`),
    );
    assert.deepEqual(different, []);
  });

  test('every case of a class is there, and is in one class', () => {
    const ids = Object.values(CLASSES).flatMap((entry) => entry.ids);
    assert.equal(new Set(ids).size, ids.length);
    const known = new Set(outcomes.map(({ one }) => one.id));
    assert.deepEqual(
      ids.filter((id) => !known.has(id)),
      [],
    );
  });

  test('rules with hooks are not run, and all others load', () => {
    for (const { one, run, className } of outcomes) {
      const count = run.loaded.mistakes.length + run.loaded.notRun.length;
      if (className === 'hooks') assert.equal(run.loaded.rules.length, 0, `${one.id} loads now`);
      if (className === undefined) assert.equal(count, 0, one.id);
    }
  });

  test('our front refuses what is listed, and reads the rest as the tolerant reader does', () => {
    const refusals: Record<string, number> = {};
    for (const { refusal } of compared) {
      if (refusal !== undefined) refusals[refusal] = (refusals[refusal] ?? 0) + 1;
    }
    assert.deepEqual(refusals, REFUSALS);
    for (const { one, run } of compared) {
      for (const { front, bodies } of run.connections) {
        if (front.refusal === undefined) assert.deepEqual(bodies, front.bodies, one.id);
      }
    }
  });

  test('the inspectors of the proxy give the same hits on the fast way as on the slow one', (context) => {
    let count = 0;
    for (const { one, run } of outcomes) {
      const slow = hitsOfExchanges(one, run.connections, false);
      assert.deepEqual(hitsOfExchanges(one, run.connections, true), slow, one.id);
      count += slow.length;
    }
    context.diagnostic(`${count} hits`);
    assert.ok(count > 500, `only ${count} hits`);
  });

  test('connections as streams give the same hits in pieces as whole', (context) => {
    let cases = 0;
    let hits = 0;
    for (const { one, run } of outcomes) {
      const { policies, variables } = run.loaded;
      const expected = alertsOfBytes(run, new AlertJudge(policies, variables));
      if (expected.length === 0) continue;
      const connections = run.connections.map(({ shown }) => shown.connection);
      for (const pieceBytes of [Infinity, 1460, 7, 1]) {
        assert.deepEqual(
          hitsOfStreams(one, connections, pieceBytes),
          expected,
          `${one.id} in pieces of ${pieceBytes}`,
        );
      }
      cases++;
      hits += expected.length;
    }
    context.diagnostic(`${cases} cases, ${hits} hits`);
    assert.deepEqual({ cases, hits }, { cases: 5, hits: 6 });
  });

  test('without rules every case that expects an alert is different', () => {
    for (const { one } of compared) {
      const expects = one.alertChecks.some((check) => check.count > 0);
      assert.equal(differencesOf(one.alertChecks, []).length > 0, expects, one.id);
    }
  });

  test('so many were run', (context) => {
    const refused = compared.filter(({ refusal }) => refusal !== undefined);
    const figures = {
      cases: outcomes.length,
      classed: outcomes.length - compared.length,
      equal: compared.length - refused.length,
      refusedAndEqual: refused.length,
      checks: compared.reduce((sum, { one }) => sum + one.alertChecks.length, 0),
      alerts: compared.reduce((sum, { run }) => sum + run.alerts.length, 0),
    };
    context.diagnostic(JSON.stringify(figures));
    for (const [name, { ids, because }] of Object.entries(CLASSES)) {
      context.diagnostic(`${name}: ${ids.length} cases, because ${because}`);
    }
    assert.deepEqual(figures, TOTALS);
  });
});

function runOne(one: SuricataCase): Outcome {
  const run = runCase(one);
  const className = Object.entries(CLASSES).find(([, entry]) => entry.ids.includes(one.id))?.[0];
  const refusal = run.connections.map(({ front }) => front.refusal).find((code) => code !== undefined);
  const differences = differencesOf(one.alertChecks, run.alerts);
  if (run.connections.length === 0) differences.push('there is no connection');
  if (one.alertChecks.length === 0) differences.push('there is nothing to compare');
  return { one, run, className, refusal, differences };
}

function differencesOf(checks: readonly AlertCheck[], alerts: readonly Alert[]): string[] {
  return checks.flatMap((check) => {
    const count = alerts.filter((alert) => matches(alert, check.match)).length;
    if (count === check.count) return [];
    return [`${count} alerts, ${check.count} expected, for ${JSON.stringify(check.match)}`];
  });
}

function matches(alert: Alert, match: AlertCheck['match']): boolean {
  return Object.entries(match).every(([key, value]) => {
    switch (key) {
      case 'alert.signature_id':
        return alert.sid === value;
      case 'alert.gid':
        return alert.gid === value;
      case 'alert.rev':
        return alert.rev === value;
      case 'alert.signature':
        return alert.message === value;
      case 'dest_port':
        return alert.destinationPort === value;
      case 'src_port':
        return alert.sourcePort === value;
      default:
        // What is not known to be a detail may be what the count depends on.
        return DETAILS.has(key);
    }
  });
}
