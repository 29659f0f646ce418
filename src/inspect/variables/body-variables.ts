/** Variables of the body of a request, and those that take the query and the body together. */
import { collection, single } from './define.ts';
import type { Facts } from './facts.ts';
import { Value } from './value.ts';
import type { Variable } from './variable.ts';

/** Known before the body is: then only what the head has. */
const HEAD_AND_BODY = { body: 'request' } as const;
const BODY = { phase: 2, body: 'request' } as const;

export const BODY_VARIABLES: readonly Variable[] = [
  collection('ARGS', (facts) => joined(facts.query.values, facts.parsedBody.values), HEAD_AND_BODY),
  single('ARGS_COMBINED_SIZE', combinedSize, HEAD_AND_BODY),
  collection('ARGS_NAMES', (facts) => joined(facts.queryNames, facts.bodyNames), HEAD_AND_BODY),
  collection('ARGS_POST', (facts) => facts.parsedBody.values, BODY),
  collection('ARGS_POST_NAMES', (facts) => facts.bodyNames, BODY),
  single(
    'ARGUMENTS_EXCEEDED',
    (facts) => flag(facts.query.isExceeded || facts.parsedBody.isExceeded),
    HEAD_AND_BODY,
  ),
  collection('FILES', (facts) => facts.parsedBody.files, BODY),
  single('FILES_COMBINED_SIZE', (facts) => String(facts.parsedBody.filesBytes), BODY),
  collection('FILES_NAMES', (facts) => facts.parsedBody.files.map(({ key }) => new Value(key, key)), BODY),
  collection('FILES_SIZES', (facts) => facts.parsedBody.fileSizes, BODY),
  collection('FILES_TMPNAMES', () => [], BODY),
  collection('FILES_TMP_CONTENT', (facts) => facts.parsedBody.fileContents, BODY),
  single('FULL_REQUEST', (facts) => facts.fullRequest, BODY),
  single('FULL_REQUEST_LENGTH', (facts) => String(facts.fullRequest.length), BODY),
  single('INBOUND_DATA_ERROR', (facts) => flag(facts.isBodyPrefix), BODY),
  single('MULTIPART_BOUNDARY_QUOTED', (facts) => flag(facts.multipart.boundaryQuoted), BODY),
  single('MULTIPART_BOUNDARY_WHITESPACE', (facts) => flag(facts.multipart.boundaryWhitespace), BODY),
  single('MULTIPART_CRLF_LF_LINES', (facts) => flag(facts.multipart.crlfLfLines), BODY),
  single('MULTIPART_DATA_AFTER', (facts) => flag(facts.multipart.dataAfter), BODY),
  single('MULTIPART_DATA_BEFORE', (facts) => flag(facts.multipart.dataBefore), BODY),
  collection('MULTIPART_FILENAME', (facts) => facts.parsedBody.files, BODY),
  single('MULTIPART_FILE_LIMIT_EXCEEDED', (facts) => flag(facts.multipart.fileLimitExceeded), BODY),
  single('MULTIPART_HEADER_FOLDING', (facts) => flag(facts.multipart.headerFolding), BODY),
  single('MULTIPART_INVALID_HEADER_FOLDING', (facts) => flag(facts.multipart.invalidHeaderFolding), BODY),
  single('MULTIPART_INVALID_PART', (facts) => flag(facts.multipart.invalidPart), BODY),
  single('MULTIPART_INVALID_QUOTING', (facts) => flag(facts.multipart.invalidQuoting), BODY),
  single('MULTIPART_LF_LINE', (facts) => flag(facts.multipart.lfLine), BODY),
  single('MULTIPART_MISSING_SEMICOLON', (facts) => flag(facts.multipart.missingSemicolon), BODY),
  collection('MULTIPART_NAME', (facts) => facts.parsedBody.partNames, BODY),
  collection('MULTIPART_PART_HEADERS', (facts) => facts.parsedBody.partHeaders, BODY),
  single('MULTIPART_STRICT_ERROR', (facts) => flag(facts.multipart.strictError), BODY),
  single('MULTIPART_UNMATCHED_BOUNDARY', (facts) => flag(facts.multipart.unmatchedBoundary), BODY),
  single('REQBODY_ERROR', (facts) => flag(facts.parsedBody.error !== undefined), BODY),
  single('REQBODY_ERROR_MSG', (facts) => facts.parsedBody.error ?? '', BODY),
  // Known from the head: rules of phase 1 choose another reader by it.
  single('REQBODY_PROCESSOR', (facts) => facts.bodyProcessor, { isVolatile: true }),
  single('REQBODY_PROCESSOR_ERROR', (facts) => flag(facts.parsedBody.error !== undefined), BODY),
  single('REQUEST_BODY', (facts) => facts.requestBody, BODY),
  single('REQUEST_BODY_LENGTH', (facts) => String(facts.bodyText.length), BODY),
  single('REQUEST_BODY_UNPARSED', readUnparsedBody, BODY),
  single('URLENCODED_ERROR', (facts) => flag(facts.isUrlencodedError), HEAD_AND_BODY),
  collection('XML', (facts) => facts.parsedBody.xml, BODY),
];

function flag(isSet: boolean): string {
  return isSet ? '1' : '0';
}

function joined(left: readonly Value[], right: readonly Value[]): readonly Value[] {
  if (right.length === 0) return left;
  return left.length === 0 ? right : [...left, ...right];
}

function combinedSize(facts: Facts): string {
  const sizeOf = (values: readonly Value[]): number =>
    values.reduce((sum, value) => sum + value.key.length + value.text.length, 0);
  return String(sizeOf(facts.query.values) + sizeOf(facts.parsedBody.values));
}

/**
 * The raw body when its arguments are not the whole truth: it could not be read beyond doubt, or its type is one that
 * nobody takes apart. Empty otherwise. Ours; rules that look at ARGS look at this as well.
 */
function readUnparsedBody(facts: Facts): string {
  const { processor, error } = facts.parsedBody;
  return processor === '' || error !== undefined ? facts.bodyText : '';
}
