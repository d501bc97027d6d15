//! Both dialects make the same tables, columns and keys.

use crate::support::*;

const POSTGRES_COLUMNS: &str = "
    select columns.table_name::text, columns.column_name::text, columns.is_nullable::text,
           case columns.data_type
               when 'bigint' then 'integer' when 'integer' then 'integer' when 'boolean' then 'integer'
               when 'numeric' then 'integer' when 'timestamp with time zone' then 'integer'
               when 'double precision' then 'real' when 'text' then 'text' when 'date' then 'text'
               else columns.data_type
           end::text
    from information_schema.columns
    where columns.table_schema = 'public'
    order by 1, 2";

const SQLITE_COLUMNS: &str = "
    select tables.name, columns.name, case when columns.\"notnull\" or columns.pk then 'NO' else 'YES' end, lower(columns.type)
    from pragma_table_list as tables, pragma_table_info(tables.name) as columns
    where tables.schema = 'main' and tables.name not like 'sqlite_%'
    order by 1, 2";

const POSTGRES_KEYS: &str = "
    select pg_class.relname::text, string_agg(pg_attribute.attname, ',' order by keys.position)
    from pg_index
    join pg_class on pg_class.oid = pg_index.indrelid
    cross join unnest(pg_index.indkey) with ordinality as keys (attribute, position)
    join pg_attribute on pg_attribute.attrelid = pg_index.indrelid and pg_attribute.attnum = keys.attribute
    where pg_class.relnamespace = 'public'::regnamespace
    group by pg_class.relname, pg_index.indexrelid
    order by 1, 2";

const SQLITE_KEYS: &str = "
    select tables.name, (select group_concat(name) from (select name from pragma_index_info(indexes.name) order by seqno))
    from pragma_table_list as tables, pragma_index_list(tables.name) as indexes
    where tables.schema = 'main' and tables.name not like 'sqlite_%'
    union all
    select tables.name, columns.name
    from pragma_table_list as tables, pragma_table_info(tables.name) as columns
    where tables.schema = 'main' and tables.name not like 'sqlite_%' and columns.pk = 1 and not tables.wr
      and not exists (select 1 from pragma_index_list(tables.name) where origin = 'pk')
    order by 1, 2";

#[tokio::test]
async fn tables_and_columns_are_the_same() {
    let sqlite = Fixture::new(Engine::Sqlite).await;
    let postgres = Fixture::new(Engine::Postgres).await;

    let columns = sqlite.query(SQLITE_COLUMNS).await.unwrap();
    assert_eq!(columns, postgres.query(POSTGRES_COLUMNS).await.unwrap());
    assert!(columns.len() > 50);

    let keys = sqlite.query(SQLITE_KEYS).await.unwrap();
    assert_eq!(keys, postgres.query(POSTGRES_KEYS).await.unwrap());
    assert!(keys.len() > 7);
}

#[tokio::test]
async fn sqlite_tables_are_strict() {
    let sqlite = Fixture::new(Engine::Sqlite).await;
    let loose = "select name from pragma_table_list where schema = 'main' and name not like 'sqlite_%' and not strict";
    assert!(sqlite.query(loose).await.unwrap().is_empty());
}

#[tokio::test]
async fn prices_times_and_indicators_have_exact_types() {
    let postgres = Fixture::new(Engine::Postgres).await;
    let types = |column: &str| {
        format!(
            "select distinct format_type(atttypid, atttypmod) from pg_attribute \
             join pg_class on pg_class.oid = attrelid \
             where relnamespace = 'public'::regnamespace and relkind = 'r' and attname in ({column})"
        )
    };
    for (columns, expected) in [
        ("'price', 'open', 'high', 'low'", "numeric(16,6)"),
        ("'timestamp', 'created_at', 'recorded_at', 'started_at', 'updated_at'", "timestamp with time zone"),
        ("'sma9', 'vwap'", "double precision"),
        ("'volume', 'shares_missed'", "bigint"),
        ("'ticker', 'rule', 'source', 'digest'", "text"),
    ] {
        assert_eq!(postgres.query(&types(columns)).await.unwrap(), [[Some(expected.to_owned())]], "{columns}");
    }
}

