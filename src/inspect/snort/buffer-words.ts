/**
 * The words of each language for its buffers. A sticky word comes before the options on its buffer, a modifier behind
 * the content that it moves.
 */
import type { BufferKind } from './buffers.ts';
import type { Dialect } from './rule.ts';

type Words = Readonly<Record<string, BufferKind>>;

const SNORT2_STICKY: Words = { file_data: 'file_data', pkt_data: 'payload', base64_data: 'base64_data' };

const SNORT2_MODIFIERS: Words = {
  http_client_body: 'snort_client_body',
  http_cookie: 'snort_cookie',
  http_raw_cookie: 'snort_raw_cookie',
  http_header: 'snort_header',
  http_raw_header: 'snort_raw_header',
  http_method: 'http_method',
  http_uri: 'snort_uri',
  http_raw_uri: 'snort_raw_uri',
  http_stat_code: 'http_stat_code',
  http_stat_msg: 'http_stat_msg',
};

const SNORT3_STICKY: Words = {
  ...SNORT2_STICKY,
  ...SNORT2_MODIFIERS,
  raw_data: 'payload',
  js_data: 'js_data',
  http_param: 'snort_param',
  http_raw_body: 'snort_raw_body',
  http_raw_request: 'snort_raw_request',
  http_raw_status: 'snort_raw_status',
  http_raw_trailer: 'snort_raw_trailer',
  http_trailer: 'snort_trailer',
  http_true_ip: 'snort_true_ip',
  http_version: 'http_protocol',
};

const SURICATA_MODIFIERS: Words = {
  http_client_body: 'http_request_body',
  http_cookie: 'http_cookie',
  http_header: 'http_header',
  http_host: 'http_host',
  http_method: 'http_method',
  http_raw_header: 'http_raw_header',
  http_raw_host: 'http_raw_host',
  http_raw_uri: 'http_raw_uri',
  http_server_body: 'http_response_body',
  http_stat_code: 'http_stat_code',
  http_stat_msg: 'http_stat_msg',
  http_uri: 'http_uri',
  http_user_agent: 'http_user_agent',
};

const SURICATA_STICKY: Words = {
  base64_data: 'base64_data',
  'file.data': 'file_data',
  file_data: 'file_data',
  'file.name': 'file_name',
  'http.accept': 'http_accept',
  http_accept: 'http_accept',
  'http.accept_enc': 'http_accept_enc',
  http_accept_enc: 'http_accept_enc',
  'http.accept_lang': 'http_accept_lang',
  http_accept_lang: 'http_accept_lang',
  'http.connection': 'http_connection',
  http_connection: 'http_connection',
  'http.content_len': 'http_content_len',
  http_content_len: 'http_content_len',
  'http.content_type': 'http_content_type',
  http_content_type: 'http_content_type',
  'http.cookie': 'http_cookie',
  'http.header': 'http_header',
  'http.header.raw': 'http_raw_header',
  'http.header_names': 'http_header_names',
  http_header_names: 'http_header_names',
  'http.host': 'http_host',
  'http.host.raw': 'http_raw_host',
  'http.location': 'http_location',
  'http.method': 'http_method',
  'http.protocol': 'http_protocol',
  http_protocol: 'http_protocol',
  'http.referer': 'http_referer',
  http_referer: 'http_referer',
  'http.request_body': 'http_request_body',
  'http.request_header': 'http_request_header',
  http_request_header: 'http_request_header',
  'http.request_line': 'http_request_line',
  http_request_line: 'http_request_line',
  'http.response_body': 'http_response_body',
  'http.response_header': 'http_response_header',
  http_response_header: 'http_response_header',
  'http.response_line': 'http_response_line',
  http_response_line: 'http_response_line',
  'http.server': 'http_server',
  'http.start': 'http_start',
  http_start: 'http_start',
  'http.stat_code': 'http_stat_code',
  'http.stat_msg': 'http_stat_msg',
  'http.uri': 'http_uri',
  'http.uri.raw': 'http_raw_uri',
  'http.user_agent': 'http_user_agent',
  pkt_data: 'payload',
};

export interface BufferWord {
  readonly kind: BufferKind;
  readonly isSticky: boolean;
}

const STICKY: Readonly<Record<Dialect, Words>> = {
  snort2: SNORT2_STICKY,
  snort3: SNORT3_STICKY,
  suricata: SURICATA_STICKY,
};
const MODIFIERS: Readonly<Record<Dialect, Words>> = {
  snort2: SNORT2_MODIFIERS,
  snort3: {},
  suricata: SURICATA_MODIFIERS,
};

export function bufferWord(dialect: Dialect, word: string): BufferWord | undefined {
  const sticky = own(STICKY[dialect], word);
  if (sticky !== undefined) return { kind: sticky, isSticky: true };
  const moved = own(MODIFIERS[dialect], word);
  return moved === undefined ? undefined : { kind: moved, isSticky: false };
}

/** The letters behind a pcre of Snort 2 and Suricata that say its buffer. */
const SNORT2_LETTERS: Words = {
  U: 'snort_uri',
  I: 'snort_raw_uri',
  P: 'snort_client_body',
  H: 'snort_header',
  D: 'snort_raw_header',
  M: 'http_method',
  C: 'snort_cookie',
  K: 'snort_raw_cookie',
  S: 'http_stat_code',
  Y: 'http_stat_msg',
};
const SURICATA_LETTERS: Words = {
  U: 'http_uri',
  I: 'http_raw_uri',
  P: 'http_request_body',
  Q: 'http_response_body',
  H: 'http_header',
  D: 'http_raw_header',
  M: 'http_method',
  C: 'http_cookie',
  S: 'http_stat_code',
  Y: 'http_stat_msg',
  V: 'http_user_agent',
  W: 'http_host',
  Z: 'http_raw_host',
};

export function bufferOfLetter(dialect: Dialect, letter: string): BufferKind | undefined {
  if (dialect === 'snort3') return undefined;
  return own(dialect === 'snort2' ? SNORT2_LETTERS : SURICATA_LETTERS, letter);
}

function own(words: Words, word: string): BufferKind | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
