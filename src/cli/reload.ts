/** `sallyport reload`: a running Sallyport reads its configuration and rules anew. */
import type { ReloadView } from '../admin/views.ts';
import { ADMIN_ARGUMENTS, ADMIN_USAGE, askAdmin, print } from './admin-socket.ts';
import { readOptions } from './arguments.ts';
import type { Command } from './command.ts';

export const reload: Command = {
  name: 'reload',
  summary: 'Let a running Sallyport read its configuration anew',
  usage: `sallyport reload ${ADMIN_USAGE}`,
  run: async (args) => {
    const found = readOptions(args, ADMIN_ARGUMENTS);
    // The answer is of our own API, which promises this shape.
    const view = (await askAdmin(found, 'POST', '/v1/reload')) as ReloadView;
    for (const warning of view.warnings) process.stderr.write(`${warning}\n`);
    print(found, view, () => 'The new configuration is in use\n');
    return 0;
  },
};
