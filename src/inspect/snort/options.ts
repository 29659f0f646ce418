/**
 * Every option by its name: who reads it, or why it cannot be run.
 */
import { readInteger, splitArguments, unquoted } from './arguments.ts';
import { bufferWord } from './buffer-words.ts';
import { bufferReference, moveLastContent, setBuffer } from './draft.ts';
import type { RuleDraft } from './draft.ts';
import type { RawOption } from './lexer.ts';
import { OptionError, quotedText } from './mistake.ts';
import { whyNotRun } from './not-run.ts';
import {
  readBase64Decode,
  readByteExtract,
  readByteJump,
  readByteMath,
  readByteTest,
  readIsDataAt,
} from './read-bytes.ts';
import {
  CONTENT_MODIFIERS,
  readContent,
  readContentModifier,
  readProtectedContent,
  readText,
  readUriContent,
} from './read-content.ts';
import {
  readAppEvent,
  readAppProtocol,
  readFlow,
  readFlowbits,
  readFlowint,
  readHostbits,
  readStreamSize,
  readXbits,
} from './read-flow.ts';
import { readPcre } from './read-pcre.ts';
import { readDetectionFilter, readThreshold } from './read-rate.ts';
import { readSize } from './read-size.ts';
import type { OptionAt } from './rule.ts';
import { isTransform, readTransform } from './transform-words.ts';
import { addOption } from './draft.ts';

type OptionReader = (draft: RuleDraft, value: string, at: OptionAt) => void;

/** Reads one option into the draft. Throws OptionError when it is wrong or not known. */
export function readOption(draft: RuleDraft, option: RawOption, at: OptionAt): void {
  const name = option.name.toLowerCase();
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (reader !== undefined) reader(draft, option.value, at);
  else if (CONTENT_MODIFIERS.includes(name)) readContentModifier(draft, name, option.value);
  else if (!readBufferWord(draft, name, option.value)) readRest(draft, name, option);
}

const READERS: Readonly<Record<string, OptionReader>> = {
  content: readContent,
  uricontent: readUriContent,
  protected_content: readProtectedContent,
  pcre: readPcre,
  byte_test: readByteTest,
  byte_jump: readByteJump,
  byte_extract: readByteExtract,
  byte_math: readByteMath,
  isdataat: readIsDataAt,
  base64_decode: readBase64Decode,
  dsize: (draft, value, at) => {
    addOption(draft, readSize(draft, 'dsize', value, false, at), bufferReference('payload'));
  },
  bsize: (draft, value, at) => {
    addOption(draft, readSize(draft, 'bsize', value, false, at));
  },
  bufferlen: (draft, value, at) => {
    const [size, word] = splitArguments(value);
    addOption(draft, readSize(draft, 'bufferlen', size?.text ?? '', word?.text === 'relative', at));
  },
  urilen: (draft, value, at) => {
    const [size, form] = splitArguments(value);
    addOption(draft, readSize(draft, 'urilen', size?.text ?? '', false, at), uriOf(draft, form?.text));
  },
  absent: readAbsent,
  flow: readFlow,
  flowbits: readFlowbits,
  xbits: readXbits,
  hostbits: readHostbits,
  flowint: readFlowint,
  stream_size: readStreamSize,
  'app-layer-protocol': readAppProtocol,
  'app-layer-event': readAppEvent,
  sameip: (draft) => draft.conditions.push({ kind: 'same_ip' }),
  threshold: readThreshold,
  detection_filter: readDetectionFilter,
  noalert: (draft) => {
    draft.isSilent = true;
  },
  msg: (draft, value) => {
    draft.message = readText(value);
  },
  sid: (draft, value) => {
    draft.sid = readInteger(value, 'sid', 1, 2 ** 32 - 1);
  },
  gid: (draft, value) => {
    draft.gid = readInteger(value, 'gid', 0, 2 ** 32 - 1);
  },
  rev: (draft, value) => {
    draft.rev = readInteger(value, 'rev', 0, 2 ** 32 - 1);
  },
  priority: (draft, value) => {
    draft.priority = readInteger(value, 'priority', 0, 2 ** 31 - 1);
  },
  classtype: (draft, value) => {
    draft.classtype = unquoted(value);
  },
  reference: (draft, value) => {
    const comma = value.indexOf(',');
    if (comma < 0) throw new OptionError(`Cannot read reference ${quotedText(value)}: "system,id" is needed`);
    draft.references.push({ system: value.slice(0, comma).trim(), id: value.slice(comma + 1).trim() });
  },
  metadata: (draft, value) => {
    draft.metadata.push(...splitArguments(value).map(({ text }) => text));
  },
  service: (draft, value) => {
    draft.services.push(...splitArguments(value).map(({ text }) => text.toLowerCase()));
  },
};

