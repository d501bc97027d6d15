//! What both stores promise, each on its real engine, PostgreSQL directly and through a pooler in transaction mode.

/// One test for each promise and engine.
macro_rules! contract {
    ($($promise:ident)*) => {
        contract!(@engine sqlite, Engine::Sqlite, $($promise)*);
        contract!(@engine postgres, Engine::Postgres, $($promise)*);
        contract!(@engine pooler, Engine::Pooler, $($promise)*);
    };
    (@engine $module:ident, $engine:expr, $($promise:ident)*) => {
        mod $module {
            use super::*;
            $(
                #[tokio::test]
                async fn $promise() {
                    super::$promise($engine).await;
                }
            )*
        }
    };
}

mod batches;
mod leases;
mod lookups;
mod migrations;
mod records;
mod values;
