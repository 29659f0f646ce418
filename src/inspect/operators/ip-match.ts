/**
 * `@ipMatch`, and `@ipMatchFromFile` (`@ipMatchF`).
 *
 * ipMatch. Description: the value is an address in one of the networks. Arguments: addresses and networks separated by
 * commas; bits behind the prefix are ignored. Example: `REMOTE_ADDR "@ipMatch 10.0.0.0/8,2001:db8::/32"`.
 *
 * ipMatchFromFile. Description: as ipMatch, with the networks of files, a line each. Arguments: names of files separated
 * by white space. Example: `REMOTE_ADDR "@ipMatchFromFile offices.data"`.
 */
import { parseAddress } from '../../net/address.ts';
import { CidrSet, networkOf } from '../../net/cidr.ts';
import type { Cidr } from '../../net/cidr.ts';
import { dataLines } from './data-file.ts';
import { ArgumentError, wholeValueOperator } from './operator.ts';
import type { Operator, OperatorContext } from './operator.ts';

export function makeIpMatch(argument: string): Operator {
  return networksOperator(argument.split(','));
}

export function makeIpMatchFromFile(argument: string, context: OperatorContext): Operator {
  return networksOperator(dataLines(argument, context).flatMap((line) => line.split(',')));
}

function networksOperator(texts: readonly string[]): Operator {
  const networks = CidrSet.of(texts.map((text) => readNetwork(text.trim())));
  return wholeValueOperator((value) => networks.hasText(value));
}

function readNetwork(text: string): Cidr {
  const [host = '', prefix, ...rest] = text.split('/');
  const address = parseAddress(host);
  if (address === undefined || rest.length > 0) throw new ArgumentError(`"${text}" is no address or network`);
  const bits = address.family === 4 ? 32 : 128;
  if (prefix === undefined) return networkOf(address, bits);
  // An IPv4-mapped network (::ffff:192.0.2.0/120) is written with the 96 bits that all of them share.
  const shared = address.family === 4 && host.includes(':') ? 96 : 0;
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) - shared : -1;
  if (length < 0 || length > bits)
    throw new ArgumentError(`"${text}" has a prefix that its address cannot have`);
  return networkOf(address, length);
}
