/**
 * What an agent answers: one line in HAProxy's agent-check protocol, or the JSON of `sallyport agent`.
 *
 *     line  words, separated by spaces, tabs and commas, in any order and case; what follows `#` is a reason for people
 *     75%            its share of the weight that is configured
 *     maxconn:30     how much it may have in hand at once
 *     up | down | fail | stopped
 *     ready | drain | maint
 *
 * A word that is none of these makes the whole answer bad, and so do two that contradict each other: an answer that was
 * understood by half could take a server out, or leave one in.
 */

export interface AgentAnswer {
  readonly state: 'up' | 'down' | 'fail' | 'stopped' | undefined;
  readonly mode: 'ready' | 'drain' | 'maintenance' | undefined;
  readonly percent: number | undefined;
  /** 0 for no limit. */
  readonly inUseMax: number | undefined;
  /** How busy it is, 0 to 10,000. */
  readonly load: number | undefined;
  /** For people; latin1, from the network. */
  readonly reason: string;
}

export type AgentReading =
  { readonly kind: 'ok'; readonly answer: AgentAnswer } | { readonly kind: 'bad'; readonly problem: string };

/** An agent may ask for more than its share: HAProxy's weights end at 256 times the least one too. */
const PERCENT_MAX = 25_600;
const IN_USE_MAX = 1_000_000;
export const LOAD_MAX = 10_000;
/** Characters of a reason that are kept. */
const REASON_CHARS_MAX = 200;

const STATES = ['up', 'down', 'fail', 'stopped'] as const;
const MODES = { ready: 'ready', drain: 'drain', maint: 'maintenance' } as const;

type Words = { -readonly [Key in keyof AgentAnswer]: AgentAnswer[Key] };

/** Reads the line without its end. */
export function readAgentLine(line: string): AgentReading {
  const [words = '', ...reason] = line.split('#');
  const answer: Words = {
    state: undefined,
    mode: undefined,
    percent: undefined,
    inUseMax: undefined,
    load: undefined,
    reason: reason.join('#').trim().slice(0, REASON_CHARS_MAX),
  };
  let count = 0;
  for (const word of words.split(/[ \t,]+/)) {
    if (word === '') continue;
    const problem = readWord(word.toLowerCase(), answer);
    if (problem !== undefined) return { kind: 'bad', problem };
    count++;
  }
  return count === 0 ? { kind: 'bad', problem: 'it says nothing' } : { kind: 'ok', answer };
}

/** Writes what the word says into `answer`; otherwise what is wrong with it. */
function readWord(word: string, answer: Words): string | undefined {
  const state = STATES.find((one) => one === word);
  if (state !== undefined) return put(answer, 'state', state, word);
  if (word === 'ready' || word === 'drain' || word === 'maint') return put(answer, 'mode', MODES[word], word);
  const [, percent] = /^([0-9]{1,5})%$/.exec(word) ?? [];
  if (percent !== undefined) return putNumber(answer, 'percent', Number(percent), PERCENT_MAX, word);
  const [, inUseMax] = /^maxconn:([0-9]{1,7})$/.exec(word) ?? [];
  if (inUseMax !== undefined) return putNumber(answer, 'inUseMax', Number(inUseMax), IN_USE_MAX, word);
  return `"${word.slice(0, 40)}" is not a word of the agent-check protocol`;
}

function putNumber(
  answer: Words,
  key: 'percent' | 'inUseMax',
  value: number,
  max: number,
  word: string,
): string | undefined {
  return value > max ? `"${word}" is more than ${max}` : put(answer, key, value, word);
}

function put<Key extends keyof Words>(
  answer: Words,
  key: Key,
  value: Words[Key],
  word: string,
): string | undefined {
  if (answer[key] !== undefined) return `"${word}" contradicts what it said before`;
  answer[key] = value;
  return undefined;
}

/** Reads the JSON that `GET /` of `sallyport agent` answers; keys that are not known are left alone. */
export function readAgentJson(text: string): AgentReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'bad', problem: 'it is not JSON' };
  }
  if (typeof value !== 'object' || value === null || !('line' in value) || typeof value.line !== 'string') {
    return { kind: 'bad', problem: 'it has no text "line"' };
  }
  const read = readAgentLine(value.line);
  if (read.kind === 'bad') return read;
  const load = 'load' in value ? value.load : undefined;
  if (typeof load !== 'number' || !Number.isInteger(load) || load < 0 || load > LOAD_MAX) {
    return { kind: 'bad', problem: `its "load" is not a whole number from 0 to ${LOAD_MAX}` };
  }
  return { kind: 'ok', answer: { ...read.answer, load } };
}
