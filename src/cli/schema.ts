/** `sallyport schema`: the JSON Schema of the configuration, for editors. */
import { jsonSchema } from '../config/json-schema.ts';
import { readOptions } from './arguments.ts';
import type { Command } from './command.ts';

export const schema: Command = {
  name: 'schema',
  summary: 'Print the JSON Schema of the configuration',
  usage: 'sallyport schema > sallyport.schema.json',
  run: (args) => {
    readOptions(args, {});
    process.stdout.write(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
    return Promise.resolve(0);
  },
};
