//! What only a SQLite file can do wrong.

use alpha_kite::store::{DatabaseUrl, StoreError, open};
use tempfile::TempDir;

use crate::support::*;

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = TempDir::new().unwrap();
    let url = DatabaseUrl::sqlite(folder.path().join("no/such/rows.db"));
    let error = open(&url).await.map(drop).unwrap_err();
    assert!(matches!(error, StoreError::FolderMissing { .. }), "{error:?}");
    assert!(error.to_string().ends_with("no/such of the database file does not exist"), "{error}");
}

#[tokio::test]
async fn only_migrate_creates_the_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.db");
    let store = open(&DatabaseUrl::sqlite(&path)).await.unwrap();

    let error = store.rows(&ticker("QQQ"), ALWAYS).await.unwrap_err();
    assert!(matches!(error, StoreError::NotMigrated { .. }), "{error:?}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);

    store.migrate().await.unwrap();
    assert!(path.exists());
    assert!(store.rows(&ticker("QQQ"), ALWAYS).await.unwrap().is_empty());
}

#[tokio::test]
async fn another_file_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.db");
    let text = "timestamp,price\n".repeat(1000);
    std::fs::write(&path, &text).unwrap();
    let store = open(&DatabaseUrl::sqlite(&path)).await.unwrap();

    for error in [
        store.rows(&ticker("QQQ"), ALWAYS).await.unwrap_err(),
        store.migrate().await.unwrap_err(),
        store.write(&full_batch()).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("file is not a database"), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_folder_is_no_file() {
    let folder = TempDir::new().unwrap();
    let store = open(&DatabaseUrl::sqlite(folder.path())).await.unwrap();
    let error = store.migrate().await.unwrap_err();
    assert!(error.to_string().contains("unable to open database file"), "{error}");
}

#[tokio::test]
async fn the_file_keeps_a_log_that_survives_its_writer() {
    let fixture = Fixture::new(Engine::Sqlite).await;
    let mode = fixture.query("select * from pragma_journal_mode").await.unwrap();
    assert_eq!(mode, [[Some("wal".to_owned())]]);
}
