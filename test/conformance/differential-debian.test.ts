/**
 * The CRS 3.3 of Debian's modsecurity-crs: other rules, written for ModSecurity 2. Both ways through them agree on the
 * requests of the regression tests, at its own settings and at paranoia level 4.
 *
 * Told to nobody where the package is not installed: it is an addition, not a part of every run. SALLYPORT_DEBIAN_CRS
 * names a folder into which it was unpacked (`dpkg -x`).
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadRules } from '../../src/inspect/load-rules.ts';
import type { RuleFile } from '../../src/inspect/load-rules.ts';
import { SKIP } from './crs/crs-data.ts';
import { logExchanges, regressionExchanges } from './crs/exchanges.ts';
import { differencesOf, twoWays } from './crs/two-ways.ts';

const DEBIAN = process.env['SALLYPORT_DEBIAN_CRS'] ?? '/';
const STRIDE = process.env['SALLYPORT_TEST_ALL'] === '1' ? 1 : 10;
const STRICTEST: RuleFile = {
  name: 'level-4.conf',
  text: 'SecAction "id:900006,phase:1,nolog,pass,setvar:tx.paranoia_level=4,setvar:tx.executing_paranoia_level=4"\n',
};

if (existsSync(join(DEBIAN, 'usr/share/modsecurity-crs/rules'))) {
  const loaded = loadRules(['etc/modsecurity/crs/*.conf', 'usr/share/modsecurity-crs/rules/*.conf'], DEBIAN);
  assert(loaded.kind === 'ok');
  const settings = loaded.files.filter(({ name }) => name.includes('crs-setup'));
  const rules = loaded.files.filter(({ name }) => !name.includes('crs-setup'));
  const exchanges = SKIP === false ? [...regressionExchanges(), ...logExchanges()] : [];
  const sample = exchanges.filter((_, index) => index % STRIDE === 0);

  test('both ways agree as the CRS 3.3 comes, and refuses', { skip: SKIP }, () => {
    const { differences, withHits } = differencesOf(twoWays([...settings, ...rules], 'on'), sample);
    assert.deepEqual(differences, []);
    assert(withHits > sample.length / 10, `${withHits} with hits`);
  });

  test('both ways agree on the CRS 3.3 at paranoia level 4', { skip: SKIP }, () => {
    const ways = twoWays([...settings, STRICTEST, ...rules], 'detect');
    const { differences, withHits } = differencesOf(ways, sample);
    assert.deepEqual(differences, []);
    assert(withHits > sample.length / 3, `${withHits} with hits`);
  });
}
