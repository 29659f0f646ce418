/**
 * What SecLang has and we do not run, each with its reason. Naming it makes the difference between "you misspelt that"
 * and "we do not do that", and neither is ever ignored. docs/compat/seclang.md says the same for people.
 */

export type NameKind = 'directive' | 'variable' | 'operator' | 'action' | 'transformation';

/**
 * What never matches here, because it asks for something that is not there: a rule with one of these is left out, with
 * a warning. Rule sets have such rules for those who have the database (CRS 3: 910100).
 */
export const ABSENT: Readonly<Record<'operator' | 'variable', ReadonlyMap<string, string>>> = {
  operator: table(
    ['there is no such database', 'geoLookup gsbLookup'],
    ['rules ask no service for its opinion', 'rbl'],
  ),
  variable: table(['there is no such database', 'GEO']),
};

/** By name in lower case, because SecLang's names are compared without regard to case. */
export const REFUSED: Readonly<Record<NameKind, ReadonlyMap<string, string>>> = {
  directive: table(
    ['rules run no programs', 'SecRuleScript SecGuardianLog'],
    ['rules come from files only', 'SecRemoteRules SecRemoteRulesFailAction'],
    ['there is no such database', 'SecGeoLookupDb SecGsbLookupDb SecDataset'],
    ['rules ask no service for its opinion', 'SecHttpBlKey'],
    [
      'responses are not signed',
      'SecHashEngine SecHashKey SecHashMethodPm SecHashMethodRx SecHashParam SecEncryptionEngine SecEncryptionKey',
    ],
    [
      'rules are read, not the configuration of Apache',
      `<Location </Location> <LocationMatch </LocationMatch> <Directory </Directory> <DirectoryMatch </DirectoryMatch>
       <Files </Files> <FilesMatch </FilesMatch> <VirtualHost </VirtualHost> <If </If>`,
    ],
  ),
  variable: table(
    [
      'it tells of a server that runs scripts',
      `SCRIPT_BASENAME SCRIPT_FILENAME SCRIPT_GID SCRIPT_GROUPNAME SCRIPT_MODE SCRIPT_UID SCRIPT_USERNAME
       WEBSERVER_ERROR_LOG`,
    ],
    ['bodies are not changed by rules', 'STREAM_INPUT_BODY STREAM_OUTPUT_BODY'],
    ['collections are not kept in files', 'SDBM_DELETE_ERROR'],
    [
      'how long rules take is not known to rules',
      `PERF_ALL PERF_COMBINED PERF_GC PERF_LOGGING PERF_PHASE1 PERF_PHASE2 PERF_PHASE3 PERF_PHASE4 PERF_PHASE5
       PERF_RULES PERF_SREAD PERF_SWRITE`,
    ],
    ['bodies of responses are not taken apart into it', 'RESPONSE_ARGS RESPONSE_XML'],
  ),
  operator: table(
    ['rules run no programs', 'inspectFile'],
    ['files are not compared by likeness', 'fuzzyHash'],
    ['bodies are not changed by rules', 'rsub'],
    ['responses are not signed', 'validateHash validateEncryption'],
    ['files of schemas are not read', 'validateDTD validateSchema'],
    ['there are no data sets', 'ipMatchFromDataset pmFromDataset'],
    ['there are no paths with names', 'restPath'],
  ),
  action: table(
    ['rules run no programs', 'exec'],
    ['requests are routed by the configuration', 'proxy'],
    ['clients are slowed down by the configuration', 'pause'],
    ['bodies are not changed by rules', 'append prepend'],
  ),
  transformation: table(),
};

function table(...rows: readonly (readonly [because: string, names: string])[]): ReadonlyMap<string, string> {
  return new Map(
    rows.flatMap(([because, names]) =>
      names
        .trim()
        .toLowerCase()
        .split(/\s+/)
        .map((name) => [name, because] as const),
    ),
  );
}
