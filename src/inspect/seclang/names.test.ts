import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPERATOR_NAMES } from '../operators/table.ts';
import { TRANSFORMATION_NAMES } from '../transforms/table.ts';
import { VARIABLE_NAMES } from '../variables/catalog.ts';
import { ACTION_NAMES } from './action-table.ts';
import { hintFor } from './names.ts';
import { DIRECTIVE_NAMES } from './read-rules.ts';
import { ABSENT, REFUSED } from './refused.ts';
import { SETTLED_ELSEWHERE } from './settled-elsewhere.ts';

const KNOWN = {
  directive: DIRECTIVE_NAMES,
  variable: VARIABLE_NAMES,
  operator: OPERATOR_NAMES,
  action: ACTION_NAMES,
  transformation: TRANSFORMATION_NAMES,
} as const;

test('nothing is both run and refused', () => {
  for (const kind of ['directive', 'variable', 'operator', 'action', 'transformation'] as const) {
    const known = new Set(KNOWN[kind].map((name) => name.toLowerCase()));
    assert(known.size > 20, kind);
    const both = [...REFUSED[kind].keys()].filter((name) => known.has(name));
    assert.deepEqual(both, [], kind);
  }
  for (const kind of ['variable', 'operator'] as const) {
    const known = new Set(KNOWN[kind].map((name) => name.toLowerCase()));
    assert.deepEqual(
      [...ABSENT[kind].keys()].filter((name) => known.has(name) || REFUSED[kind].has(name)),
      [],
    );
  }
  const settled = [...SETTLED_ELSEWHERE.keys()];
  const directives = new Set([
    ...DIRECTIVE_NAMES.map((name) => name.toLowerCase()),
    ...REFUSED.directive.keys(),
  ]);
  assert.deepEqual(
    settled.filter((name) => directives.has(name) || name === ''),
    [],
  );
});

/** Every directive of ModSecurity 3.0's manual, and of Debian's modsecurity.conf-recommended. */
const MANUAL = `SecAction SecArgumentSeparator SecArgumentsLimit SecAuditEngine SecAuditLog SecAuditLog2 SecAuditLogDirMode
  SecAuditLogFileMode SecAuditLogFormat SecAuditLogParts SecAuditLogRelevantStatus SecAuditLogStorageDir SecAuditLogType
  SecCacheTransformations SecChrootDir SecCollectionTimeout SecComponentSignature SecConnEngine SecContentInjection
  SecCookieFormat SecCookieV0Separator SecDataDir SecDebugLog SecDebugLogLevel SecDefaultAction
  SecDisableBackendCompression SecHashEngine SecHashKey SecHashParam SecHashMethodRx SecHashMethodPm SecGeoLookupDb
  SecGsbLookupDb SecGuardianLog SecHttpBlKey SecInterceptOnError SecMarker SecPcreMatchLimit
  SecPcreMatchLimitRecursion SecConnReadStateLimit SecConnWriteStateLimit SecSensorId SecWriteStateLimit
  SecReadStateLimit SecRemoteRules SecRemoteRulesFailAction SecRequestBodyAccess SecRequestBodyInMemoryLimit
  SecRequestBodyJsonDepthLimit SecRequestBodyLimit SecRequestBodyNoFilesLimit SecRequestBodyLimitAction
  SecResponseBodyLimit SecResponseBodyLimitAction SecResponseBodyMimeType SecResponseBodyMimeTypesClear
  SecResponseBodyAccess SecRule SecRuleInheritance SecRuleEngine SecRulePerfTime SecRuleRemoveById SecRuleRemoveByMsg
  SecRuleRemoveByTag SecRuleScript SecRuleUpdateActionById SecRuleUpdateTargetById SecRuleUpdateTargetByMsg
  SecRuleUpdateTargetByTag SecServerSignature SecStatusEngine SecStreamInBodyInspection SecStreamOutBodyInspection
  SecTmpDir SecTmpSaveUploadedFiles SecUnicodeMapFile SecUploadDir SecUploadFileLimit SecUploadFileMode
  SecUploadKeepFiles SecWebAppId SecXmlExternalEntity`;

test('every directive of the manual is run, settled elsewhere or refused', () => {
  const known = new Set([
    ...DIRECTIVE_NAMES.map((name) => name.toLowerCase()),
    ...REFUSED.directive.keys(),
    ...SETTLED_ELSEWHERE.keys(),
  ]);
  const names = MANUAL.split(/\s+/);
  assert.equal(names.length, 82);
  assert.deepEqual(
    names.filter((name) => !known.has(name.toLowerCase())),
    [],
  );
});

test('of names that are equally near, the shortest is offered', () => {
  assert.equal(hintFor('ARG', ['ARGS_GET', 'ARGS']), ', perhaps "ARGS" is meant');
  assert.equal(hintFor('FOO', ['ARGS_GET', 'ARGS']), '');
});
