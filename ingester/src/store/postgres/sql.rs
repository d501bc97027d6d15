//! The text of what is sent to PostgreSQL.
//!
//! Values are written into the statements, since a parameter would cost a prepared statement, which a pooler in
//! transaction mode loses. Only numbers, moments, hex digits and names of this program's own enums are written as
//! they are; every text goes through [`quote`].

use std::fmt::{Display, Write as _};
use std::ops::Range;
use std::time::Duration;

use alpha_kite_core::{Date, Interval, Rule, Ticker, Timestamp};

use crate::store::batch::{SERVICE, is_storable};
use crate::store::{Batch, Gap, IndicatorRow, Report, Row, SignalEvent, StoredDigest, Tenure};

/// The moment of `column` in whole milliseconds since 1970-01-01T00:00:00Z.
pub(super) const TIMESTAMP_MS: &str = "floor(extract(epoch from timestamp) * 1000)::bigint";

/// The statements that store batches of different tickers, if the tenure lasts. Sent as one message they are one
/// transaction.
///
/// Rows of all tickers go into one statement, since planning a statement costs more than a row.
pub(super) fn write(tenure: Option<&Tenure>, batches: &[Batch]) -> String {
    let mut sql = String::new();
    if let Some(Tenure { lease, holder, number }) = tenure {
        write_sql(&mut sql, format_args!("select require_lease({}, {}, {number});\n", quote(lease), quote(holder)));
    }
    for batch in batches {
        delete_rows(&mut sql, batch);
        delete_indicators(&mut sql, batch);
        delete_digests(&mut sql, batch);
    }
    let rows: Vec<_> = each(batches, |batch| &batch.rows).collect();
    if !rows.is_empty() {
        insert_rows(&mut sql, &rows);
    }
    let indicators: Vec<_> = each(batches, |batch| &batch.indicators)
        .flat_map(|(ticker, (interval, rule, rows))| rows.iter().map(move |row| (ticker, *interval, *rule, row)))
        .collect();
    if !indicators.is_empty() {
        insert_indicators(&mut sql, &indicators);
    }
    let events: Vec<_> = each(batches, |batch| &batch.events).map(|(_, event)| event).collect();
    if !events.is_empty() {
        insert_events(&mut sql, &events);
    }
    let digests: Vec<_> = each(batches, |batch| &batch.digests).collect();
    if !digests.is_empty() {
        insert_digests(&mut sql, &digests);
    }
    for (_, gap) in each(batches, |batch| &batch.gaps) {
        insert_gap(&mut sql, gap);
    }
    sql
}

