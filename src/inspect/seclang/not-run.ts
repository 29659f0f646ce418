/**
 * What SecLang has and this interpreter does not run. Naming it makes the difference between "you misspelt that" and
 * "we do not do that", and neither is ever ignored. docs/compat/seclang.md says the same for people.
 */

export const DIRECTIVES_NOT_RUN: ReadonlySet<string> = namesOf(`
  Include IncludeOptional SecArgumentsLimit SecArgumentSeparator SecAuditEngine SecAuditLog SecAuditLog2
  SecAuditLogDirMode SecAuditLogFileMode SecAuditLogFormat SecAuditLogParts SecAuditLogPrefix SecAuditLogRelevantStatus
  SecAuditLogStorageDir SecAuditLogType SecCacheTransformations SecChrootDir SecCollectionTimeout SecComponentSignature
  SecConnEngine SecConnReadStateLimit SecConnWriteStateLimit SecContentInjection SecCookieFormat SecCookieV0Separator
  SecDataDir SecDebugLog SecDebugLogLevel SecDefaultAction SecDisableBackendCompression SecGeoLookupDb SecGsbLookupDb
  SecGuardianLog SecHashEngine SecHashKey SecHashMethodPm SecHashMethodRx SecHashParam SecHttpBlKey
  SecInterceptOnError SecMarker SecPcreMatchLimit SecPcreMatchLimitRecursion SecRemoteRules SecRemoteRulesFailAction
  SecRequestBodyAccess SecRequestBodyInMemoryLimit SecRequestBodyJsonDepthLimit SecRequestBodyLimit
  SecRequestBodyLimitAction SecRequestBodyNoFilesLimit SecResponseBodyAccess SecResponseBodyLimit
  SecResponseBodyLimitAction SecResponseBodyMimeType SecResponseBodyMimeTypesClear SecRuleEngine SecRuleInheritance
  SecRulePerfTime SecRuleRemoveById SecRuleRemoveByMsg SecRuleRemoveByTag SecRuleScript SecRuleUpdateActionById
  SecRuleUpdateTargetById SecRuleUpdateTargetByMsg SecRuleUpdateTargetByTag SecSensorId SecServerSignature
  SecStatusEngine SecStreamInBodyInspection SecStreamOutBodyInspection SecTmpDir SecTmpSaveUploadedFiles
  SecUnicodeMapFile SecUploadDir SecUploadFileLimit SecUploadFileMode SecUploadKeepFiles SecWebAppId
  SecWriteStateLimit SecXmlExternalEntity SecXmlParseXmlIntoArgs`);

export const VARIABLES_NOT_RUN: ReadonlySet<string> = namesOf(`
  ARGS_COMBINED_SIZE AUTH_TYPE DURATION ENV FILES_COMBINED_SIZE FILES_SIZES FILES_TMPNAMES FILES_TMP_CONTENT
  FULL_REQUEST FULL_REQUEST_LENGTH GEO GLOBAL HIGHEST_SEVERITY INBOUND_ERROR_DATA IP MATCHED_VAR MATCHED_VARS
  MATCHED_VARS_NAMES MATCHED_VAR_NAME MODSEC_BUILD MSC_PCRE_ERROR MSC_PCRE_LIMITS_EXCEEDED MULTIPART_BOUNDARY_QUOTED
  MULTIPART_BOUNDARY_WHITESPACE MULTIPART_CRLF_LF_LINES MULTIPART_DATA_AFTER MULTIPART_DATA_BEFORE
  MULTIPART_FILENAME MULTIPART_FILE_LIMIT_EXCEEDED MULTIPART_HEADER_FOLDING MULTIPART_INVALID_HEADER_FOLDING
  MULTIPART_INVALID_PART MULTIPART_INVALID_QUOTING MULTIPART_LF_LINE MULTIPART_MISSING_SEMICOLON MULTIPART_NAME
  MULTIPART_PART_HEADERS MULTIPART_STRICT_ERROR MULTIPART_UNMATCHED_BOUNDARY OUTBOUND_DATA_ERROR PATH_INFO PERF_ALL
  PERF_COMBINED PERF_GC PERF_LOGGING PERF_PHASE1 PERF_PHASE2 PERF_PHASE3 PERF_PHASE4 PERF_PHASE5 PERF_RULES PERF_SREAD
  PERF_SWRITE REMOTE_HOST REMOTE_PORT REMOTE_USER RESOURCE RESPONSE_ARGS RESPONSE_BODY RESPONSE_CONTENT_LENGTH
  RESPONSE_CONTENT_TYPE RESPONSE_PROTOCOL RULE SCRIPT_BASENAME SCRIPT_FILENAME SCRIPT_GID SCRIPT_GROUPNAME SCRIPT_MODE
  SCRIPT_UID SCRIPT_USERNAME SDBM_DELETE_ERROR SERVER_ADDR SERVER_NAME SERVER_PORT SESSION SESSIONID
  STATUS_LINE STREAM_INPUT_BODY STREAM_OUTPUT_BODY TIME TIME_DAY TIME_EPOCH TIME_HOUR TIME_MIN TIME_MON TIME_SEC
  TIME_WDAY TIME_YEAR TX UNIQUE_ID URLENCODED_ERROR USER USERAGENT_IP USERID WEBAPPID WEBSERVER_ERROR_LOG XML`);

export const OPERATORS_NOT_RUN: ReadonlySet<string> = namesOf(`
  detectSQLi detectXSS fuzzyHash geoLookup gsbLookup inspectFile ipMatchF ipMatchFromFile pmf pmFromFile rbl rsub rxGlobal
  validateDTD validateHash validateSchema verifyCC verifyCPF verifySSN verifySVNR`);

export const ACTIONS_NOT_RUN: ReadonlySet<string> = namesOf(`
  accuracy allow append auditlog capture ctl deprecatevar exec expirevar initcol maturity noauditlog pause prepend proxy
  redirect rev sanitiseArg sanitiseMatched sanitiseMatchedBytes sanitiseRequestHeader sanitiseResponseHeader
  sanitizeArg sanitizeMatched sanitizeMatchedBytes sanitizeRequestHeader sanitizeResponseHeader setenv setrsc setsid
  setuid setvar skip skipAfter ver xmlns`);

/** Lower case, because SecLang's names are compared without regard to case. */
function namesOf(text: string): ReadonlySet<string> {
  return new Set(text.trim().toLowerCase().split(/\s+/));
}
