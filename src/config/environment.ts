/**
 * `${NAME}` and `${NAME:-default}` within a value, from the environment. `$${` stands for `${`.
 *
 * One pass: what a variable holds is text, never looked into again, so that no variable can name another.
 */

/** Names to values, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type Expansion =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'bad'; readonly problem: string; readonly hint: string };

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Expands every reference in `text`. The first that cannot be expanded is the problem. */
export function expandEnvironment(text: string, environment: Environment): Expansion {
  if (!text.includes('${')) return { kind: 'ok', text };
  let bad: Expansion | undefined;
  const expanded = text.replace(REFERENCE, (reference: string, inner: string | undefined) => {
    if (inner === undefined) return '${';
    const value = reference.endsWith('}') ? valueOf(inner, environment) : MALFORMED;
    if (value.kind === 'ok') return value.text;
    bad ??= value;
    return reference;
  });
  return bad ?? { kind: 'ok', text: expanded };
}

const MALFORMED: Expansion = {
  kind: 'bad',
  problem: 'a reference to the environment is not well-formed',
  hint: 'write "${NAME}" or "${NAME:-default}"; a literal "${" is written "$${"',
};

/** `inner` is what stands between the braces. */
function valueOf(inner: string, environment: Environment): Expansion {
  const separator = inner.indexOf(':-');
  const name = separator < 0 ? inner : inner.slice(0, separator);
  if (!NAME.test(name)) return MALFORMED;
  // As in a shell, an empty variable takes the default too.
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (separator >= 0)
    return { kind: 'ok', text: value === undefined || value === '' ? inner.slice(separator + 2) : value };
  if (value !== undefined) return { kind: 'ok', text: value };
  return {
    kind: 'bad',
    problem: `the environment variable "${name}" is not set`,
    hint: `set it, or give a default: "\${${name}:-…}"`,
  };
}
