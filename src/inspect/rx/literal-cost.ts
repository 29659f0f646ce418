/**
 * How often a literal occurs in harmless requests: a guess that chooses between sets of literals, and nothing else. A
 * wrong guess costs time, never a match.
 *
 * A literal is guessed to be as probable as its bytes together, unless it is part of what most requests hold anyway.
 */

/** Places in the values of a typical request where a literal could begin. */
const PLACES = 300;
/** What each literal costs besides: it makes the automaton larger. */
const COST_EACH = 0.000_5;
/** A literal of one byte stops the scan wherever that byte is, not once a request. */
const ONE_BYTE_FACTOR = 3;

/** What browsers and frameworks send all the time, in lower case. Parts of it tell nothing. */
const COMMON: readonly string[] = [
  'mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/120.0.0.0 safari/537.36 edg/120.0.0.0',
  'mozilla/5.0 (macintosh; intel mac os x 10_15_7) applewebkit/605.1.15 (khtml, like gecko) version/17.0 mobile/15e148 safari/604.1',
  'mozilla/5.0 (x11; linux x86_64; rv:120.0) gecko/20100101 firefox/120.0; compatible; msie 9.0; trident/5.0; iphone; cpu iphone os 17_0 like mac os x; android 13; bot; +http://www.google.com/bot.html)',
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,image/svg+xml,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  'application/x-www-form-urlencoded; charset=utf-8; application/json, text/javascript, */*; q=0.01; text/css; text/plain; image/png; image/jpeg; image/gif',
  'multipart/form-data; boundary=----webkitformboundary; content-disposition: form-data; name="file"; filename="',
  'gzip, deflate, br, zstd; en-us,en;q=0.9,de;q=0.8,fr;q=0.7; keep-alive; no-cache; max-age=0; upgrade-insecure-requests: 1',
  'http/1.1 http/2.0 https://www.example.com/ http://www.google.com/search?q= localhost .org/ .net/ .html index.php default.aspx .css .js .jpg .png .gif .svg .ico',
  'user-agent: accept: accept-language: accept-encoding: cookie: referer: origin: host: connection: content-type: content-length: cache-control: pragma: authorization: basic bearer x-requested-with: xmlhttprequest x-forwarded-for: if-modified-since: if-none-match: sec-fetch-site: same-origin sec-fetch-mode: navigate sec-fetch-user: ?1 sec-fetch-dest: document sec-ch-ua: "not_a brand";v="8", "chromium";v="120", "google chrome";v="120" sec-ch-ua-mobile: ?0 sec-ch-ua-platform: "windows"',
  'get / post /api/v1/users/ /static/ /images/ /admin/ /wp-content/uploads/2024/01/ /assets/ /login /search /cart id= page= user= name= email= password= token= session= value= action= type= title= message= lang= sort= _ga= _gid= phpsessid= csrftoken= utm_source= date= mon, 01 jan 2024 00:00:00 gmt',
];

/** How frequent bytes are in such values, most frequent first, in per mille; all others are below. */
const FREQUENCIES: readonly (readonly [bytes: string, perMille: number])[] = [
  ['eaotinsr', 45],
  ['lcdmphu', 28],
  ['gfbwy', 14],
  ['0123456789', 18],
  ['vkx', 8],
  ['jqz', 4],
  ['/.-=; ', 20],
  [':,_&', 10],
  ['%?+"()', 5],
  ["*'[]{}@#~!$|<>^`\\", 1],
  ['\r\n\t', 1],
];
const OTHER_PER_MILLE = 0.2;

/** Expected number of harmless requests, of one, that hold a literal of the set, and the literals' own cost. */
export function costOf(literals: readonly string[]): number {
  let cost = 0;
  for (const literal of literals) cost += probabilityOf(literal, 0, literal.length) + COST_EACH;
  return cost;
}

/** How frequent a byte is in harmless values, of 1. */
export function frequencyOf(byte: number): number {
  return PROBABILITIES[byte & 0xff]!; // 256 entries.
}

/** How probable it is that a harmless request holds the bytes of a literal from `start` to `end`. */
export function probabilityOf(literal: string, start: number, end: number): number {
  let probability = PLACES;
  for (let at = start; at < end; at++) probability *= PROBABILITIES[literal.charCodeAt(at) & 0xff]!; // 256 entries.
  if (end - start === 1) return ONE_BYTE_FACTOR * Math.min(1, probability);
  return isCommon(literal, start, end) ? 1 : Math.min(1, probability);
}

/** Whether the bytes from `start` to `end` are part of what most requests hold, as far as their pieces of four tell. */
function isCommon(literal: string, start: number, end: number): boolean {
  const size = Math.min(PIECE_BYTES, end - start);
  for (let at = start; at + size <= end; at++) {
    const place = pieceAt(literal, at, size);
    if ((COMMON_PIECES[place >>> 5]! & (1 << place)) === 0) return false; // A bit for each.
  }
  return true;
}

const PIECE_BYTES = 4;
const PIECE_BITS = 17;

function pieceAt(text: string, at: number, size: number): number {
  let piece = size;
  for (let index = at; index < at + size; index++)
    piece = Math.imul(piece ^ text.charCodeAt(index), 0x9e3779b1);
  return piece >>> (32 - PIECE_BITS);
}

/** A bit for each piece of up to PIECE_BYTES that is in COMMON. */
const COMMON_PIECES: Int32Array = (() => {
  const bits = new Int32Array(1 << (PIECE_BITS - 5));
  for (const text of COMMON) {
    for (let size = 2; size <= PIECE_BYTES; size++) {
      for (let at = 0; at + size <= text.length; at++) {
        const place = pieceAt(text, at, size);
        bits[place >>> 5]! |= 1 << place; // As above.
      }
    }
  }
  return bits;
})();

const PROBABILITIES: Float64Array = (() => {
  const table = new Float64Array(256).fill(OTHER_PER_MILLE / 1000);
  for (const [bytes, perMille] of FREQUENCIES) {
    for (let at = 0; at < bytes.length; at++) table[bytes.charCodeAt(at)] = perMille / 1000;
  }
  return table;
})();
