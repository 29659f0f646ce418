/** What HAProxy says of a server on its statistics socket. */
import { Wire } from '../support/wire.ts';

/** `show stat` of one server: gives the value of a column by its name. */
export async function serverStatistics(
  port: number,
  backend: string,
  server: string,
): Promise<(column: string) => string> {
  const wire = await Wire.connect(port);
  wire.send('show stat\n');
  const lines = (await wire.readToEnd()).toString('latin1').split('\n');
  wire.close();
  const names = (lines[0] ?? '').replace('# ', '').split(',');
  const values = (lines.find((line) => line.startsWith(`${backend},${server},`)) ?? '').split(',');
  return (column) => values[names.indexOf(column)] ?? '';
}
