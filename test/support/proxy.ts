/**
 * A proxy in the test's own process: a configuration as text, real listeners on loopback, every record kept.
 */
import assert from 'node:assert/strict';
import { readConfig } from '../../src/config/read.ts';
import { formatDiagnostic } from '../../src/config/diagnostic.ts';
import { buildInspector } from '../../src/inspect/build.ts';
import type { Inspector } from '../../src/inspect/inspector.ts';
import type { StreamInspector } from '../../src/inspect/snort/inspect-stream.ts';
import { copyRecord } from '../../src/proxy/exchange-record.ts';
import type { ExchangeRecord } from '../../src/proxy/exchange-record.ts';
import type { Tracer } from '../../src/proxy/tracing/tracer.ts';
import { builtInDecoyNames, BuiltInDecoys } from '../../src/runtime/built-in-decoys.ts';
import { DataPlane } from '../../src/runtime/data-plane.ts';
import { newServers } from '../../src/runtime/servers-in-use.ts';
import { until } from './wire.ts';

export interface TestProxy {
  readonly plane: DataPlane;
  /** In the order in which exchanges ended. */
  readonly records: ExchangeRecord[];
  /** The port of a listener, bound with port 0. */
  port(listener?: string): number;
  /** The record at `index` of all, once it is there. */
  record(index: number): Promise<ExchangeRecord>;
  close(): Promise<void>;
}

export interface TestProxyOptions {
  /** SecLang text; without it nothing is inspected, whatever the configuration says. */
  readonly rules?: string;
  /** Instead of `rules`. */
  readonly inspector?: Inspector;
  /** For `tcp` listeners. */
  readonly streams?: StreamInspector;
  /** Exchanges are traced by it. */
  readonly tracer?: Tracer;
  readonly graceMs?: number;
  /** Takes defects, where a test makes one on purpose; otherwise one fails the test. */
  readonly onDefect?: (error: unknown) => void;
}

/** Starts a proxy. Use port 0 in every `bind`: `bind: "127.0.0.1:0"`. */
export async function startProxy(yaml: string, options: TestProxyOptions = {}): Promise<TestProxy> {
  const read = readConfig(yaml, 'test.yaml', {});
  assert(read.kind === 'ok', read.diagnostics.map(formatDiagnostic).join('\n'));
  const decoys = new BuiltInDecoys('test');
  for (const name of builtInDecoyNames(read.config)) await decoys.start(name);
  const records: ExchangeRecord[] = [];
  const defects: unknown[] = [];
  const on = options.inspector ?? inspectorOf(options.rules, 'on');
  const detect = options.inspector ?? inspectorOf(options.rules, 'detect');
  const plane = new DataPlane({
    config: read.config,
    inspectorFor: ({ mode }) => (mode === 'on' ? on : detect),
    decoyAddress: (name) => decoys.addressOf(name),
    streamsFor: () => options.streams,
    servers: newServers(read.config),
    record: (record) => records.push(copyRecord(record)),
    tracer: options.tracer,
    warn: () => {},
    // No test expects a defect: it must not pass as a closed connection.
    onDefect: options.onDefect ?? ((error) => defects.push(error)),
  });
  await plane.start();
  return {
    plane,
    records,
    port: (listener) => {
      const bound = plane.bound.find((one) => listener === undefined || one.listener === listener);
      assert(bound !== undefined, `no listener ${listener ?? ''}`);
      return bound.port;
    },
    record: async (index) => {
      await until(`record ${index} has come`, () => records[index] !== undefined);
      const record = records[index];
      assert(record !== undefined);
      return record;
    },
    close: async () => {
      await plane.stop(options.graceMs ?? 0);
      await decoys.close();
      assert.deepEqual(defects, [], 'the proxy has a defect');
    },
  };
}

function inspectorOf(rules: string | undefined, mode: 'on' | 'detect'): Inspector | undefined {
  if (rules === undefined) return undefined;
  const built = buildInspector([{ name: 'test.conf', text: rules }], { mode, exclude: [] });
  assert(built.kind === 'ok', 'the rules of the test are wrong');
  return built.inspector;
}
