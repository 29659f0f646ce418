/** What an exchange says of the address that its connection to a server should come from. */
import type { Exchange } from './exchange.ts';
import type { Pool } from './pool.ts';
import type { SourceAttempt } from './source-policy.ts';

/** Only for pools whose source is set. */
export function beginSource(exchange: Exchange, { source }: Pool): SourceAttempt {
  const named = source.header === '' ? undefined : lastField(exchange, source.header);
  return source.begin(exchange.client, exchange.connection.client, named);
}

/** The value of the last field of this name: the one that the nearest proxy wrote. */
function lastField({ head }: Exchange, name: string): string | undefined {
  const { fields, text } = head;
  for (let index = fields.count - 1; index >= 0; index--) {
    const start = fields.nameStart(index);
    const end = fields.nameEnd(index);
    if (end - start === name.length && text.slice(start, end).toLowerCase() === name)
      return text.slice(fields.valueStart(index), fields.valueEnd(index));
  }
  return undefined;
}
