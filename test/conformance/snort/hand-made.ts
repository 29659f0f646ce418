/**
 * Values of buffers for rules whose contents, patterns and sizes fit together in so few ways that guessing does not find one:
 * by sid, as made-message.ts keeps them.
 */
export const HAND_MADE: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  26470: {
    payload: 'filename=mail-01-2013.zip\r\n',
    snort_header: 'Content-Disposition: filename=mail-01-2013.zip\r\n',
    file_data: 'mail-0101-2013.exe',
  },
  26924: {
    snort_raw_uri: `/aa.php?ab=${'a'.repeat(245)}=`,
    snort_uri: `/aa.php?ab=${'a'.repeat(245)}=`,
    payload: 'GET /aa.php?ab== HTTP/1.1\r\n',
    snort_header: 'Host: a.example\r\n',
  },
  27680: {
    snort_raw_uri: `/${'a'.repeat(40)}/${'b'.repeat(48)}-cc-dd-ee.php`,
    snort_uri: `/${'a'.repeat(40)}/${'b'.repeat(48)}-cc-dd-ee.php`,
    payload: 'GET /aa-bb-cc-dd.php HTTP/1.1\r\nUser-Agent: Opera/9\r\n',
  },
  30484: { payload: 'myversion|1.2.3.4\r\n' },
  31607: { payload: 'ABCDEF12:bpass\n' },
  34997: { payload: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsession:1' },
  40836: { payload: '1234file_manager_init\r\n' },
  2010077: { http_uri: '/docebo/docebo/index.php?modname=link&a=1;INSERT a INTO b' },
  2022260: {
    http_uri: '/blog/?abc&utm_source=1:2:3',
    http_host: '192.0.2.7',
    http_header_names: '\r\nHost\r\nUser-Agent\r\n\r\n',
  },
};
