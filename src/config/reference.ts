/** The reference of the configuration in Markdown, made of the option tables. */
import type { ItemOption, Option, OptionTable } from '../base/option.ts';
import { diagnosticCodes } from './diagnostic-codes.ts';
import { configOptions } from './schema.ts';

/** Where the prose of a generated page says that it is one. */
const GENERATED = '<!-- Made by tools/docs.ts out of the option tables. Change those, then run it again. -->';

const INTRODUCTION = `# Configuration

One YAML file, by convention \`sallyport.yaml\`. \`sallyport check -c FILE\` reads it and shows every mistake at once;
\`sallyport schema\` prints a JSON Schema for editors. Nothing unknown is ignored. The codes of mistakes are explained in
[diagnostics.md](diagnostics.md).

A small one:

\`\`\`yaml
listeners:
  web:
    bind: ":8080"
    pool: app
    decoy: trap
pools:
  app:
    servers: ["127.0.0.1:9001", "127.0.0.1:9002"]
decoys:
  trap: {}
\`\`\`

## Values

- *duration*: a whole number and a unit: \`500ms\`, \`3s\`, \`10m\`, \`1h\`, \`7d\`.
- *size*: a number of bytes, alone or with a unit: \`512\`, \`64KiB\` (1024), \`1MB\` (1,000,000).
- *address with port*: \`192.0.2.1:80\`, \`[2001:db8::1]:80\`. Names are resolved where it says *address or name with
  port*: \`app.internal:80\`, or a name of SRV records, which begins with \`_\`: \`_http._tcp.app.internal\`.
- *network*: \`10.0.0.0/8\`, \`2001:db8::/32\`, or one address.
- *path*: a file, relative to the folder of the configuration file.
- *name*: 1 to 64 letters, digits, \`_\`, \`.\` and \`-\`. Something with such a name is defined elsewhere in the file.
- *list*: several values; a list of one may be written as the value alone.
- \`\${NAME}\` in a value is replaced by a variable of the environment, \`\${NAME:-value}\` by a default where it is not set or
  empty; \`$\${\` is a literal \`\${\`.

YAML anchors and aliases work. Tags, merge keys, and files of more than one document are refused.`;

export function renderReference(): string {
  return `${[GENERATED, INTRODUCTION, ...sectionsOf('', configOptions, new Map())].join('\n\n')}\n`;
}

export function renderDiagnostics(): string {
  const rows = Object.entries(diagnosticCodes).map(([code, { severity, doc }]) => [
    `\`${code}\``,
    severity,
    doc,
  ]);
  const prose = `# Diagnostics

What \`sallyport check\` says about a configuration. An error keeps it from being used; a warning does not.`;
  return `${[GENERATED, prose, tableOf(['code', 'severity', 'meaning'], rows)].join('\n\n')}\n`;
}

/** The heading below which each table is shown: only where it comes first. */
type Shown = Map<OptionTable, string>;

/** The keys of a table, then each of the tables within it under its own heading. */
function sectionsOf(path: string, table: OptionTable, shown: Shown): string[] {
  const parts: string[] = [];
  const rows = Object.entries(table).map(([key, option]) => [
    `\`${key}\``,
    kindOf(option),
    defaultOf(option),
    option.doc,
  ]);
  parts.push(tableOf(['key', 'value', 'default', 'meaning'], rows));
  for (const [key, option] of Object.entries(table)) parts.push(...innerOf(`${path}${key}`, option, shown));
  return parts;
}

function innerOf(path: string, option: Option, shown: Shown): string[] {
  if (option.kind !== 'section' && option.kind !== 'map') return [];
  const { doc, table } = option.kind === 'section' ? option : option.of;
  const name = option.kind === 'section' ? path : `${path}.${option.noun.toUpperCase()}`;
  const first = shown.get(table);
  if (first !== undefined) return [`## \`${name}\``, doc, `Its keys are those of ${linkTo(first)}.`];
  shown.set(table, name);
  return [`## \`${name}\``, doc, ...sectionsOf(`${name}.`, table, shown)];
}

function linkTo(heading: string): string {
  return `[\`${heading}\`](#${heading.toLowerCase().replace(/[^a-z0-9_-]/g, '')})`;
}

function kindOf(option: Option): string {
  switch (option.kind) {
    case 'duration':
    case 'size':
      return `${option.kind}, ${code(option.min)} to ${code(option.max)}${option.off ? `, or ${code('off')}` : ''}`;
    case 'integer':
      return `whole number, ${option.min} to ${option.max}${option.auto ? `, or ${code('auto')}` : ''}`;
    case 'boolean':
      return `${code('true')} or ${code('false')}`;
    case 'endpoint':
      return option.names === true ? 'address or name with port' : 'address with port';
    case 'endpoints':
      return `list of addresses with ports, at most ${option.countMax}`;
    case 'cidrs':
      return `list of networks, at most ${option.countMax}`;
    case 'list':
      return `list, at most ${option.countMax}, of: ${itemOf(option.of)}`;
    case 'section':
      return 'section';
    case 'map':
      return `sections by name, at most ${option.countMax}`;
    case 'text':
    case 'path':
    case 'choice':
    case 'reference':
      return itemOf(option);
  }
}

function itemOf(option: ItemOption): string {
  switch (option.kind) {
    case 'text':
      return option.expects;
    case 'path':
      return ['path', ...[...(option.words ?? []), ...Object.keys(option.places ?? {})].map(code)].join(
        ' or ',
      );
    case 'choice':
      return option.values.map(code).join(', ');
    case 'reference':
      return `name of one of the ${code(option.to)}`;
  }
}

function defaultOf(option: Option): string {
  if (option.presence !== undefined) return option.presence === 'required' ? '*required*' : '*none*';
  if (option.kind === 'section' || option.kind === 'map') return '';
  if (!('default' in option)) return '';
  const value = option.default;
  if (Array.isArray(value))
    return value.length === 0 ? '*empty*' : value.map((item) => code(String(item))).join(', ');
  return code(String(value));
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
