/**
 * What injected SQL looks like after folding: patterns over the letters of folded tokens.
 *
 * A pattern is a regular expression over letters; `$` stands for the end of the value, {NAME} for another pattern. It
 * is tried from the first token on, and what follows a match does not matter.
 *
 * Values:    1 number · 0 constant word · s 'string' · d "string" · v variable or catalogue · n name or words
 *            f call of a function that only SQL has · g call of one that is a word, too · S D strings without an end
 * Opened:    h, H the head of such a call that is not closed (or holds a statement) · j of an unknown function
 * Breaks:    q the value's beginning up to a single quote that closes the string it stands in · Q a double one
 *            p a bracket that closes what the value did not open
 * Operators: & AND, OR … · = comparison · i LIKE, IS, IN, BETWEEN … · o arithmetic · b | & ^ << >>
 * Keywords:  U UNION · E SELECT · R (SELECT · T statement · X EXEC, DECLARE · P whole head of a statement
 *            F FROM, WHERE, INTO · O INTO OUTFILE · B GROUP BY, HAVING, LIMIT … · C CASE · k WHEN, THEN … · a AS · e SET
 * Others:    , ; · x any other character · c comment that hides the rest · w one that may be text
 */
export const LETTERS = '10sdvnfgSDhHjqQp&=iobUERTXPFOBCkae,;xcw';

export const NAMED: Readonly<Record<string, string>> = {
  VALUE: '[10sdvnfg]',
  // A value that is no word of prose.
  CONST: '[10svfgd]',
  // The beginnings: any value that a number, a string or a name is closed with.
  OPEN: '([1svf0gd]|[n1svf]={CONST}|[qQ](o{VALUE})?)p?',
  QUOTE: '[qQ](np|o{VALUE}p?|p)?',
  // What makes SELECT more than a word.
  SELECTED: '[ER]([1svf0gdhHjERC]|n[F,=B1])',
};

