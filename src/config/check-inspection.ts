/** Inspection that is written and never happens. */
import type { Checking, Path } from './checking.ts';
import { quote } from './diagnostic.ts';

export function checkInspection(checking: Checking): void {
  const { listeners, routes } = checking.config;
  for (const [name, { protocol, inspection }] of Object.entries(listeners)) {
    if (protocol === 'http')
      checkSample(checking, ['listeners', name], `listener ${quote(name)}`, inspection);
  }
  for (const [name, { inspection }] of Object.entries(routes))
    checkSample(checking, ['routes', name], `route ${quote(name)}`, inspection);
}

function checkSample(
  checking: Checking,
  path: Path,
  owner: string,
  { mode, sample }: { readonly mode: string | undefined; readonly sample: number | undefined },
): void {
  const here = [...path, 'inspection', 'sample'];
  if (sample !== 0 || mode === 'off' || checking.isBroken(here)) return;
  const message = `Nothing is inspected at ${owner}: "inspection.sample" is 0`;
  checking.report(here, 'nothing-inspected', message, 'write "inspection: off" if that is meant');
}
