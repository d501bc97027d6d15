-- What the service says about itself, one line a ticker and interval of reporting, and one question about it.

-- The Python service had a table of this name whose columns were never published: it is kept under another.
do $$
begin
    if to_regclass('streaming_metrics') is not null then
        alter table streaming_metrics rename to streaming_metrics_legacy;
    end if;
end
$$;

create table streaming_metrics (
    service               text             not null, -- which process, as 'alpha-kite'
    ticker                text             not null, -- as in equity_data
    recorded_at           timestamptz      not null, -- when the line was written
    rows_written          integer          not null, -- rows stored since the line before
    batch_latency_ms      double precision,          -- longest time from a closed row to its commit, ms; null without a batch
    processing_latency_ms double precision,          -- longest time from a frame's arrival to its closed row, ms; null without a frame
    errors                integer          not null, -- failed writes and refused messages since the line before
    status                text             not null, -- 'ok', or one word for what is wrong, as 'reauth-required'
    constraint streaming_metrics_key primary key (service, ticker, recorded_at),
    constraint streaming_metrics_ticker_check check (
        ticker = upper(ticker) and position('|' in ticker) = 0 and length(ticker) between 1 and 32),
    constraint streaming_metrics_counts_check check (rows_written >= 0 and errors >= 0),
    constraint streaming_metrics_latency_check check (batch_latency_ms >= 0 and processing_latency_ms >= 0)
);

create index streaming_metrics_ticker_recorded_at_idx on streaming_metrics (ticker, recorded_at);

-- Another version's function may return other columns, and such a one cannot be replaced in place.
do $$
declare
    old regprocedure;
begin
    for old in
        select oid from pg_proc
        where proname = 'get_streaming_health' and pronamespace = current_schema()::regnamespace
    loop
        execute format('drop function %s', old);
    end loop;
end
$$;

-- One line, whatever is stored:
--   last_row_at            start of the newest row; null without one
--   age_seconds            now minus last_row_at, never negative; null without a row
--   rows_last_minute       rows that started within the last 60 s
--   rows_last_5_minutes    rows that started within the last 300 s
--   errors_last_5_minutes  sum of `errors` over the last 300 s
--   error_rate             errors / (errors + rows written) over the last 300 s; 0 without either
--   status                 the service's newest word unless it is 'ok', else 'no-data', else 'stale' after 60 s
--                          without a row, else 'degraded' above an error rate of 0.05, else 'healthy'
create function get_streaming_health(ticker text)
returns table (
    last_row_at timestamptz,
    age_seconds double precision,
    rows_last_minute bigint,
    rows_last_5_minutes bigint,
    errors_last_5_minutes bigint,
    error_rate double precision,
    status text
)
language sql stable
begin atomic
    with newest as (
        select max(e.timestamp) as last_row_at
        from equity_data as e
        where e.ticker = $1
    ), rows as (
        select count(*) filter (where e.timestamp > now() - interval '1 minute') as last_minute,
               count(*) as last_5_minutes
        from equity_data as e
        where e.ticker = $1 and e.timestamp > now() - interval '5 minutes'
    ), reports as (
        select coalesce(sum(m.errors), 0)::bigint as errors,
               coalesce(sum(m.errors)::double precision
                   / nullif(sum(m.errors) + sum(m.rows_written), 0), 0) as error_rate,
               (array_agg(m.status order by m.recorded_at desc))[1] as said
        from streaming_metrics as m
        where m.ticker = $1 and m.recorded_at > now() - interval '5 minutes'
    ), ages as (
        select greatest(extract(epoch from now() - newest.last_row_at), 0)::double precision as age_seconds
        from newest
        where newest.last_row_at is not null
    )
    select newest.last_row_at,
           ages.age_seconds,
           rows.last_minute,
           rows.last_5_minutes,
           reports.errors,
           reports.error_rate,
           case
               when reports.said <> 'ok' then reports.said
               when newest.last_row_at is null then 'no-data'
               when ages.age_seconds > 60 then 'stale'
               when reports.error_rate > 0.05 then 'degraded'
               else 'healthy'
           end
    from newest
    cross join rows
    cross join reports
    left join ages on true;
end;