/// The entries of one list of every batch, each with its ticker.
fn each<'a, T: 'a>(
    batches: &'a [Batch],
    list: impl Fn(&'a Batch) -> &'a Vec<T>,
) -> impl Iterator<Item = (&'a Ticker, &'a T)> {
    batches.iter().flat_map(move |batch| list(batch).iter().map(|entry| (&batch.ticker, entry)))
}

/// The statement that adds what the service says of itself.
pub(super) fn report(reports: &[Report]) -> String {
    let mut sql = String::from(
        "insert into streaming_metrics (service, ticker, recorded_at, rows_written, batch_latency_ms, \
         processing_latency_ms, errors, status) values ",
    );
    for (index, report) in reports.iter().enumerate() {
        let Report { ticker, recorded_at, rows_written, batch_latency_ms, processing_latency_ms, errors, status } =
            report;
        write_sql(
            &mut sql,
            format_args!(
                "{}({}, {}, {}, {rows_written}, {}, {}, {errors}, {})",
                if index == 0 { "" } else { ", " },
                quote(SERVICE),
                quote(ticker.as_str()),
                moment(*recorded_at),
                Double(*batch_latency_ms),
                Double(*processing_latency_ms),
                quote(status),
            ),
        );
    }
    sql.push_str(" on conflict (service, ticker, recorded_at) do nothing");
    sql
}

/// The statement that takes a lease that is free, has run out or is the holder's own, and gives its tenure. The texts are
/// literals.
pub(super) fn take_lease(name: &str, holder: &str, length: Duration) -> String {
    format!(
        "insert into leases as held (name, holder, expires_at, tenure) \
         values ({name}, {holder}, now() + interval '{} milliseconds', 1) \
         on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at, \
         tenure = held.tenure + case when held.holder = excluded.holder then 0 else 1 end \
         where held.holder = excluded.holder or held.expires_at <= now() returning tenure",
        length.as_millis(),
    )
}

/// `timestamp` in a half-open range.
pub(super) fn in_range(range: &Range<Timestamp>) -> String {
    format!("timestamp >= {} and timestamp < {}", moment(range.start), moment(range.end))
}

/// A moment as a literal; one outside what can be stored as the infinity on its side.
pub(super) fn moment(timestamp: Timestamp) -> String {
    let text = match is_storable(timestamp) {
        true => timestamp.to_string(),
        false if timestamp.as_millis() < 0 => "-infinity".to_owned(),
        false => "infinity".to_owned(),
    };
    format!("timestamptz '{text}'")
}

/// A date as a literal.
pub(super) fn day(date: Date) -> String {
    format!("date '{date}'")
}

/// A text as a literal, whatever it holds and however the server reads backslashes.
pub(super) fn quote(text: &str) -> String {
    // PostgreSQL's texts hold no NUL, and no text of this program does.
    let text = text.replace('\0', "").replace('\'', "''");
    match text.contains('\\') {
        true => format!(" E'{}'", text.replace('\\', "\\\\")),
        false => format!("'{text}'"),
    }
}

fn delete_rows(sql: &mut String, batch: &Batch) {
    if batch.delete_rows.is_empty() {
        return;
    }
    let ranges: Vec<String> = batch.delete_rows.iter().map(|range| format!("({})", in_range(range))).collect();
    let kept = array("timestamptz", batch.rows.iter().map(|row| row.bar.start));
    write_sql(
        sql,
        format_args!(
            "delete from equity_data where ticker = {} and ({}) \
             and timestamp not in (select unnest({kept}));\n",
            quote(batch.ticker.as_str()),
            ranges.join(" or "),
        ),
    );
}

fn insert_rows(sql: &mut String, rows: &[(&Ticker, &Row)]) {
    let bars = || rows.iter().map(|(_, row)| &row.bar);
    write_sql(
        sql,
        format_args!(
            "insert into equity_data as stored (ticker, timestamp, price, volume, open, high, low, bar_seconds, source) \
             select ticker, start, close * 0.000001, volume, open * 0.000001, high * 0.000001, low * 0.000001, bar_seconds, \
             source from unnest({}, {}, {}, {}, {}, {}, {}, {}, {}) \
             as batch (ticker, start, open, high, low, close, volume, bar_seconds, source) \
             on conflict (ticker, timestamp) do update set \
             price = excluded.price, volume = excluded.volume, open = excluded.open, high = excluded.high, \
             low = excluded.low, bar_seconds = excluded.bar_seconds, source = excluded.source \
             where (stored.price, stored.volume, stored.open, stored.high, stored.low, stored.bar_seconds, stored.source) \
             is distinct from (excluded.price, excluded.volume, excluded.open, excluded.high, excluded.low, \
             excluded.bar_seconds, excluded.source);\n",
            tickers(rows.iter().map(|(ticker, _)| *ticker)),
            array("timestamptz", bars().map(|bar| bar.start)),
            array("bigint", bars().map(|bar| bar.open.as_micros())),
            array("bigint", bars().map(|bar| bar.high.as_micros())),
            array("bigint", bars().map(|bar| bar.low.as_micros())),
            array("bigint", bars().map(|bar| bar.close.as_micros())),
            array("bigint", bars().map(|bar| bar.volume.get())),
            array("integer", rows.iter().map(|(_, row)| row.bar_seconds.as_seconds())),
            array("text", rows.iter().map(|(_, row)| row.source.as_str())),
        ),
    );
}

fn delete_indicators(sql: &mut String, batch: &Batch) {
    for (interval, range) in &batch.delete_indicators {
        let kept = batch.indicators.iter().filter(|(series, ..)| series == interval).flat_map(|(.., rows)| rows);
        write_sql(
            sql,
            format_args!(
                "delete from indicators where ticker = {} and bar_seconds = {} and {} \
                 and timestamp not in (select unnest({}));\n",
                quote(batch.ticker.as_str()),
                interval.as_seconds(),
                in_range(range),
                array("timestamptz", kept.map(|row| row.start)),
            ),
        );
    }
}

fn insert_indicators(sql: &mut String, rows: &[(&Ticker, Interval, Rule, &IndicatorRow)]) {
    write_sql(
        sql,
        format_args!(
            "insert into indicators as stored (ticker, timestamp, bar_seconds, sma9, vwap, rule) \
             select ticker, start, bar_seconds, sma9, vwap, rule from unnest({}, {}, {}, {}, {}, {}) \
             as batch (ticker, start, bar_seconds, sma9, vwap, rule) \
             on conflict (ticker, bar_seconds, timestamp) do update set \
             sma9 = excluded.sma9, vwap = excluded.vwap, rule = excluded.rule \
             where (stored.sma9, stored.vwap, stored.rule) is distinct from (excluded.sma9, excluded.vwap, excluded.rule);\n",
            tickers(rows.iter().map(|(ticker, ..)| *ticker)),
            array("timestamptz", rows.iter().map(|(.., row)| row.start)),
            array("integer", rows.iter().map(|(_, interval, ..)| interval.as_seconds())),
            array("double precision", rows.iter().map(|(.., row)| Double(row.sma9))),
            array("double precision", rows.iter().map(|(.., row)| Double(row.vwap))),
            array("text", rows.iter().map(|(_, _, rule, _)| rule.name())),
        ),
    );
}

fn insert_events(sql: &mut String, events: &[&SignalEvent]) {
    write_sql(
        sql,
        format_args!(
            "insert into signals (id, seq, event, ticker, bar_seconds, timestamp, direction, price, sma9, vwap, rule, late, recorded_at) \
             select id, seq, event, ticker, bar_seconds, start, direction, price * 0.000001, sma9, vwap, rule, late, recorded_at \
             from unnest({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}) \
             as batch (ticker, id, seq, event, bar_seconds, start, direction, price, sma9, vwap, rule, late, recorded_at) \
             on conflict (id, seq) do nothing;\n",
            tickers(events.iter().map(|event| &event.ticker)),
            array("text", events.iter().map(|event| event.id)),
            array("integer", events.iter().map(|event| event.seq)),
            array("text", events.iter().map(|event| event.event.as_str())),
            array("integer", events.iter().map(|event| event.bar_seconds.as_seconds())),
            array("timestamptz", events.iter().map(|event| event.timestamp)),
            array("text", events.iter().map(|event| event.direction.as_str())),
            array("bigint", events.iter().map(|event| event.price.as_micros())),
            array("double precision", events.iter().map(|event| Double(Some(event.sma9)))),
            array("double precision", events.iter().map(|event| Double(Some(event.vwap)))),
            array("text", events.iter().map(|event| event.rule.name())),
            array("boolean", events.iter().map(|event| event.late)),
            array("timestamptz", events.iter().map(|event| event.recorded_at)),
        ),
    );
}

fn delete_digests(sql: &mut String, batch: &Batch) {
    for &(date, interval) in &batch.delete_digests {
        if batch.digests.iter().any(|digest| (digest.date, digest.bar_seconds) == (date, interval)) {
            continue;
        }
        write_sql(
            sql,
            format_args!(
                "delete from session_digests where ticker = {} and date = {} and bar_seconds = {};\n",
                quote(batch.ticker.as_str()),
                day(date),
                interval.as_seconds(),
            ),
        );
    }
}

fn insert_digests(sql: &mut String, digests: &[(&Ticker, &StoredDigest)]) {
    let column = || digests.iter().map(|(_, digest)| digest);
    write_sql(
        sql,
        format_args!(
            "insert into session_digests as stored (ticker, date, bar_seconds, rule, bars, crosses, digest, row_digest) \
             select * from unnest({}, {}, {}, {}, {}, {}, {}, {}) \
             on conflict (ticker, date, bar_seconds) do update set \
             rule = excluded.rule, bars = excluded.bars, crosses = excluded.crosses, digest = excluded.digest, \
             row_digest = excluded.row_digest, updated_at = excluded.updated_at \
             where (stored.rule, stored.bars, stored.crosses, stored.digest, stored.row_digest) \
             is distinct from (excluded.rule, excluded.bars, excluded.crosses, excluded.digest, excluded.row_digest);\n",
            tickers(digests.iter().map(|(ticker, _)| *ticker)),
            array("date", column().map(|digest| digest.date)),
            array("integer", column().map(|digest| digest.bar_seconds.as_seconds())),
            array("text", column().map(|digest| digest.rule.name())),
            array("integer", column().map(|digest| digest.rows)),
            array("integer", column().map(|digest| digest.crosses)),
            array("text", column().map(|digest| digest.digest)),
            array("text", column().map(|digest| digest.row_digest)),
        ),
    );
}

fn insert_gap(sql: &mut String, gap: &Gap) {
    let optional = |timestamp: Option<Timestamp>| timestamp.map_or("null".to_owned(), moment);
    write_sql(
        sql,
        format_args!(
            "insert into gaps (ticker, started_at, ended_at, cause, state, shares_missed, rows_added, detail, detected_at, \
             repaired_at) values ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}) \
             on conflict (ticker, started_at) do update set ended_at = excluded.ended_at, cause = excluded.cause, \
             state = excluded.state, shares_missed = excluded.shares_missed, rows_added = excluded.rows_added, \
             detail = excluded.detail, detected_at = excluded.detected_at, repaired_at = excluded.repaired_at;\n",
            quote(gap.ticker.as_str()),
            moment(gap.started_at),
            optional(gap.ended_at),
            quote(&gap.cause),
            quote(gap.state.as_str()),
            gap.shares_missed.map_or("null".to_owned(), |shares| shares.to_string()),
            gap.rows_added,
            gap.detail.as_deref().map_or("null".to_owned(), quote),
            moment(gap.detected_at),
            optional(gap.repaired_at),
        ),
    );
}

/// A finite double in the shortest digits that read back as the same bits, or null.
struct Double(Option<f64>);

impl Display for Double {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            // Debug changes to an exponent where plain digits would fill a line.
            Some(value) => write!(f, "{value:?}"),
            None => f.write_str("null"),
        }
    }
}