/** Snort 2.9 takes the target as it came unless told otherwise, Suricata the normalised one. */
function uriOf(draft: RuleDraft, form: string | undefined): ReturnType<typeof bufferReference> {
  if (form !== undefined && form !== 'norm' && form !== 'raw') {
    throw new OptionError(`Cannot read urilen: ${quotedText(form)} is neither "norm" nor "raw"`);
  }
  if (draft.dialect === 'suricata') return bufferReference(form === 'raw' ? 'http_raw_uri' : 'http_uri');
  return bufferReference(form === 'norm' ? 'snort_uri' : 'snort_raw_uri');
}

/** Suricata `absent`, `absent: or_else`: what it means that the message has not got the buffer. */
function readAbsent(draft: RuleDraft, value: string): void {
  const word = unquoted(value);
  if (!draft.isSticky)
    throw new OptionError('Cannot read absent: no buffer stands before it', 'option-place');
  if (word !== '' && word !== 'or_else') {
    throw new OptionError(`Cannot read absent ${quotedText(word)}: it is not known`);
  }
  draft.absent.set(draft.buffer.key, word === '' ? 'only' : 'matches');
}

/** What Snort 3 writes behind the colon of a buffer that changes nothing for a proxy, which has whole messages. */
const TIMING_WORDS: ReadonlySet<string> = new Set([
  'request',
  'with_header',
  'with_body',
  'with_trailer',
  'nocase',
]);
const URI_PARTS: ReadonlySet<string> = new Set(['scheme', 'host', 'port', 'path', 'query', 'fragment']);

function readBufferWord(draft: RuleDraft, name: string, value: string): boolean {
  const word = bufferWord(draft.dialect, name);
  if (word === undefined) {
    if (draft.dialect !== 'suricata' || !isTransform(name)) return false;
    readTransform(draft, name, value);
    return true;
  }
  if (word.isSticky) setBuffer(draft, bufferReference(word.kind, nameOf(draft, name, value)));
  else if (!moveLastContent(draft, bufferReference(word.kind))) {
    throw new OptionError(`Cannot read ${name}: no content stands before it`, 'option-place');
  }
  return true;
}

/** `http_header: field user-agent`, `http_uri: path`, `http_param: "id", nocase`. */
function nameOf(draft: RuleDraft, buffer: string, value: string): string | undefined {
  if (value === '' || draft.dialect !== 'snort3') return undefined;
  let name: string | undefined;
  for (const { text, index } of splitArguments(value)) {
    const field = /^field\s+"?([^\s"]+)"?$/i.exec(text)?.[1];
    if (field !== undefined) name = field.toLowerCase();
    else if (buffer === 'http_param' && text.startsWith('"')) name = unquoted(text);
    else if (URI_PARTS.has(text)) name = text;
    else if (!TIMING_WORDS.has(text)) {
      const because = `Cannot read ${buffer}: ${quotedText(text)} is not known`;
      throw new OptionError(because, 'option-argument', index);
    }
  }
  return name;
}

/** Options that tell others what to do with an alert, or that only help to find rules. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  ...['tag', 'logto', 'session', 'resp', 'react', 'activates', 'activated_by', 'count', 'target', 'rem'],
  ...[
    'requires',
    'prefilter',
    'http_encode',
    'soid',
    'sid_msg',
    'filestore',
    'bypass',
    'firewall',
    'nfq_set_mark',
  ],
]);

function readRest(draft: RuleDraft, name: string, option: RawOption): void {
  if (WITHOUT_EFFECT.has(name)) {
    draft.withoutEffect.push(name);
    return;
  }
  const because = whyNotRun(name);
  if (because === undefined) {
    throw new OptionError(`Cannot read option ${quotedText(option.name)}: it is not known`, 'option-unknown');
  }
  draft.notRun.push({ option: name, because });
}
