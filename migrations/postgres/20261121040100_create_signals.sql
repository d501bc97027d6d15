-- The ledger of crosses: every event is added once and stays as it is. A cross is in force when the event
-- with its id's highest seq is 'confirmed'.

create table signals (
    id          text             not null, -- 32 hex digits: hash of ticker, bar_seconds, timestamp, direction and rule
    seq         integer          not null, -- counts the events of an id from 1
    event       text             not null, -- 'confirmed', or 'withdrawn' when revised rows removed the cross
    ticker      text             not null, -- as in equity_data
    bar_seconds integer          not null, -- the series
    timestamp   timestamptz      not null, -- start of the bar that crossed
    direction   text             not null, -- 'up': SMA9 rose above VWAP; 'down': it fell below
    price       numeric(16, 6)   not null, -- the bar's close as known at recorded_at, US dollars
    sma9        double precision not null, -- as known at recorded_at, US dollars
    vwap        double precision not null, -- as known at recorded_at, US dollars
    rule        text             not null, -- as in indicators
    late        boolean          not null, -- the bar had closed more than 60 s before: for the record, not for alerts or trades
    recorded_at timestamptz      not null, -- when the event was added
    constraint signals_key primary key (id, seq),
    constraint signals_id_check check (id ~ '^[0-9a-f]{32}$'),
    constraint signals_ticker_check check (
        ticker = upper(ticker) and position('|' in ticker) = 0 and length(ticker) between 1 and 32),
    constraint signals_bar_seconds_check check (bar_seconds > 0),
    constraint signals_direction_check check (direction in ('up', 'down')),
    constraint signals_price_check check (price between 0 and 10000000),
    constraint signals_event_check check (
        seq > 0 and event = case when seq % 2 = 1 then 'confirmed' else 'withdrawn' end)
);

create index signals_ticker_timestamp_idx on signals (ticker, timestamp);

create function refuse_signals_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'signals is append-only: % is refused', tg_op
        using hint = 'add a withdrawn event instead';
end
$$;

-- For each statement, so that one that finds no row is refused too; `on conflict do update` is one of them.
create trigger signals_append_only
    before update or delete or truncate on signals
    for each statement execute function refuse_signals_change();

-- Always: also in sessions that switch ordinary triggers off, as restoring and replicating ones do.
alter table signals enable always trigger signals_append_only;
