//! The tables that the Python service left are adopted, whichever of its versions made them, and nothing is lost.

use alpha_kite::store::{Batch, Row, Source};
use alpha_kite_core::{Interval, Rule};

use crate::support::*;

/// Names as `varchar(10)`, keys as constraints.
const WITH_CONSTRAINTS: &str = "
    create table public.equity_data (
        id bigserial primary key,
        ticker varchar(10) not null,
        timestamp timestamptz not null,
        price decimal(10, 2) not null,
        volume bigint not null,
        created_at timestamptz default now(),
        unique(ticker, timestamp)
    );
    create table public.indicators (
        id bigserial primary key,
        ticker varchar(10) not null,
        timestamp timestamptz not null,
        sma9 decimal(10, 2),
        vwap decimal(10, 2),
        created_at timestamptz default now(),
        unique(ticker, timestamp)
    );";

/// Names as `text`, keys as indexes, row-level security.
const WITH_INDEXES: &str = r#"
    create table equity_data (
        id bigserial primary key,
        ticker text not null,
        timestamp timestamptz not null,
        price numeric(10, 2) not null,
        volume bigint not null,
        created_at timestamptz default now()
    );
    create unique index idx_equity_data_ticker_timestamp on equity_data (ticker, timestamp);
    create table indicators (
        id bigserial primary key,
        ticker text not null,
        timestamp timestamptz not null,
        sma9 numeric(10, 2),
        vwap numeric(10, 2),
        created_at timestamptz default now()
    );
    create unique index idx_indicators_ticker_timestamp on indicators (ticker, timestamp);
    alter table equity_data enable row level security;
    create policy "Public read access" on equity_data for select using (true);
    alter table indicators enable row level security;
    create policy "Public read access" on indicators for select using (true);"#;

/// Two days of QQQ, in minutes and in seconds, and one minute of SPY. The evening row of the 11th is the 12th in UTC.
const ROWS: &str = "
    insert into equity_data (ticker, timestamp, price, volume, created_at) values
        ('QQQ', '2019-02-11T14:30:00Z', 168.01, 1000, '2019-02-11T14:31:02Z'),
        ('QQQ', '2019-02-11T14:31:00Z', 168.02, 0, null),
        ('QQQ', '2019-02-12T00:59:00Z', 99999999.99, 9223372036854775807, '2019-02-12T01:00:00Z'),
        ('QQQ', '2019-02-12T14:30:00Z', 168.04, 3, '2019-02-12T14:30:01Z'),
        ('QQQ', '2019-02-12T14:30:07Z', 168.05, 4, '2019-02-12T14:30:08Z'),
        ('QQQ', '2019-02-12T14:31:00Z', 168.06, 5, '2019-02-12T14:31:01Z'),
        ('SPY', '2019-02-12T14:30:00Z', 270.10, 6, '2019-02-12T14:31:01Z');
    insert into indicators (ticker, timestamp, sma9, vwap, created_at) values
        ('QQQ', '2019-02-11T14:30:00Z', null, 168.01, '2019-02-11T14:31:02Z'),
        ('QQQ', '2019-02-11T14:31:00Z', 0.10, 99999999.99, null),
        ('QQQ', '2019-02-12T14:30:00Z', 168.03, null, '2019-02-12T14:30:01Z'),
        ('QQQ', '2019-02-12T14:30:07Z', 168.04, 168.05, '2019-02-12T14:30:08Z'),
        ('IWM', '2019-02-12T14:30:30Z', 1.01, 1.02, '2019-02-12T14:30:31Z');";

/// What a reader of the Python service's tables sees, row by row.
const ROWS_SEEN: &str = "
    select id::text, ticker::text, timestamp::text, price::numeric(10, 2)::text, volume::text, created_at::text
    from equity_data order by id";

const INDICATORS_SEEN: &str = "
    select id::text, ticker::text, timestamp::text, sma9::numeric(10, 2)::text, vwap::numeric(10, 2)::text, created_at::text
    from indicators order by id";

