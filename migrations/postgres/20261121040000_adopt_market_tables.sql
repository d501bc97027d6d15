-- Rows and their indicators. Creates both tables, or adopts those that the Python service left under
-- the same names: columns become wider, new ones are filled from what is there, no row goes.
-- On an empty database everything after the two `create table` finds nothing to do.

create table if not exists equity_data (
    id          bigserial      constraint equity_data_pkey primary key, -- kept for readers of the Python service; means nothing
    ticker      text           not null, -- upper case, no '|', at most 32 characters
    timestamp   timestamptz    not null, -- start of the bar, which covers [timestamp, timestamp + bar_seconds)
    price       numeric(16, 6) not null, -- close, US dollars; six decimals hold every price that exchanges print
    volume      bigint         not null, -- whole shares traded in the bar
    created_at  timestamptz    not null default now(), -- when the row was first stored
    open        numeric(16, 6) not null, -- first price, US dollars
    high        numeric(16, 6) not null, -- highest price, US dollars
    low         numeric(16, 6) not null, -- lowest price, US dollars; as given, not checked against the other three
    bar_seconds integer        not null, -- length of the bar: 1 for a stored second, 60 for a candle
    source      text           not null, -- who wrote the row
    constraint equity_data_ticker_timestamp_key unique (ticker, timestamp)
);

create table if not exists indicators (
    ticker      text             not null, -- as in equity_data
    timestamp   timestamptz      not null, -- start of the bar
    bar_seconds integer          not null, -- the series: a bar of a second and one of a minute may start together
    sma9        double precision,          -- US dollars; null before the session's ninth bar
    vwap        double precision,          -- US dollars; null while the session's volume is 0
    rule        text             not null, -- what the values mean, as 'sma9xvwap-close/1'
    created_at  timestamptz      not null default now(), -- when the row was first stored
    constraint indicators_key primary key (ticker, bar_seconds, timestamp)
);

-- Adoption: two decimals lose sub-penny prices, and a decimal cannot hold a double.
alter table equity_data
    alter column ticker type text,
    alter column price type numeric(16, 6),
    add column if not exists open numeric(16, 6),
    add column if not exists high numeric(16, 6),
    add column if not exists low numeric(16, 6),
    add column if not exists bar_seconds integer,
    add column if not exists source text;

alter table indicators
    alter column ticker type text,
    alter column sma9 type double precision,
    alter column vwap type double precision,
    add column if not exists bar_seconds integer,
    add column if not exists rule text;

-- The Python service wrote minutes first and seconds later, and did not say which. A ticker's day (in
-- New York) whose rows are all whole minutes is taken as minutes, any other as seconds.
with days as (
    select ticker,
           (timestamp at time zone 'America/New_York')::date as day,
           bool_and(timestamp = date_trunc('minute', timestamp)) as whole_minutes
    from equity_data
    group by 1, 2
)
update equity_data
set open        = price,
    high        = price,
    low         = price,
    bar_seconds = case when days.whole_minutes then 60 else 1 end,
    source      = 'legacy',
    created_at  = coalesce(created_at, now())
from days
where source is null
  and equity_data.ticker = days.ticker
  and (equity_data.timestamp at time zone 'America/New_York')::date = days.day;

-- An indicator belongs to the row of its moment; one without a row is judged by its own day.
with days as (
    select ticker,
           (timestamp at time zone 'America/New_York')::date as day,
           bool_and(timestamp = date_trunc('minute', timestamp)) as whole_minutes
    from indicators
    group by 1, 2
)
update indicators
set bar_seconds = coalesce(
        (select bar_seconds
         from equity_data
         where equity_data.ticker = indicators.ticker and equity_data.timestamp = indicators.timestamp),
        case when days.whole_minutes then 60 else 1 end),
    rule        = 'legacy',
    created_at  = coalesce(created_at, now())
from days
where rule is null
  and indicators.ticker = days.ticker
  and (indicators.timestamp at time zone 'America/New_York')::date = days.day;

alter table equity_data
    alter column open set not null,
    alter column high set not null,
    alter column low set not null,
    alter column bar_seconds set not null,
    alter column source set not null,
    alter column created_at set default now(),
    alter column created_at set not null;

alter table indicators
    alter column bar_seconds set not null,
    alter column rule set not null,
    alter column created_at set default now(),
    alter column created_at set not null;

-- Not valid: rows from before stay as they are, new and changed ones are checked.
alter table equity_data
    add constraint equity_data_ticker_check check (
        ticker = upper(ticker) and position('|' in ticker) = 0 and length(ticker) between 1 and 32) not valid,
    add constraint equity_data_prices_check check (
        price between 0 and 10000000 and open between 0 and 10000000
        and high between 0 and 10000000 and low between 0 and 10000000) not valid,
    add constraint equity_data_volume_check check (volume between 0 and 10000000000000) not valid,
    add constraint equity_data_bar_seconds_check check (bar_seconds > 0) not valid,
    add constraint equity_data_source_check check (source in ('stream', 'backfill', 'replay', 'legacy')) not valid;

alter table indicators
    add constraint indicators_ticker_check check (
        ticker = upper(ticker) and position('|' in ticker) = 0 and length(ticker) between 1 and 32) not valid,
    add constraint indicators_bar_seconds_check check (bar_seconds > 0) not valid;

-- Keys. The Python service had (ticker, timestamp) as a constraint in one version and as an index in another;
-- on indicators it has to go, since it allows one series only.
do $$
declare
    old record;
begin
    if not exists (
        select from pg_constraint
        where conrelid = 'equity_data'::regclass and conname = 'equity_data_ticker_timestamp_key'
    ) then
        if exists (
            select from pg_index
            where indexrelid = to_regclass('idx_equity_data_ticker_timestamp')
              and indrelid = 'equity_data'::regclass
              and indisunique
              and pg_get_indexdef(indexrelid) like '%(ticker, "timestamp")'
        ) then
            alter table equity_data
                add constraint equity_data_ticker_timestamp_key
                unique using index idx_equity_data_ticker_timestamp;
        else
            alter table equity_data
                add constraint equity_data_ticker_timestamp_key unique (ticker, timestamp);
        end if;
    end if;

    for old in
        select pg_index.indexrelid::regclass as index_name, pg_constraint.conname as constraint_name
        from pg_index
        left join pg_constraint
            on pg_constraint.conindid = pg_index.indexrelid and pg_constraint.contype in ('p', 'u')
        where pg_index.indrelid = 'indicators'::regclass
          and pg_index.indisunique
          and pg_constraint.conname is distinct from 'indicators_key'
    loop
        if old.constraint_name is null then
            execute format('drop index %s', old.index_name);
        else
            execute format('alter table indicators drop constraint %I', old.constraint_name);
        end if;
    end loop;

    if not exists (
        select from pg_constraint where conrelid = 'indicators'::regclass and conname = 'indicators_key'
    ) then
        alter table indicators
            add constraint indicators_key primary key (ticker, bar_seconds, timestamp);
    end if;
end
$$;
