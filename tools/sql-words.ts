/**
 * The words that the SQL detector knows, by kind, each kind named by one letter.
 *
 * Collected from the manuals of MySQL, PostgreSQL, SQL Server, Oracle, SQLite and Db2. A word that is plain English too
 * has a kind that means something only beside others (`FOR` means nothing, `ORDER` only before `BY`); a word that is
 * not here is a name. `tools/sql-fingerprints.ts` makes src/inspect/detect/sql-table.ts of it.
 */
export const SQL_WORDS: Readonly<Record<string, string>> = {
  // Constants.
  '0': 'true false null',
  // Values without an argument list, and names only a database has.
  v: `current_user current_date current_time current_timestamp current_role current_schema current_catalog
    session_user system_user localtime localtimestamp utc_date utc_time utc_timestamp sysdate systimestamp rownum rowid
    information_schema information_schema.tables information_schema.columns information_schema.schemata
    information_schema.character_sets information_schema.user_privileges information_schema.routines
    information_schema.statistics information_schema.views information_schema.processlist
    mysql.user mysql.db mysql.func mysql.host mysql.proc performance_schema sys.databases sys.tables sys.objects
    sys.columns sys.syslogins sys.user$ sysobjects syscolumns sysdatabases sysusers sysxlogins syslogins
    all_tables all_tab_tables all_tab_columns all_users all_objects all_views user_tables user_tab_columns user_objects
    user_users dba_users dba_tables dba_objects v$version v$instance v$database v$session pg_catalog pg_class
    pg_database pg_shadow pg_user pg_tables pg_stat_activity sqlite_master sqlite_schema sqlite_temp_master
    msysaccessobjects msysobjects sysibm.systables sysibm.sysdummy1 sysibm.syscolumns syscat.tables rdb$database
    rdb$fields rdb$relations rdb$types rdb$collations rdb$functions xp_cmdshell`,
  // Functions that name themselves: nobody writes them before a bracket in prose.
  h: `sleep benchmark pg_sleep dbms_lock.sleep dbms_pipe.receive_message dbms_utility.sqlid_to_sqlhash
    dbms_xmlgen.getxml dbms_ldap.init dbms_random.value dbms_assert.noop utl_inaddr.get_host_address
    utl_inaddr.get_host_name utl_http.request utl_smtp.open_connection ctxsys.drithsx.sn httpuritype xmltype
    extractvalue updatexml load_file substring substr substring_index ascii ord chr char_length character_length
    octet_length bit_length unhex conv concat_ws group_concat string_agg array_agg array_to_json listagg stragg
    xmlagg xmlelement xmlforest wm_concat ifnull nullif isnull nvl nvl2 coalesce iif elt greatest least
     current_database db_name user_name suser_name suser_sname connection_id last_insert_id row_count
    found_rows host_name object_id object_name col_name db_id serverproperty has_dbaccess is_srvrolemember is_member
    fn_trace_gettable openrowset openquery opendatasource pg_read_file pg_ls_dir pg_user pg_stat_file lo_import lo_export dblink
    dblink_connect query_to_xml database_to_xml generate_series inet_server_addr quote_literal quote_ident setval
    currval nextval sqlite_version randomblob zeroblob load_extension total_changes instr locate lpad rpad ltrim
    rtrim strcmp strcomp to_char to_date to_number to_base64 from_base64 md5 sha1 sha2 aes_encrypt aes_decrypt
    des_encrypt des_decrypt name_const make_set export_set json_keys json_extract uncompress regexp_substring
    regexp_replace regexp_instr crypt_key filetoclob filetoblob rawtohex hextoraw to_hex oct crc32
    get_lock release_lock is_free_lock master_pos_wait uuid_short st_latfromgeohash st_longfromgeohash gtid_subset
    gtid_subtract multipoint linestring geometrycollection multilinestring multipolygon cos atan acos asin atan2 pi
    sqrt getdate unix_timestamp from_unixtime curdate curtime date_add date_sub datediff dateadd datepart datename
    dcount dlookup cint cbool cstr bitand sysibm.systables newid checksum patindex charindex quotename
    unicode nchar varchar_format try_cast try_convert ucase lcase`,
  // The same, with a name that is a word: they count as such with the bracket right behind.
  G: `tan sign cot stuff cast convert upper lower now version exp floor rand bin sin analyse polygon hex concat`,
  // A function right before a bracket, elsewhere a thing that statements are about.
  K: 'database schema',
  // Functions whose names are words, too: they count only as part of something.
  H: `if left right mid length len count sum avg max min date year month day hour minute second time replace reverse
    repeat space char user round abs power log ln format trim row values exists any some rank lead
    lag first last field position extract translate decode compress soundex difference week quarter default
    initcap datetime timestamp point random ceil ceiling str int bool text`,
  '&': 'and or xor eqv imp',
  i: 'like rlike ilike regexp glob is between overlaps',
  N: 'in similar',
  // SOUNDS LIKE is one operator.
  l: 'sounds',
  m: 'div mod',
  '!': 'not',
  U: 'union intersect',
  E: 'select',
  A: 'all distinct distinctrow low_priority high_priority quick ignore delayed sql_no_cache sql_cache straight_join',
  // Statements; the second kind is one that only programs use.
  T: `insert update delete merge truncate drop alter create grant revoke call shutdown kill backup restore handler
    prepare goto begin print load copy use rename do pragma attach detach vacuum deallocate reconfigure`,
  X: 'exec execute declare',
  W: 'waitfor',
  z: 'delay',
  // What statements are about: `DROP TABLE` is a statement, `TABLE` is furniture.
  J: `table function trigger login index view data xml tablespace sequence column
    materialized temporary`,
  // After a statement's verb a thing, elsewhere a clause of MySQL.
  r: 'procedure',
  F: 'from where',
  I: 'into',
  O: 'outfile dumpfile',
  y: 'group order',
  Y: 'by',
  B: 'having limit',
  C: 'case',
  k: 'when then else end',
  a: 'as',
  e: 'set',
  u: `binary prior _latin1 _latin2 _latin7 _utf8 _utf8mb4 _ascii _binary _big5 _gbk _ucs2 _utf16 _cp1251 _koi8r _sjis`,
  L: 'collate uescape',
};