/// Columns, defaults and constraints, in an order that does not depend on when a column came.
const SCHEMA: &str = "
    select relname::text, attname::text, format_type(atttypid, atttypmod), attnotnull::text,
           pg_get_expr(adbin, adrelid)
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0
      and (relname, attname) <> ('indicators', 'id')
    union all
    select conrelid::regclass::text, conname::text, pg_get_constraintdef(oid), null, null
    from pg_constraint where connamespace = 'public'::regnamespace
    union all
    select tablename::text, policyname::text, cmd, roles::text, qual from pg_policies where schemaname = 'public'
    union all
    select tablename::text, indexname::text, indexdef, null, null from pg_indexes where schemaname = 'public'
    order by 1, 2, 3";

async fn adopt(legacy: &str) -> Fixture {
    let fixture = Fixture::empty(Engine::Postgres).await;
    fixture.execute(legacy).await.unwrap();
    fixture.execute(ROWS).await.unwrap();
    fixture
}

#[tokio::test]
async fn nothing_is_lost() {
    for legacy in [WITH_CONSTRAINTS, WITH_INDEXES] {
        let fixture = adopt(legacy).await;
        let rows = fixture.query(ROWS_SEEN).await.unwrap();
        let indicators = fixture.query(INDICATORS_SEEN).await.unwrap();

        fixture.store.migrate().await.unwrap();

        // Where nobody had noted when a row was stored, the moment of adoption stands.
        let without_new_stamps = |before: &[Vec<Option<String>>], mut after: Vec<Vec<Option<String>>>| {
            for (before, after) in before.iter().zip(&mut after) {
                assert!(after[5].is_some());
                if before[5].is_none() {
                    after[5] = None;
                }
            }
            after
        };
        let after = fixture.query(ROWS_SEEN).await.unwrap();
        assert_eq!(without_new_stamps(&rows, after), rows);
        assert_eq!(rows.len(), 7);
        let after = fixture.query(INDICATORS_SEEN).await.unwrap();
        assert_eq!(without_new_stamps(&indicators, after), indicators);
        assert_eq!(indicators.len(), 5);
    }
}

#[tokio::test]
async fn minutes_and_seconds_are_told_apart_by_day_in_new_york() {
    for legacy in [WITH_CONSTRAINTS, WITH_INDEXES] {
        let fixture = adopt(legacy).await;
        fixture.store.migrate().await.unwrap();

        let lines = fixture
            .query(
                "select ticker, bar_seconds::text, source, (open = price and high = price and low = price)::text \
                 from equity_data order by id",
            )
            .await
            .unwrap();
        let line = |ticker: &str, bar_seconds: &str| {
            [ticker, bar_seconds, "legacy", "true"].map(|text| Some(text.to_owned())).to_vec()
        };
        let expected =
            [("QQQ", "60"), ("QQQ", "60"), ("QQQ", "60"), ("QQQ", "1"), ("QQQ", "1"), ("QQQ", "1"), ("SPY", "60")];
        assert_eq!(lines, expected.map(|(ticker, bar_seconds)| line(ticker, bar_seconds)));

        let lines = fixture.query("select ticker, bar_seconds::text, rule from indicators order by id").await.unwrap();
        let expected = [("QQQ", "60"), ("QQQ", "60"), ("QQQ", "1"), ("QQQ", "1"), ("IWM", "1")];
        let expected = expected
            .map(|(ticker, bar_seconds)| [ticker, bar_seconds, "legacy"].map(|text| Some(text.to_owned())).to_vec());
        assert_eq!(lines, expected);
    }
}

#[tokio::test]
async fn adopted_tables_are_like_new_ones() {
    let fresh = Fixture::new(Engine::Postgres).await.query(SCHEMA).await.unwrap();
    assert!(fresh.len() > 100);
    for legacy in [WITH_CONSTRAINTS, WITH_INDEXES] {
        let fixture = adopt(legacy).await;
        fixture.store.migrate().await.unwrap();
        let adopted = fixture.query(SCHEMA).await.unwrap();
        let missing: Vec<_> = fresh.iter().filter(|line| !adopted.contains(line)).collect();
        let surplus: Vec<_> = adopted.iter().filter(|line| !fresh.contains(line)).collect();
        assert!(missing.is_empty() && surplus.is_empty(), "missing: {missing:#?}\nsurplus: {surplus:#?}");
    }
}

