/**
 * Directives of ModSecurity and Coraza that files may have and that change nothing here, because what they set is
 * settled by Sallyport's configuration or by how it works. Each is told once with the reason, as a warning.
 */

const LOGS = 'logs are set by "log" in the configuration';
const HELD =
  'how much of a body is inspected, and what happens beyond, is set by "inspection.body" in the configuration';
const NO_FILES = 'bodies are held in memory and never written to a file';
const LINEAR = 'expressions run in time that is linear in the value, so that there is nothing to limit';
const SERVER = 'it is about the web server that ModSecurity lives in';
const LIMITS = 'connections are limited by the configuration';

/** Names as the manuals spell them, and why they have no effect. */
const ROWS: readonly (readonly [because: string, names: string])[] = [
  [
    LOGS,
    `SecAuditEngine SecAuditLog SecAuditLog2 SecAuditLogDir SecAuditLogDirMode SecAuditLogFileMode SecAuditLogFormat
     SecAuditLogParts SecAuditLogPrefix SecAuditLogRelevantStatus SecAuditLogStorageDir SecAuditLogType SecDebugLog
     SecDebugLogLevel SecRulePerfTime SecSensorId`,
  ],
  [
    HELD,
    `SecRequestBodyLimit SecRequestBodyNoFilesLimit SecRequestBodyInMemoryLimit SecRequestBodyLimitAction
     SecResponseBodyLimit SecResponseBodyLimitAction SecUploadFileLimit`,
  ],
  [NO_FILES, 'SecTmpDir SecTmpSaveUploadedFiles SecUploadDir SecUploadFileMode SecUploadKeepFiles'],
  ['collections are kept in memory, not in files', 'SecDataDir'],
  [LINEAR, 'SecPcreMatchLimit SecPcreMatchLimitRecursion'],
  ['characters are mapped by a table of our own', 'SecUnicodeMapFile SecUnicodeCodePage SecUnicodeMap'],
  ['cookies are read as browsers send them', 'SecCookieFormat SecCookieV0Separator'],
  ['entities of XML are never expanded', 'SecXmlExternalEntity'],
  ['elements and attributes are values of XML, not of ARGS', 'SecParseXmlIntoArgs SecXmlParseXmlIntoArgs'],
  [
    'bodies are not changed by rules',
    'SecContentInjection SecStreamInBodyInspection SecStreamOutBodyInspection SecDisableBackendCompression',
  ],
  [
    SERVER,
    'SecServerSignature SecChrootDir SecStatusEngine SecInterceptOnError SecCacheTransformations SecRuleInheritance SecTxTimeout',
  ],
  [LIMITS, 'SecConnEngine SecConnReadStateLimit SecConnWriteStateLimit SecReadStateLimit SecWriteStateLimit'],
  ['what stands in it is always read', '<IfModule </IfModule>'],
  ['a rule set with a mistake is not loaded', 'SecIgnoreRuleCompilationErrors'],
];

/** By name in lower case. */
export const SETTLED_ELSEWHERE: ReadonlyMap<string, { readonly name: string; readonly because: string }> =
  new Map(
    ROWS.flatMap(([because, names]) =>
      names.split(/\s+/).map((name) => [name.toLowerCase(), { name, because }] as const),
    ),
  );
