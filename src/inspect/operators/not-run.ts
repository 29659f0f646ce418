/**
 * The operators of ModSecurity and Coraza that are not run, each with why. Naming them makes the difference between "you
 * misspelt that" and "we do not do that".
 */

/** By name in lower case; the name is spelt in docs/compat/seclang.md. */
export const OPERATORS_NOT_RUN_BECAUSE: ReadonlyMap<string, string> = new Map([
  ['fuzzyhash', 'it needs a database of hashes made by ssdeep'],
  ['geolookup', 'it needs a database of the places of addresses'],
  ['gsblookup', 'the service that it asked is no more'],
  ['inspectfile', 'it runs a program for each file'],
  ['rbl', 'it would hold the request for an answer of DNS'],
  ['restpath', 'it makes variables of the path, which only Coraza has'],
  ['rsub', 'it would change what is forwarded'],
  ['validatedtd', 'it needs an XML parser that reads document types'],
  ['validatehash', 'it needs pages whose links were signed'],
  ['validateschema', 'it needs an XML parser that reads schemas'],
]);