/// Values that no table takes; `{now}` and `{then}` stand for two moments in the dialect.
const REFUSED: [(&str, &str); 16] = [
    (
        "equity_data_ticker_check",
        "insert into equity_data (ticker, timestamp, price, volume, open, high, low, bar_seconds, source) \
         values ('qqq', {now}, 1, 1, 1, 1, 1, 1, 'stream')",
    ),
    (
        "equity_data_ticker_check",
        "insert into equity_data (ticker, timestamp, price, volume, open, high, low, bar_seconds, source) \
         values ('Q|Q', {now}, 1, 1, 1, 1, 1, 1, 'stream')",
    ),
    (
        "equity_data_prices_check",
        "insert into equity_data (ticker, timestamp, price, volume, open, high, low, bar_seconds, source) \
         values ('QQQ', {now}, 1, 1, 1, 1, -1, 1, 'stream')",
    ),
    (
        "equity_data_volume_check",
        "insert into equity_data (ticker, timestamp, price, volume, open, high, low, bar_seconds, source) \
         values ('QQQ', {now}, 1, 10000000000001, 1, 1, 1, 1, 'stream')",
    ),
    (
        "equity_data_bar_seconds_check",
        "insert into equity_data (ticker, timestamp, price, volume, open, high, low, bar_seconds, source) \
         values ('QQQ', {now}, 1, 1, 1, 1, 1, 0, 'stream')",
    ),
    (
        "equity_data_source_check",
        "insert into equity_data (ticker, timestamp, price, volume, open, high, low, bar_seconds, source) \
         values ('QQQ', {now}, 1, 1, 1, 1, 1, 1, 'guess')",
    ),
    (
        "indicators_ticker_check",
        "insert into indicators (ticker, timestamp, bar_seconds, rule) values ('', {now}, 1, 'x')",
    ),
    (
        "signals_id_check",
        "insert into signals (id, seq, event, ticker, bar_seconds, timestamp, direction, price, sma9, vwap, rule, late, recorded_at) \
         values ('815CB245A0B7CFA6738B767F1F48C491', 1, 'confirmed', 'QQQ', 60, {now}, 'up', 1, 1, 1, 'x', {false}, {now})",
    ),
    (
        "signals_direction_check",
        "insert into signals (id, seq, event, ticker, bar_seconds, timestamp, direction, price, sma9, vwap, rule, late, recorded_at) \
         values ('815cb245a0b7cfa6738b767f1f48c491', 1, 'confirmed', 'QQQ', 60, {now}, 'buy', 1, 1, 1, 'x', {false}, {now})",
    ),
    (
        "gaps_order_check",
        "insert into gaps (ticker, started_at, ended_at, cause, state, detected_at) \
         values ('QQQ', {now}, {then}, 'silence', 'open', {now})",
    ),
    (
        "gaps_cause_check",
        "insert into gaps (ticker, started_at, cause, state, detected_at) values ('QQQ', {now}, 'No idea', 'open', {now})",
    ),
    (
        "gaps_state_check",
        "insert into gaps (ticker, started_at, cause, state, detected_at, repaired_at) \
         values ('QQQ', {now}, 'silence', 'fine', {now}, {now})",
    ),
    (
        "gaps_repaired_at_check",
        "insert into gaps (ticker, started_at, cause, state, detected_at) values ('QQQ', {now}, 'silence', 'repaired', {now})",
    ),
    (
        "session_digests_digest_check",
        "insert into session_digests (ticker, date, bar_seconds, rule, bars, crosses, digest, row_digest) \
         values ('QQQ', '2019-02-11', 60, 'x', 0, 0, '2d06800538d394c2', '2D06800538d394c2')",
    ),
    (
        "session_digests_counts_check",
        "insert into session_digests (ticker, date, bar_seconds, rule, bars, crosses, digest, row_digest) \
         values ('QQQ', '2019-02-11', 60, 'x', 1, 2, '2d06800538d394c2', '2d06800538d394c2')",
    ),
    (
        "streaming_metrics_counts_check",
        "insert into streaming_metrics (service, ticker, recorded_at, rows_written, errors, status) \
         values ('alpha-kite', 'QQQ', {now}, 0, -1, 'ok')",
    ),
];

#[tokio::test]
async fn impossible_values_are_refused_by_name() {
    for (engine, now, then, no) in [
        (Engine::Sqlite, "1", "0", "0"),
        (Engine::Postgres, "timestamptz '2019-02-11T14:30:00Z'", "timestamptz '2019-02-11T14:29:00Z'", "false"),
    ] {
        let fixture = Fixture::new(engine).await;
        for (constraint, sql) in REFUSED {
            let sql = sql.replace("{now}", now).replace("{then}", then).replace("{false}", no);
            let error = fixture.execute(&sql).await.expect_err(&sql);
            assert!(error.contains(constraint), "{engine:?} {sql}: {error}");
        }
        // A hole that is what it should be.
        let gap = "insert into gaps (ticker, started_at, ended_at, cause, state, detected_at, repaired_at) \
                   values ('QQQ', {then}, {now}, 'late-start', 'partial', {now}, {now})";
        fixture.execute(&gap.replace("{now}", now).replace("{then}", then)).await.unwrap();
    }
}

#[tokio::test]
async fn sqlite_dates_are_dates() {
    let fixture = Fixture::new(Engine::Sqlite).await;
    for date in ["2019-2-11", "2019-02-30", "yesterday", "20190211", "2019-02-11 "] {
        let insert = format!(
            "insert into session_digests (ticker, date, bar_seconds, rule, bars, crosses, digest, row_digest) \
             values ('QQQ', '{date}', 60, 'x', 0, 0, '2d06800538d394c2', '2d06800538d394c2')"
        );
        let error = fixture.execute(&insert).await.expect_err(date);
        assert!(error.contains("session_digests_date_check"), "{date}: {error}");
    }
}
