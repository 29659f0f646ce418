/** All commands, in the order of the help. */
import { agent } from './agent.ts';
import { attackers } from './attackers.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { demo } from './demo.ts';
import { drain } from './drain.ts';
import { explain } from './explain.ts';
import { host } from './host.ts';
import { inspect } from './inspect.ts';
import { reload } from './reload.ts';
import { rules } from './rules.ts';
import { run } from './run.ts';
import { schema } from './schema.ts';
import { spoof } from './spoof.ts';
import { status } from './status.ts';
import { top } from './top.ts';
import { version } from './version.ts';

export const commands: readonly Command[] = [
  run,
  check,
  demo,
  inspect,
  reload,
  status,
  top,
  drain,
  explain,
  attackers,
  agent,
  rules,
  host,
  spoof,
  schema,
  version,
];
