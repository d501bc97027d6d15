-- What the service says about itself, one line a ticker and interval of reporting. SQLite has no stored
-- functions, so get_streaming_health(ticker) exists on PostgreSQL only.

create table streaming_metrics (
    service               text    not null, -- which process, as 'alpha-kite'
    ticker                text    not null, -- as in equity_data
    recorded_at           integer not null, -- when the line was written, ms
    rows_written          integer not null, -- rows stored since the line before
    batch_latency_ms      real,             -- longest time from a closed row to its commit, ms; null without a batch
    processing_latency_ms real,             -- longest time from a frame's arrival to its closed row, ms; null without a frame
    errors                integer not null, -- failed writes and refused messages since the line before
    status                text    not null, -- 'ok', or one word for what is wrong, as 'reauth-required'
    constraint streaming_metrics_key primary key (service, ticker, recorded_at),
    constraint streaming_metrics_ticker_check check (
        ticker = upper(ticker) and instr(ticker, '|') = 0 and length(ticker) between 1 and 32),
    constraint streaming_metrics_counts_check check (rows_written >= 0 and errors >= 0),
    constraint streaming_metrics_latency_check check (batch_latency_ms >= 0 and processing_latency_ms >= 0)
) strict, without rowid;

create index streaming_metrics_ticker_recorded_at_idx on streaming_metrics (ticker, recorded_at);
