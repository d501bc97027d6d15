//! What both stores promise, each on its real engine, PostgreSQL directly and through a pooler in transaction mode.

mod batches;
mod leases;
mod lookups;
mod migrations;
mod records;
mod values;
