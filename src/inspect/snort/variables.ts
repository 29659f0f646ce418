/**
 * `$HOME_NET` and the like: what rules call addresses and ports by.
 *
 * The standard names of the three languages are there from the start and mean "any": what a proxy accepts is what it
 * protects, and its clients are everybody else. A configuration, or `ipvar` and `portvar` lines, narrow them.
 */
import { OptionError } from './mistake.ts';
import { readAddresses, readPorts } from './read-header.ts';
import type { AddressTerm, PortTerm } from './rule.ts';

export interface SnortVariables {
  /** As they were given, besides the standard ones. */
  readonly given: ReadonlyMap<string, string>;
  readonly address: (name: string) => AddressTerm | undefined;
  readonly port: (name: string) => PortTerm | undefined;
  /** Tests of addresses that were compiled before. */
  readonly compiled: Map<string, (address: string) => boolean>;
}

const ADDRESS_NAMES =
  'HOME_NET EXTERNAL_NET HTTP_SERVERS SMTP_SERVERS SQL_SERVERS DNS_SERVERS TELNET_SERVERS SNMP_SERVERS FTP_SERVERS ' +
  'SSH_SERVERS SIP_SERVERS AIM_SERVERS DC_SERVERS POP_SERVERS IMAP_SERVERS ENIP_CLIENT ENIP_SERVER MODBUS_CLIENT ' +
  'MODBUS_SERVER DNP3_CLIENT DNP3_SERVER';

/** Ports that are usual for what the name says; those of HTTP are whatever the proxy listens on. */
const PORTS: Readonly<Record<string, string>> = {
  HTTP_PORTS: 'any',
  FILE_DATA_PORTS: 'any',
  SHELLCODE_PORTS: '!80',
  ORACLE_PORTS: '1521',
  SSH_PORTS: '22',
  FTP_PORTS: '[21,2100,3535]',
  SIP_PORTS: '[5060,5061,5600]',
  MAIL_PORTS: '[110,143]',
  GTP_PORTS: '[2123,2152,3386]',
  DNP3_PORTS: '20000',
  MODBUS_PORTS: '502',
  GENEVE_PORTS: '6081',
  VXLAN_PORTS: '4789',
  TEREDO_PORTS: '3544',
};

/** `given` are texts as they stand behind `ipvar NAME` and `portvar NAME`. Throws OptionError for one that is wrong. */
export function makeVariables(given: ReadonlyMap<string, string> = new Map()): SnortVariables {
  const texts = new Map([
    ...ADDRESS_NAMES.split(' ').map((name) => [name, 'any'] as const),
    ...Object.entries(PORTS),
    ...given,
  ]);
  const addresses = new Map<string, AddressTerm>();
  const ports = new Map<string, PortTerm>();
  for (const [name, text] of texts) {
    // `var NAME 80` and `var NAME 10.0.0.0/8` look alike: a name is what its value can be read as.
    const address = attempt(() => readAddresses({ text, offset: 0 }));
    const port = attempt(() => readPorts({ text, offset: 0 }));
    if (address === undefined && port === undefined) {
      throw new OptionError(
        `Cannot read variable ${name}: its value is no addresses and no ports`,
        'variable-form',
      );
    }
    if (address !== undefined) addresses.set(name, address);
    if (port !== undefined) ports.set(name, port);
  }
  return {
    given,
    address: (name) => addresses.get(name),
    port: (name) => ports.get(name),
    compiled: new Map(),
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof OptionError) return undefined;
    throw error;
  }
}
