import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { PLACES, takeSample } from './machine.ts';
import type { Places } from './machine.ts';

const PROC = {
  'proc/stat': 'cpu  10 0 0 80 10\ncpu0 10 0 0 80 10\nprocs_running 2\n',
  'proc/meminfo': 'MemTotal: 100 kB\nMemAvailable: 60 kB\n',
  'proc/loadavg': '0.50 0.40 0.30 1/100 77\n',
};

test(
  'this machine can be read',
  { skip: existsSync('/proc/stat') ? false : 'this host has no /proc' },
  () => {
    const { cpu, memory } = takeSample(0, PLACES);
    assert(cpu.cores >= 1 && cpu.total > cpu.busy && cpu.runnable >= 1);
    assert(memory > 0 && memory < 1, String(memory));
  },
);

test('a machine without limits has no group', (t) => {
  const places = make(t, { ...PROC, 'proc/self/cgroup': '0::/\n' });
  assert.deepEqual(takeSample(5, places), {
    at: 5,
    cpu: { busy: 10, total: 100, cores: 1, runnable: 2 },
    memory: 0.4,
    loadavg: 0.5,
    group: undefined,
  });
});

test('the limits of a group count, and those of the group around it where it has none', (t) => {
  const limited = {
    'cgroup/box/cpu.max': '50000 100000\n',
    'cgroup/box/cpu.stat': 'usage_usec 123\n',
    'cgroup/box/memory.max': '1000\n',
    'cgroup/box/memory.current': '700\n',
    'cgroup/box/memory.stat': 'anon 1\ninactive_file 200\n',
  };
  const expected = { cores: 0.5, usageUs: 123, memory: 0.5 };
  const own = make(t, { ...PROC, ...limited, 'proc/self/cgroup': '0::/box\n' });
  assert.deepEqual(takeSample(0, own).group, expected);
  const inner = make(t, {
    ...PROC,
    ...limited,
    'cgroup/box/inner/cpu.max': 'max 100000\n',
    'proc/self/cgroup': '0::/box/inner\n',
  });
  assert.deepEqual(takeSample(0, inner).group, expected);
});

test('a group whose memory alone is limited', (t) => {
  const places = make(t, {
    ...PROC,
    'proc/self/cgroup': '0::/\n',
    'cgroup/memory.max': '1000\n',
    'cgroup/memory.current': '900\n',
  });
  assert.deepEqual(takeSample(0, places).group, { cores: Infinity, usageUs: 0, memory: 0.9 });
});

for (const file of Object.keys(PROC)) {
  test(`without ${file} there is a sentence that says so`, (t) => {
    const missing = Object.fromEntries(Object.entries(PROC).filter(([name]) => name !== file));
    assert.throws(
      () => takeSample(0, make(t, missing)),
      /^Error: Cannot read ".*": the agent needs Linux with \/proc$/,
    );
    assert.throws(
      () => takeSample(0, make(t, { ...PROC, [file]: 'x\n' })),
      /it is not of the form that is expected$/,
    );
  });
}

function make(t: TestContext, files: Readonly<Record<string, string>>): Places {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-machine-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return { proc: join(folder, 'proc'), cgroup: join(folder, 'cgroup') };
}