/** The rules, each with a value that it finds. */
export const GRAMMAR: readonly (readonly [pattern: string, example: string])[] = [
  // Conditions that are always true or ask a question.
  ['{OPEN}(&{VALUE}p?)*&{CONST}=({VALUE}|[hHjERSDqQ])', '1 or 1=1'],
  ['{QUOTE}(&{VALUE}p?)*&{CONST}=({VALUE}|[hHjERSD])', `') or ('1'='1`],
  ['[1svf0]p?&n=({VALUE}|[hHER])', '1 or id=1'],
  ['np?&(n&)*([1svf0]=|n=[svf])', 'x and 1=1'],
  ['p?&([1svf0]=|n=[svf])', ') or 1=1'],
  ['{QUOTE}&n[=i][1svf0gSDd]', `' or name='a`],
  ['{OPEN}(&{VALUE})*&[1svf0]i{CONST}', '1 and 1 like 1'],
  ['{QUOTE}(&{VALUE})*&[1svf0d]i[1svf0dSD]', `' and '1' like '1`],
  ['[1svfq]p?&ni0', '1 and name is null'],
  ['qp?&[1svf0](&|[cw])', `' or 1 or '`],
  ['Qp?&[1vf0](&|c)', `" or 1 or "`],
  ['qp?=([vfhR]|1=|1c|[s0]=)', `'=0=1`],
  ['qo[1s]=', `' - 'a' = 0`],
  ['[1svf]=[1svf0]&([1svf]=|1$)', '1=1 and 1'],
  ['nB({CONST}&{CONST}|{CONST}=)', 'id having 1=1'],
  // Operators between two halves of a string: MySQL takes them for numbers.
  ['q([&=obi][1svf0gd])*[&=obi]S', `' and '`],
  ['QbnbD', '" | command | "'],
  // More rows.
  ['[^obn]U[ER]', '1 union select'],
  ['[^ob].*[^n]U[ER]', '1) union select'],
  ['[^ob].*U{SELECTED}', 'name union select 1'],
  ['U{SELECTED}', 'union select 1'],
  ['=U[ER]', '= union select'],
  ['[1svqQ0]p?U([$cw])', '1 union -- hidden'],
  ['on1U', '/path/*/*/2 union'],
  // Clauses behind a value.
  ['{OPEN}B([1svf0ghH]|R)', '1 order by 2'],
  ['([qQ]n?|n)pB[1vfhs]', 'x) order by 2'],
  ['.*O', 'into outfile'],
  ['{OPEN}(a?n)?F({VALUE}+=|[1svf][i&])', `1 where 1=1`],
  ['[1sqvQ]pF{VALUE}+F', `1) from t where`],
  ['np(an)?F[1svf]=', `x) as a where 1=1`],
  // Subqueries.
  ['.*[&=obihH,;Epq1svQ]{SELECTED}', 'x = (select 1'],
  ['R([1svf0gdhHjERC]|n[F=B])', '(select 1'],
  ['.*[hH]R', 'exists (select'],
  // Queries of their own.
  ['E[vfh]', 'select @@version'],
  ['E[1s0dg](F([nv][Fc]|v)|&|i)', 'select 1 from t where'],
  ['EgFn$', 'select * from t'],
  ['E[1s0dgn],[hHjR]', 'select 1, f('],
  ['EnFv', 'select a from information_schema'],
  ['EnFnF{VALUE}=', 'select a from t where b=1'],
  ['E[1s0dgvf].*c', 'select 1 --'],
  // Further statements.
  ['([1svqQfp].*|n?p?);n?P', '; drop table'],
  ['.*;[gf]P', '; if (1=1) waitfor delay'],
  ['.*P[sSv]', `waitfor delay '0:0:5'`],
  ['{OPEN}P', `' drop table`],
  ['.*X[vfhs]', 'exec xp_cmdshell'],
  ['(.*;|[qQ1p]p?)T+[vfhs;]', `'; use @x`],
  ['(.*;|[qQ]p?|1p?)T+n?(x?[ERXTP]|xn?[EXRT])', `'begin try select`],
  ['(.*;|{OPEN})Tnen=', '1 update t set a='],
  ['[1q]p?;nH', '1; if exists ('],
  ['[qQ1s]p?;(c|[TX][c$]|{SELECTED}|X[vfhs1])', `'; shutdown --`],
  ['[1qQ],C', '1,case'],
  ['[1qQ]?,?T[gf]k[fh]', 'begin if (1=1) then sleep(5)'],
  ['1p?&0($|&)', '1 or true'],
  ['([1qQ]|[qQ]?n?p);(T&[nf]|Xa)', '1; create or replace function f'],
  ['1;T1=', '1; do (1=1)'],
  ['{OPEN};[fh]', '1; sleep(5)'],
  ['.*;g(E|R)', '; if (1=1) select'],
  ['[qQ]([XE][vfhs1S]|E[0nd]*[;F])', `'select 1;`],
  // Calls.
  ['f', 'sleep(20)'],
  ['h([fhvs1]|R)', 'substr((select'],
  ['{OPEN}[&=obi]?[fh]', `' and sleep(5)`],
  ['{OPEN},f', '1,iif(1=1,1,0)'],
  ['{QUOTE}i[fh]', `') rlike sleep(5)`],
  ['{QUOTE}(&{VALUE}p?)*&[fh]', `' and 1 and sleep(5)`],
  ['[1svf0]([=i]{CONST})*&[fh]', '1 in (1) and sleep(5)'],
  ['n[&=ib][fh]', 'x or sleep(5)'],
  ['(.*[^n])?C{CONST}?k({CONST}[k=]|{VALUE}k{CONST}k)', 'case when 1 then 2 end'],
  ['(.*[^n])?C{CONST}k{CONST}', 'case 1 when 2'],
  ['(.*[^n])?CR', 'case (select'],
  // The rest of the query hidden.
  ['[1vs0fgqQ]p?c', `admin' --`],
  ['[1vs0fgqQ]p?([&=i][1svf0g])+p?c', '1 or 1 --'],
  ['[qQ]o[1svfg]p?c', `'-1 --`],
];
