//! How a database comes to its tables.

use alpha_kite::store::{MigrationError, StoreError, open};
use alpha_kite_core::Interval;

use crate::support::*;

on_engines! { sqlite Sqlite, postgres Postgres, pooler Pooler:
    an_empty_database_asks_for_migrate
    migrating_twice_does_nothing
    two_processes_migrate_at_once
    changed_and_unknown_migrations_are_refused
}

async fn an_empty_database_asks_for_migrate(engine: Engine) {
    let fixture = Fixture::empty(engine).await;
    let day = date("2019-02-11");
    let errors = [
        fixture.store.rows(&ticker("QQQ"), ALWAYS).await.unwrap_err(),
        fixture.store.first_row_from(&ticker("QQQ"), at(0)).await.unwrap_err(),
        fixture.store.indicators(&ticker("QQQ"), Interval::SECOND, ALWAYS).await.unwrap_err(),
        fixture.store.events(&ticker("QQQ"), None, ALWAYS).await.unwrap_err(),
        fixture.store.digests(&ticker("QQQ"), day, day).await.unwrap_err(),
        fixture.store.tickers().await.unwrap_err(),
        fixture.store.write(&full_batch()).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::NotMigrated { .. }), "{error:?}");
        assert!(error.to_string().ends_with("is not ready: run `alpha-kite migrate`"), "{error}");
    }
}

async fn migrating_twice_does_nothing(engine: Engine) {
    let fixture = Fixture::empty(engine).await;
    let first = fixture.store.migrate().await.unwrap();
    assert_eq!(first.already, 0);
    assert!(first.applied.is_sorted_by_key(|applied| applied.version));
    assert_eq!(first.applied[1].description, "create signals");
    let before = fixture.dump().await;

    let second = fixture.store.migrate().await.unwrap();

    assert_eq!(second.already, first.applied.len());
    assert!(second.applied.is_empty());
    assert_eq!(fixture.dump().await, before);
}

async fn two_processes_migrate_at_once(engine: Engine) {
    let fixture = Fixture::empty(engine).await;
    let mut migrations = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let url = fixture.url.clone();
        migrations.spawn(async move { open(&url).await.unwrap().migrate().await.unwrap() });
    }
    let migrated = migrations.join_all().await;
    let all = migrated.iter().map(|migrated| migrated.applied.len() + migrated.already).max().unwrap();
    let applied: Vec<_> = migrated.iter().filter(|migrated| !migrated.applied.is_empty()).collect();
    assert_eq!(applied.len(), 1, "{migrated:?}");
    assert!(migrated.iter().all(|migrated| migrated.applied.len() + migrated.already == all));
}

async fn changed_and_unknown_migrations_are_refused(engine: Engine) {
    let fixture = Fixture::new(engine).await;
    fixture
        .execute(
            "insert into alpha_kite_migrations (version, description, checksum) values (99991231000000, 'x', '00')",
        )
        .await
        .unwrap();
    let error = fixture.store.migrate().await.unwrap_err();
    assert!(
        matches!(error, StoreError::Migration { source: MigrationError::Unknown { version: 99_991_231_000_000 }, .. }),
        "{error:?}"
    );

    fixture.execute("delete from alpha_kite_migrations where version = 99991231000000").await.unwrap();
    fixture
        .execute("update alpha_kite_migrations set checksum = '00' where description = 'create gaps'")
        .await
        .unwrap();
    let error = fixture.store.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::Migration { source: MigrationError::Changed { .. }, .. }), "{error:?}");

    // A migration that fails takes those before it along: nothing of it stays.
    let fixture = Fixture::empty(engine).await;
    fixture.store.migrate().await.unwrap();
    fixture.execute("delete from alpha_kite_migrations where description <> 'adopt market tables'").await.unwrap();
    fixture.execute("drop table session_digests").await.unwrap();
    let error = fixture.store.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::Migration { source: MigrationError::Failed { .. }, .. }), "{error:?}");
    assert!(error.to_string().contains("already exists"), "{error}");
    assert!(fixture.query("select 1 from session_digests").await.is_err());
}
