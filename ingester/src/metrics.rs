//! What the service counts and measures, in the names that Prometheus reads.
//!
//! One [`Metrics`] is shared by all tasks; every number is atomic. `docs/api.md` shows how to read them.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

use crate::hub::TokenState;

/// Upper ends of the buckets of latencies, in seconds.
const LATENCY_BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// All metrics of one service.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Frames that the streamer sent.
    pub frames: Counter,
    /// Items of ticker data in these frames.
    pub items: Counter,
    /// Frames that could not be understood and were skipped.
    pub bad_frames: Counter,
    /// Fields that could not be understood and were skipped.
    pub bad_fields: Counter,
    /// Ticks whose second was closed already and that counted in a later one.
    pub late_ticks: Counter,
    /// Rows that closed.
    pub rows_closed: Counter,
    /// Rows that were committed to the database.
    pub rows_written: Counter,
    /// Transactions that were committed.
    pub commits: Counter,
    /// Seconds from the event that closes a row to its commit.
    pub commit_latency: Histogram,
    /// What waits in a queue.
    pub queue_depth: Family<QueueLabel, Gauge>,
    /// Connections to the streamer after the first.
    pub reconnects: Counter,
    /// Holes found in the stream.
    pub gaps: Counter,
    /// Rows that wait on the local disk while the database is away.
    pub spooled_rows: Gauge,
    /// Requests that were answered, by the class of their status.
    pub http_requests: Family<StatusLabel, Counter>,
    /// Event streams that are open.
    pub http_streams: Gauge,
    token_state: Family<TokenLabel, Gauge>,
    last_row_age: Gauge<f64, std::sync::atomic::AtomicU64>,
}

/// Names a queue between two tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct QueueLabel {
    /// The queue.
    pub queue: Queue,
}

/// The queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// From the socket to the pipeline.
    Stream,
    /// From the pipeline to the writer.
    Write,
}

/// The class of an answer's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StatusLabel {
    /// `2` for 200 to 299, and so on.
    pub class: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabel {
    state: &'static str,
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let mut names = Names(Registry::with_prefix("alpha_kite"));
        let metrics = Self {
            frames: names.add("stream_frames", "Frames that the streamer sent"),
            items: names.add("stream_items", "Items of ticker data in the streamer's frames"),
            bad_frames: names.add("stream_bad_frames", "Frames that could not be understood and were skipped"),
            bad_fields: names.add("stream_bad_fields", "Fields that could not be understood and were skipped"),
            late_ticks: names
                .add("late_ticks", "Ticks whose second was closed already and that counted in a later one"),
            rows_closed: names.add("rows_closed", "Rows that closed"),
            rows_written: names.add("rows_written", "Rows that were committed to the database"),
            commits: names.add("commits", "Transactions that were committed"),
            commit_latency: names.add_with_unit(
                "commit_latency",
                "Time from the event that closes a row to its commit",
                Unit::Seconds,
                Histogram::new(LATENCY_BUCKETS),
            ),
            queue_depth: names.add("queue_depth", "What waits in a queue between two tasks"),
            reconnects: names.add("stream_reconnects", "Connections to the streamer after the first"),
            gaps: names.add("gaps", "Holes found in the stream"),
            spooled_rows: names.add("spooled_rows", "Rows that wait on the local disk while the database is away"),
            http_requests: names.add("http_requests", "Requests that were answered, by the class of their status"),
            http_streams: names.add("http_streams", "Event streams that are open"),
            token_state: names.add("token_state", "1 at the state that the account's tokens are in"),
            last_row_age: names.add_with_unit(
                "last_row_age",
                "Market time since the start of the newest row that closed",
                Unit::Seconds,
                Gauge::default(),
            ),
            registry: names.0,
        };
        metrics.set_token_state(TokenState::None);
        metrics
    }

    /// The gauge of what waits in a queue.
    pub fn queue(&self, queue: Queue) -> Gauge {
        self.queue_depth.get_or_create_owned(&QueueLabel { queue })
    }

    /// Says which state the account's tokens are in.
    pub fn set_token_state(&self, current: TokenState) {
        for state in TokenState::ALL {
            let gauge = self.token_state.get_or_create_owned(&TokenLabel { state: state.as_str() });
            gauge.set(i64::from(state == current));
        }
    }

    /// Says how old the newest committed row is, in seconds of the market's clock.
    pub fn set_last_row_age(&self, seconds: f64) {
        self.last_row_age.set(seconds);
    }

    /// All metrics in the OpenMetrics text format, which Prometheus reads.
    pub fn text(&self) -> String {
        let mut out = String::new();
        text::encode(&mut out, &self.registry).expect("writing to a String cannot fail");
        out
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl EncodeLabelValue for Queue {
    fn encode(&self, encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        let name = match self {
            Self::Stream => "stream",
            Self::Write => "write",
        };
        EncodeLabelValue::encode(&name, encoder)
    }
}

/// Registers metrics as they are made.
struct Names(Registry);

impl Names {
    fn add<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        let metric = M::default();
        self.0.register(name, help, metric.clone());
        metric
    }

    fn add_with_unit<M: Metric + Clone>(&mut self, name: &str, help: &str, unit: Unit, metric: M) -> M {
        self.0.register_with_unit(name, help, unit, metric.clone());
        metric
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_in_the_text_with_its_help() {
        let metrics = Metrics::new();
        metrics.frames.inc_by(3);
        metrics.commit_latency.observe(0.004);
        metrics.queue(Queue::Write).set(7);
        metrics.set_token_state(TokenState::ReauthRequired);
        metrics.set_last_row_age(1.5);
        let text = metrics.text();
        for line in [
            "# HELP alpha_kite_stream_frames Frames that the streamer sent.",
            "alpha_kite_stream_frames_total 3",
            "alpha_kite_commit_latency_seconds_bucket{le=\"0.005\"} 1",
            "alpha_kite_commit_latency_seconds_bucket{le=\"0.002\"} 0",
            "alpha_kite_queue_depth{queue=\"write\"} 7",
            "alpha_kite_token_state{state=\"reauth_required\"} 1",
            "alpha_kite_token_state{state=\"none\"} 0",
            "alpha_kite_last_row_age_seconds 1.5",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line:?} is not in\n{text}");
        }
    }
}
