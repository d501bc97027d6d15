//! Who may do what on PostgreSQL, tried as each role in a cluster of the test's own, since roles are a cluster's.

use alpha_kite::store::{DatabaseUrl, open};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, postgres::PgConnection};

use crate::support::*;

const MARKET_TABLES: [&str; 6] =
    ["equity_data", "indicators", "signals", "gaps", "session_digests", "streaming_metrics"];

/// Supabase's roles, and its habit of granting them everything on whatever is created.
const SUPABASE: &str = "
    create role anon nologin noinherit;
    create role authenticated nologin noinherit;
    create role service_role nologin noinherit bypassrls;";

const DEFAULT_GRANTS: &str = "
    grant usage on schema public to anon, authenticated, service_role;
    alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
    alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
    alter default privileges in schema public grant all on functions to anon, authenticated, service_role;";

/// A table that the Python service left, on Supabase.
const LEGACY: &str = r#"
    create table equity_data (
        id bigserial primary key, ticker text not null, timestamp timestamptz not null,
        price numeric(10, 2) not null, volume bigint not null, created_at timestamptz default now());
    create unique index idx_equity_data_ticker_timestamp on equity_data (ticker, timestamp);
    alter table equity_data enable row level security;
    create policy "Public read access" on equity_data for select using (true);
    create policy "Anyone may add" on equity_data for insert with check (true);
    create table streaming_metrics (id bigserial primary key, ticker text);"#;

/// One statement of every kind that writes, for a table.
fn writes(table: &str) -> [String; 6] {
    [
        format!("insert into {table} select * from {table}"),
        format!("update {table} set ticker = ticker"),
        format!("delete from {table}"),
        format!("truncate {table}"),
        format!(
            "create trigger t before insert on {table} for each row execute function suppress_redundant_updates_trigger()"
        ),
        format!("alter table {table} disable row level security"),
    ]
}

/// Runs a statement as a role; nothing of it stays. The error is the database's text.
async fn run_as(connection: &mut PgConnection, role: &str, sql: &str) -> Result<u64, String> {
    let mut transaction = connection.begin().await.unwrap();
    transaction.execute(AssertSqlSafe(format!("set local role {role}"))).await.unwrap();
    let result = transaction.execute(AssertSqlSafe(sql.to_owned())).await;
    transaction.rollback().await.unwrap();
    result.map(|result| result.rows_affected()).map_err(|error| error.to_string())
}

async fn check_roles(connection: &mut PgConnection) {
    for role in ["anon", "authenticated"] {
        for table in MARKET_TABLES {
            let read = run_as(connection, role, &format!("select * from {table}")).await;
            assert!(read.is_ok(), "{role} {table}: {read:?}");
            for write in writes(table) {
                let error = run_as(connection, role, &write).await.expect_err(&write);
                let is_refused = error.contains("permission denied") || error.contains("must be owner");
                assert!(is_refused, "{role} {write}: {error}");
            }
        }
        assert_eq!(run_as(connection, role, "select * from equity_data").await, Ok(100));
        assert_eq!(run_as(connection, role, "select * from get_streaming_health('QQQ')").await, Ok(1));
        for hidden in [
            "select * from alpha_kite_migrations",
            "select * from leases",
            "select require_lease('streamer', 'nobody', 1)",
            "select nextval('equity_data_id_seq')",
            "insert into equity_data (ticker, timestamp, price, volume, open, high, low, bar_seconds, source) \
             values ('QQQ', now(), 1, 1, 1, 1, 1, 1, 'stream')",
        ] {
            let error = run_as(connection, role, hidden).await.expect_err(hidden);
            assert!(error.contains("permission denied"), "{role} {hidden}: {error}");
        }
    }

    for table in MARKET_TABLES {
        for (index, write) in writes(table).iter().enumerate() {
            let result = run_as(connection, "service_role", write).await;
            match (table, index) {
                // A second row of a key, so the write itself was let through.
                ("equity_data" | "indicators" | "session_digests" | "signals", 0) => {
                    assert!(result.as_ref().is_err_and(|error| error.contains("duplicate key")), "{write}: {result:?}");
                }
                (_, 0) => assert_eq!(result, Ok(0), "{write}"),
                ("signals", _) | (_, 3..) => {
                    let error = result.expect_err(write);
                    let is_refused =
                        ["permission denied", "must be owner", "append-only"].iter().any(|text| error.contains(text));
                    assert!(is_refused, "{write}: {error}");
                }
                _ => assert!(result.is_ok(), "{write}: {result:?}"),
            }
        }
    }
    let added = run_as(
        connection,
        "service_role",
        "insert into equity_data (ticker, timestamp, price, volume, open, high, low, bar_seconds, source) \
         values ('QQQ', now(), 1, 1, 1, 1, 1, 1, 'stream')",
    );
    assert_eq!(added.await, Ok(1));
}

