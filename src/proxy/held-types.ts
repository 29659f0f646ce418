/** Which responses have bodies that are held for inspection: by their type, never those that are to flow. */

/**
 * `values` are all Content-Type fields of the response, `types` those that are held. A response that names no type, or
 * none that can be read, is held: a browser guesses what it is. Of several, one that is held is enough, for a browser
 * may go by it.
 */
export function hasHeldType(values: readonly string[], types: ReadonlySet<string>): boolean {
  const essences = values.flatMap(essencesOf);
  if (essences.some(isStream)) return false;
  return essences.length === 0 || essences.some((essence) => isHeld(essence, types));
}

/** Types without parameters. Commas part them where several fields were joined (RFC 9110 §5.3). */
function essencesOf(value: string): string[] {
  return value.split(',').map((part) => (part.split(';', 1)[0] ?? '').trim().toLowerCase());
}

/** What is read as it comes, for as long as it comes: held, it would never be there. */
function isStream(essence: string): boolean {
  return essence === 'text/event-stream' || essence.startsWith('application/grpc');
}

function isHeld(essence: string, types: ReadonlySet<string>): boolean {
  const slash = essence.indexOf('/');
  if (slash <= 0 || slash === essence.length - 1) return true;
  return types.has(essence) || types.has(`${essence.slice(0, slash)}/*`);
}