/// An array literal of values whose text needs no quotes inside braces.
fn array(of: &str, values: impl Iterator<Item = impl Display>) -> String {
    let mut text = String::from("'{");
    for (index, value) in values.enumerate() {
        let separator = if index == 0 { "" } else { "," };
        write_sql(&mut text, format_args!("{separator}{value}"));
    }
    text.push_str("}'::");
    text.push_str(of);
    text.push_str("[]");
    text
}

/// An array literal of tickers, which may hold any printable character.
fn tickers<'a>(values: impl Iterator<Item = &'a Ticker>) -> String {
    let quoted: Vec<String> =
        values.map(|ticker| format!("\"{}\"", ticker.as_str().replace('\\', "\\\\").replace('"', "\\\""))).collect();
    format!("{}::text[]", quote(&format!("{{{}}}", quoted.join(","))))
}

fn write_sql(sql: &mut String, text: std::fmt::Arguments<'_>) {
    sql.write_fmt(text).expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_close_no_literal() {
        for (text, quoted) in [
            ("QQQ", "'QQQ'"),
            ("", "''"),
            ("A'; DROP TABLE SIGNALS; --", "'A''; DROP TABLE SIGNALS; --'"),
            ("A\\'", " E'A\\\\'''"),
            ("$$\"{},", "'$$\"{},'"),
            ("A\0'", "'A'''"),
        ] {
            assert_eq!(quote(text), quoted);
        }
    }

    #[test]
    fn moments_outside_what_is_storable_are_infinite() {
        for (millis, literal) in [
            (i64::MIN, "timestamptz '-infinity'"),
            (-62_135_596_800_001, "timestamptz '-infinity'"),
            (-62_135_596_800_000, "timestamptz '0001-01-01T00:00:00Z'"),
            (1_549_895_400_123, "timestamptz '2019-02-11T14:30:00.123Z'"),
            (253_402_300_799_999, "timestamptz '9999-12-31T23:59:59.999Z'"),
            (i64::MAX, "timestamptz 'infinity'"),
        ] {
            assert_eq!(moment(Timestamp::from_millis(millis)), literal);
        }
    }

    #[test]
    fn doubles_are_short_and_read_back() {
        for value in [0.1 + 0.2, 598.123_456_7, 1e7, 1e-6, 5e-324, f64::MAX, f64::MIN_POSITIVE] {
            let text = Double(Some(value)).to_string();
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits());
            assert!(text.len() < 25, "{text}");
        }
        assert_eq!(Double(None).to_string(), "null");
    }
}