#[tokio::test]
async fn readers_read_and_the_service_role_writes() {
    let cluster = Cluster::start();
    cluster.connect("postgres").await.execute(SUPABASE).await.unwrap();

    // With the default grants and without, on new tables and on adopted ones, with and without `bypassrls`.
    for (grants, legacy, bypass) in [
        (DEFAULT_GRANTS, "", "bypassrls"),
        (DEFAULT_GRANTS, LEGACY, "bypassrls"),
        ("grant usage on schema public to anon, authenticated, service_role", "", "nobypassrls"),
    ] {
        let database = cluster.create_database().await;
        let mut connection = cluster.connect(&database).await;
        connection.execute(AssertSqlSafe(format!("alter role service_role {bypass}"))).await.unwrap();
        connection.execute(AssertSqlSafe(grants.to_owned())).await.unwrap();
        connection.execute(AssertSqlSafe(legacy.to_owned())).await.unwrap();
        let url: DatabaseUrl = cluster.url("postgres", &database).parse().unwrap();
        let store = open(&url).await.unwrap();
        store.migrate().await.unwrap();
        store.write(&full_batch()).await.unwrap();

        check_roles(&mut connection).await;

        let open_tables = "select 1 from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and not relrowsecurity";
        assert_eq!(connection.execute(open_tables).await.unwrap().rows_affected(), 0);
        if !legacy.is_empty() {
            for role in ["anon", "authenticated"] {
                let error = run_as(&mut connection, role, "select * from streaming_metrics_legacy").await.unwrap_err();
                assert!(error.contains("permission denied"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn the_owner_need_not_be_a_superuser() {
    let cluster = Cluster::start();
    let mut superuser = cluster.connect("postgres").await;
    superuser.execute("create role kite login; create role stranger login").await.unwrap();
    superuser.execute("create database kite owner kite").await.unwrap();
    let url: DatabaseUrl = cluster.url("kite", "kite").parse().unwrap();
    let store = open(&url).await.unwrap();
    store.migrate().await.unwrap();
    store.write(&full_batch()).await.unwrap();
    assert_eq!(store.rows(&ticker("QQQ"), ALWAYS).await.unwrap(), full_batch().rows);

    // Without Supabase's roles nobody is let in who was not named.
    let mut stranger = PgConnection::connect(&cluster.url("stranger", "kite")).await.unwrap();
    for table in MARKET_TABLES {
        let error = stranger.execute(AssertSqlSafe(format!("select * from {table}"))).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{table}: {error}");
    }
    let mut owner = PgConnection::connect(&cluster.url("kite", "kite")).await.unwrap();
    for statement in ["update signals set price = 1", "delete from signals", "truncate signals"] {
        let error = owner.execute(statement).await.unwrap_err().to_string();
        assert!(error.contains("signals is append-only"), "{statement}: {error}");
    }
    let roles = superuser.execute("select 1 from pg_roles where rolname in ('anon', 'authenticated', 'service_role')");
    assert_eq!(roles.await.unwrap().rows_affected(), 0);
}
