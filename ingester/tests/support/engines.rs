//! The same tests on every database engine.

/// One test for each behaviour and engine: `on_engines! { sqlite Sqlite, postgres Postgres: first_behaviour second_behaviour }`.
macro_rules! on_engines {
    (: $($behaviour:ident)*) => {};
    ($module:ident $engine:ident $(, $modules:ident $engines:ident)*: $($behaviour:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $behaviour() {
                    super::$behaviour($crate::support::Engine::$engine).await;
                }
            )*
        }
        on_engines! { $($modules $engines),* : $($behaviour)* }
    };
}
pub(crate) use on_engines;