#[tokio::test]
async fn the_store_works_on_adopted_tables() {
    for legacy in [WITH_CONSTRAINTS, WITH_INDEXES] {
        let fixture = adopt(legacy).await;
        fixture.store.migrate().await.unwrap();
        let range = at(OPEN_MS)..at(OPEN_MS + 61_000);

        let rows = fixture.store.rows(&ticker("QQQ"), range.clone()).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].bar.close, rows[0].bar.low), (price(168_010_000), price(168_010_000)));
        assert_eq!((rows[0].bar_seconds, rows[0].source), (Interval::MINUTE, Source::Legacy));
        let indicators = fixture.store.indicators(&ticker("QQQ"), Interval::MINUTE, range.clone()).await.unwrap();
        assert_eq!(indicators[0].values, indicator(OPEN_MS, None, Some(168.01)));
        assert_eq!(indicators[1].values, indicator(OPEN_MS + 60_000, Some(0.1), Some(99_999_999.99)));
        assert!(indicators.iter().all(|indicator| indicator.rule.is_none()));

        // A price of six decimals, a second series at the same moments, and values that two decimals would lose.
        let revised = Row { bar_seconds: Interval::MINUTE, ..row(OPEN_MS, 168_012_345) };
        let third = Some(1.0 / 3.0);
        let batch = Batch {
            rows: vec![revised],
            indicators: vec![
                (Interval::SECOND, Rule::Close, vec![indicator(OPEN_MS, third, third)]),
                (Interval::MINUTE, Rule::Close, vec![indicator(OPEN_MS, None, third)]),
            ],
            ..Batch::new(ticker("QQQ"))
        };
        fixture.store.write(&batch).await.unwrap();
        assert_eq!(fixture.store.rows(&ticker("QQQ"), range.clone()).await.unwrap()[0], revised);
        let seconds = fixture.store.indicators(&ticker("QQQ"), Interval::SECOND, range.clone()).await.unwrap();
        assert_eq!((seconds[0].values.sma9, seconds[0].rule), (third, Some(Rule::Close)));
        let minutes = fixture.store.indicators(&ticker("QQQ"), Interval::MINUTE, range).await.unwrap();
        assert_eq!((minutes[0].values.vwap, minutes[0].rule), (third, Some(Rule::Close)));
    }
}

#[tokio::test]
async fn half_of_the_tables_and_strange_keys_are_adopted_too() {
    let only_rows = WITH_CONSTRAINTS.split("create table public.indicators").next().unwrap();
    let descending = "
        create table equity_data (
            id bigserial primary key, ticker text not null, timestamp timestamptz not null,
            price numeric(10, 2) not null, volume bigint not null, created_at timestamptz default now());
        create unique index idx_equity_data_ticker_timestamp on equity_data (ticker, timestamp desc);";
    let no_key = "
        create table equity_data (
            id bigserial primary key, ticker text not null, timestamp timestamptz not null,
            price numeric(10, 2) not null, volume bigint not null, created_at timestamptz default now());
        create index idx_equity_data_ticker_timestamp on equity_data (ticker, timestamp);";
    for legacy in [only_rows, descending, no_key] {
        let fixture = Fixture::empty(Engine::Postgres).await;
        fixture.execute(legacy).await.unwrap();
        fixture.execute(ROWS.split("insert into indicators").next().unwrap()).await.unwrap();

        fixture.store.migrate().await.unwrap();

        fixture.store.write(&full_batch()).await.unwrap();
        assert_eq!(fixture.store.rows(&ticker("SPY"), ALWAYS).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_older_metrics_table_is_kept_under_another_name() {
    let fixture = Fixture::empty(Engine::Postgres).await;
    let legacy = "
        create table streaming_metrics (id bigserial primary key, ticker varchar(10), records_processed integer);
        insert into streaming_metrics (ticker, records_processed) values ('QQQ', 42);
        create function get_streaming_health(p_ticker varchar) returns table (status text)
            language sql as 'select ''fine''::text';";
    fixture.execute(legacy).await.unwrap();

    fixture.store.migrate().await.unwrap();

    let kept = fixture.query("select records_processed::text from streaming_metrics_legacy").await.unwrap();
    assert_eq!(kept, [[Some("42".to_owned())]]);
    let health = fixture.query("select status from get_streaming_health('QQQ')").await.unwrap();
    assert_eq!(health, [[Some("no-data".to_owned())]]);
}
