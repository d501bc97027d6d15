use std::fmt;
use std::str::FromStr;

use alpha_kite_core::{Date, Error, Ticker};

use super::Failure;
use crate::config::{Config, Origin, Settings};
use crate::days::DateRange;
use crate::store::{self, Store, StoreError};

/// Where the data is: an option of every command.
#[derive(Debug, clap::Args)]
pub(super) struct Connection {
    /// The database: sqlite://path or postgres://user:password@host:port/database [env: DATABASE_URL] [default:
    /// sqlite://alpha-kite.db]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<HiddenText>,
}

impl Connection {
    /// The settings of the process, with the flag on top.
    pub(super) fn settings(&self) -> Settings {
        let mut settings = Settings::load();
        if let Some(HiddenText(url)) = &self.database_url {
            settings.set("DATABASE_URL".to_owned(), url.clone(), Origin::Flag);
        }
        settings
    }

    /// The configuration; a faulty one is reported whole.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        Config::read(&self.settings()).map_err(Failure::cannot_run)
    }

    /// The store that the configuration names.
    pub(super) async fn open(&self) -> Result<Box<dyn Store>, Failure> {
        Ok(store::open(&self.config()?.database.url).await?)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::cannot_run(error)
    }
}

/// Text of an argument that may hold a password. It is parsed later, by code that never repeats it.
#[derive(Clone)]
struct HiddenText(String);

impl FromStr for HiddenText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for HiddenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HiddenText")
    }
}

/// Which instrument.
#[derive(Debug, clap::Args)]
pub(super) struct TickerArg {
    /// The ticker, in any case
    #[arg(long, value_name = "TICKER", value_parser = parse_ticker)]
    pub(super) ticker: Ticker,
}

fn parse_ticker(text: &str) -> Result<Ticker, Error> {
    Ticker::parse(&text.to_ascii_uppercase())
}

/// Which days. All that are stored, if none is given.
#[derive(Debug, clap::Args)]
pub(super) struct DaysArg {
    /// One day in New York, YYYY-MM-DD
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"])]
    date: Option<Date>,
    /// The first day in New York
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day in New York, included
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
}

impl DaysArg {
    pub(super) fn range(&self) -> Result<DateRange, Failure> {
        let from = self.date.or(self.from).unwrap_or(Date::MIN);
        let to = self.date.or(self.to).unwrap_or(Date::MAX);
        check_order(from, to)?;
        Ok(DateRange { from, to })
    }
}

/// Refuses a range that ends before it begins.
pub(super) fn check_order(from: Date, to: Date) -> Result<(), Failure> {
    if from <= to { Ok(()) } else { Err(Failure::cannot_run(format!("--from {from} is after --to {to}"))) }
}
