/**
 * The letters that tokens are written with, as character codes. Those of a fingerprint are explained in
 * tools/sql-grammar.ts; those of words, in tools/sql-words.ts.
 */

// Values.
export const NUMBER = 0x31; // 1
export const CONSTANT = 0x30; // 0
export const STRING = 0x73; // s
export const DOUBLE_STRING = 0x64; // d
export const VARIABLE = 0x76; // v
export const NAME = 0x6e; // n
export const SQL_CALL = 0x66; // f
export const WORD_CALL = 0x67; // g
export const OPEN_STRING = 0x53; // S
export const OPEN_DOUBLE_STRING = 0x44; // D

// Heads of calls.
export const SQL_HEAD = 0x68; // h
export const WORD_HEAD = 0x48; // H
export const NAME_HEAD = 0x6a; // j

// Where the value breaks out of what it stands in.
export const SINGLE_BREAK = 0x71; // q
export const DOUBLE_BREAK = 0x51; // Q
export const BRACKET_BREAK = 0x70; // p

// Operators and signs.
export const LOGIC = 0x26; // &
export const COMPARISON = 0x3d; // =
export const WORD_COMPARISON = 0x69; // i
export const ARITHMETIC = 0x6f; // o
export const BITS = 0x62; // b
export const COMMA = 0x2c; // ,
export const SEMICOLON = 0x3b; // ;
export const OTHER = 0x78; // x
export const HIDING_COMMENT = 0x63; // c
export const COMMENT = 0x77; // w

// Statements and clauses.
export const UNION = 0x55; // U
export const SELECT = 0x45; // E
export const BRACKET_SELECT = 0x52; // R
export const STATEMENT = 0x54; // T
export const STATEMENT_HEAD = 0x50; // P
export const FROM = 0x46; // F
export const OUTFILE = 0x4f; // O
export const CLAUSE = 0x42; // B

// Only between tokens and folding.
export const SIGN = 0x2b; // + and -, which may stand before a value
export const COMPLEMENT = 0x7e; // ~ and !
export const OPEN_BRACKET = 0x28; // (
export const CLOSE_BRACKET = 0x29; // )
export const NOT = 0x21; // !
export const ALL = 0x41; // A
export const BY = 0x59; // Y
export const COLLATE = 0x4c; // L
export const DELAY = 0x7a; // z
export const DIV = 0x6d; // m
export const INTO = 0x49; // I
export const IN = 0x4e; // N
export const ORDER = 0x79; // y
export const PREFIX = 0x75; // u
export const PROCEDURE = 0x72; // r
export const SOUNDS = 0x6c; // l
export const TABLE = 0x4a; // J
export const WAITFOR = 0x57; // W
/** Functions that count with the bracket right behind, and of these, those that are things, too. */
export const CLOSE_HEAD = 0x47; // G
export const DATABASE = 0x4b; // K
